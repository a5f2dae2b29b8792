/* What names a point? An unsigned integer of 64 bits, a UUID or, beyond what Qdrant has, any other string. */
import { encodeKey, type Key } from "../../values/keys.ts";
import type { Value } from "../wire/json.ts";
import { expected, type Schema } from "../wire/schema.ts";

const MOST = 2n ** 64n - 1n;
const UUID = /^(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;
const bytes = new Uint8Array(4096);

/** Integers are numbers where they are safe and bigints above, UUIDs are written in one way. Null for what is none. */
export function idOf(value: Value): Key | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value + 0 : null;
  if (typeof value === "bigint") return value >= 0n && value <= MOST ? value : null;
  if (typeof value !== "string") return null;
  return uuidOf(value) ?? (isKey(value) ? value : null);
}

function isKey(text: string): boolean {
  try {
    encodeKey(text, bytes, 0);
    return text.isWellFormed();
  } catch {
    return false;
  }
}

/** In lower case with hyphens; null for any other text. */
export function uuidOf(text: string): string | null {
  const parts = UUID.exec(text);
  return parts === null ? null : parts.slice(1).join("-").toLowerCase();
}

/** As it stands in a path. */
export function idInPath(text: string): Key | null {
  return idOf(/^\d{1,20}$/.test(text) ? (text.length < 16 ? Number(text) : fewest(BigInt(text))) : text);
}

function fewest(id: bigint): number | bigint {
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
}

export const pointId: Schema<Key> = {
  shape: { anyOf: [{ type: "integer", format: "uint64", minimum: 0 }, { type: "string" }] },
  read(value, at) {
    const id = idOf(value);
    if (id !== null) return id;
    throw expected(at, "an id: an unsigned integer of 64 bits, a UUID, or a string of 1 to 1024 bytes", value);
  },
};
