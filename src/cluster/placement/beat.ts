/* What does a member say of itself several times in `awayMs`? That it is there, what it serves, and which placement it knows. */
import { isCount } from "../ops/byte-reader.ts";
import { isCapacity, isMemberName } from "./record.ts";

const VERSION = 1;
const MOST_BYTES = 16_384;

export interface Beat {
  name: string;
  capacity: number;
  /** Of the placement that it knows. */
  revision: number;
  /** Numbers of the partitions that may be read there. */
  serves: readonly number[];
  /** It takes nothing more. */
  isFull: boolean;
  /** It is about to end. */
  leaves: boolean;
}

export function encodeBeat({ serves, ...beat }: Beat, partitions: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(partitions / 8));
  for (const partition of serves) bits[partition >> 3]! |= 1 << (partition & 7);
  const text = {
    version: VERSION,
    ...beat,
    serves: Array.from(bits, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
  return new TextEncoder().encode(JSON.stringify(text));
}

/** Null for what is none. */
export function decodeBeat(bytes: Uint8Array, partitions: number): Beat | null {
  if (bytes.length > MOST_BYTES) return null;
  try {
    const { version, name, capacity, revision, serves, isFull, leaves } = JSON.parse(new TextDecoder().decode(bytes));
    const isSound =
      version === VERSION &&
      isMemberName(name) &&
      isCapacity(capacity) &&
      isCount(revision) &&
      typeof isFull === "boolean" &&
      typeof leaves === "boolean" &&
      typeof serves === "string" &&
      /^[0-9a-f]*$/.test(serves) &&
      serves.length === 2 * Math.ceil(partitions / 8);
    if (!isSound) return null;
    const isServed = (partition: number) =>
      (Number.parseInt(serves.slice((partition >> 3) * 2, (partition >> 3) * 2 + 2), 16) >> (partition & 7)) & 1;
    const served = Array.from({ length: partitions }, (_, partition) => partition).filter(isServed);
    return { name, capacity, revision, serves: served, isFull, leaves };
  } catch {
    return null;
  }
}
