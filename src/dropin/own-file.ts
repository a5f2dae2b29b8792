/*
 * How does an index of another package's class lie in a file of ours? As an export with a space `vectors`, and beside it
 * one entry without a vector that says what the class knows besides.
 */

import { HnswError } from "../errors.ts";
import { type Key, type OpenSyncOptions, openSync, type SyncIndex } from "../index.ts";

/** What exports of ours begin with. */
const BEGINNING = new TextEncoder().encode("hnsw-snapshots\0");
export const VECTORS = "vectors";
const ABOUT = "about";

export function isOwnFile(bytes: Uint8Array): boolean {
  return BEGINNING.every((byte, i) => bytes[i] === byte);
}

/** The bytes of an index with what is to be known of it. */
export function ownBytes(index: SyncIndex, about: Record<string, unknown>): Uint8Array {
  index.space(ABOUT).add(ABOUT, null, about);
  return index.exportBytes();
}

/** What was said of it: nothing in it is checked. */
export function openOwnBytes(from: Uint8Array, options: Omit<OpenSyncOptions, "from">) {
  const index = openSync({ ...options, from } as OpenSyncOptions);
  if (!index.spaces().includes(VECTORS) && index.spaces().length > 0 && !index.spaces().includes(ABOUT)) {
    throw new HnswError("EXPORT_FOREIGN", `The file holds no space \`${VECTORS}\`, as an index of this class does.`);
  }
  const found = index.space(ABOUT).get(ABOUT, { include: ["metadata"] })?.metadata;
  index.dropSpace(ABOUT);
  return { index, about: (typeof found === "object" && found !== null ? found : {}) as Record<string, unknown> };
}

/** A number that a file says, if it is one from `low` to `high`. */
export function numberIn(about: Record<string, unknown>, name: string, low: number, high: number): number | undefined {
  const value = about[name];
  return typeof value === "number" && Number.isInteger(value) && value >= low && value <= high ? value : undefined;
}

/** Keys of a space that a class with numbers as keys takes. Throws EXPORT_FOREIGN for others. */
export function expectNumbers(keys: readonly Key[], isKey: (key: Key) => boolean, what: string): void {
  const other = keys.find((key) => !isKey(key));
  if (other === undefined) return;
  throw new HnswError("EXPORT_FOREIGN", `The file holds the key ${JSON.stringify(String(other))}; ${what}.`);
}

/**
 * The `efConstruction` for that of another library: a quarter links as well, since more neighbours are chosen here
 * (docs/EXPERIMENTS.md, peers).
 */
export function candidatesFor(efConstruction: number): number {
  return Math.min(1024, Math.max(8, Math.ceil(efConstruction / 4)));
}
