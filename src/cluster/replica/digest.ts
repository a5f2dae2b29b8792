/*
 * Do two replicas hold the same? The digest of a partition is a sum over its entries, so that their order, and whatever
 * else may differ between replicas, makes no difference: keys, vectors, documents and expiries do.
 */
import { createHash } from "node:crypto";
import { entries } from "../../engine/entries.ts";
import type { Handle } from "../../engine/handle.ts";
import type { PlainEntry } from "../../engine/rows.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { encodeOp } from "../ops/codec.ts";

/** Of the entries of these spaces that have not expired at `now`: 16 hexadecimal digits. */
export async function digestOfSpaces(handle: Handle, spaces: readonly string[], now: number): Promise<string> {
  let sum = 0n;
  const slice = new Slice();
  for (const space of spaces) {
    for await (const entry of entries(handle, space, { include: ["metadata", "vector", "expiresAt"], now })) {
      sum += digestOfEntry(space, entry);
      if (slice.isOver) await slice.next();
    }
  }
  return BigInt.asUintN(64, sum).toString(16).padStart(16, "0");
}

/** Of the op that would add it. */
function digestOfEntry(space: string, { key, vector, metadata, expiresAt }: PlainEntry): bigint {
  const document = metadata === undefined ? null : JSON.stringify(metadata);
  const op = { kind: "add", space, key, vector: vector ?? null, document, expiresAt: expiresAt ?? null } as const;
  return createHash("sha256").update(encodeOp(op)).digest().readBigUInt64LE(0);
}
