/*
 * How do the entries of one partition lie in a snapshot? One after the other, each as the op that adds it, in the order of their age:
 * graphs are made again by the member that loads them.
 */
import { entries } from "../../engine/entries.ts";
import type { Handle } from "../../engine/handle.ts";
import { atOnce, Slice } from "../../runtime/event-loop.ts";
import { joined } from "../../snapshot/export.ts";
import { decodeOps, encodeOp, NewerOp } from "../ops/codec.ts";
import { Malformed } from "../ops/group.ts";
import type { Op } from "../ops/op.ts";
import { BadSnapshot } from "./store.ts";

const CHUNK_BYTES = 256 * 1024;
/** No op of a log has more. */
const MOST_OP_BYTES = 64 * 2 ** 20;

/** Of those that have not expired at `now`. */
export async function chunksOfEntries(handle: Handle, spaces: readonly string[], now: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let ops: Uint8Array[] = [];
  let bytes = 0;
  const slice = new Slice();
  for (const space of spaces) {
    for await (const { key, vector, metadata, expiresAt } of entries(handle, space, {
      ...{ include: ["metadata", "vector", "expiresAt"], now },
    })) {
      const document = metadata === undefined ? null : JSON.stringify(metadata);
      const op = encodeOp({
        ...{ kind: "add", space, key, vector: vector ?? null, document, expiresAt: expiresAt ?? null },
      });
      ops.push(op);
      bytes += op.length;
      if (bytes >= CHUNK_BYTES) {
        chunks.push(atOnce(joined(ops)));
        [ops, bytes] = [[], 0];
      }
      if (slice.isOver) await slice.next();
    }
  }
  if (bytes > 0) chunks.push(atOnce(joined(ops)));
  return chunks;
}

/** The ops that add them, some at a time. Throws BadSnapshot for what was not written so. */
export async function* opsOfEntries(
  chunks: AsyncIterable<Uint8Array>,
  dimensions: number,
  isOfPartition: (space: string) => boolean,
): AsyncGenerator<Op[], void> {
  let rest = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = atOnce(joined([rest, chunk]));
    const end = endOfOps(bytes);
    if (end > 0) yield readOps(bytes.subarray(0, end), dimensions, isOfPartition);
    rest = bytes.slice(end);
  }
  if (rest.length > 0) throw new BadSnapshot("a snapshot ends in an entry");
}

/** Where the last op ends that is whole. */
function endOfOps(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = view.getUint32(at, true);
    if (length < 8 || length > MOST_OP_BYTES) throw new BadSnapshot("an entry of a snapshot has no such length");
    if (at + length > bytes.length) break;
    at += length;
  }
  return at;
}

function readOps(bytes: Uint8Array, dimensions: number, isOfPartition: (space: string) => boolean): Op[] {
  try {
    const ops = decodeOps(bytes, null, dimensions);
    const isEntry = (op: Op) => op.kind === "add" && isOfPartition(op.space);
    if (!ops.every(isEntry)) throw new Malformed("something in it is no entry of its partition");
    return ops;
  } catch (cause) {
    if (!(cause instanceof Malformed || cause instanceof NewerOp)) throw cause;
    throw new BadSnapshot(`the entries of a snapshot make no sense: ${cause.message}`, { cause });
  }
}
