/*
 * What is in a snapshot? What the log has made of a member after one message: the state of each partition of the log and the fields,
 * then an export of the index; or, where members hold some partitions only, the entries of one.
 *
 *   [bytes of the head u32][head, JSON][export, or entries]
 */
import { checkedFields } from "../../options/documents.ts";
import { isCount } from "../ops/byte-reader.ts";
import type { Beginning, KnownField } from "../replica/replica.ts";
import { PartitionLogState, type SavedState } from "../replica/state.ts";
import { BadSnapshot } from "./store.ts";

export interface SnapshotHead {
  /** Of the last message that is in it, and what that is known by. */
  applied: number;
  digest: string;
  states: SavedState[];
  fields: KnownField[];
  /** Of one partition: the names of its spaces, with entries or without. */
  spaces?: string[];
}

/** What a head says, read. */
export interface Head extends Beginning {
  spaces: string[];
}

const MOST_HEAD_BYTES = 256 * 1024 * 1024;

export function headBytes(head: SnapshotHead): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes;
}

/** A snapshot that is being read: its head, and the export as a stream of bytes. Rejects with BadSnapshot. */
export async function openContent(pieces: AsyncGenerator<Uint8Array, void>, partitions: number) {
  let start = new Uint8Array(0);
  const lengthOf = () => (start.length < 4 ? 4 : 4 + new DataView(start.buffer).getUint32(0, true));
  while (start.length < 4 || start.length < lengthOf()) {
    if (start.length >= 4 && lengthOf() > MOST_HEAD_BYTES)
      throw new BadSnapshot("the head of a snapshot has no such length");
    const { value } = await pieces.next();
    if (value === undefined) throw new BadSnapshot("a snapshot ends in its head");
    const longer = new Uint8Array(start.length + value.length);
    longer.set(start);
    longer.set(value, start.length);
    start = longer;
  }
  const end = lengthOf();
  const head = readHead(start.subarray(4, end), partitions);
  const rest = start.subarray(end);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (rest.length > 0) controller.enqueue(rest);
    },
    async pull(controller) {
      const { value } = await pieces.next();
      if (value === undefined) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return();
    },
  });
  return { head, stream };
}

function readHead(bytes: Uint8Array, partitions: number): Head {
  try {
    const head: SnapshotHead = JSON.parse(new TextDecoder().decode(bytes));
    const { applied, digest, states, fields, spaces = [] } = head;
    const isSound =
      Number.isSafeInteger(applied) && applied > 0 && /^[0-9a-f]{32}$/.test(digest) && states.length === partitions;
    if (!isSound) throw new Error("its numbers make no sense");
    if (!Array.isArray(spaces) || !spaces.every((name) => typeof name === "string")) {
      throw new Error("its spaces have no names");
    }
    checkedFields(fields);
    if (!fields.every(([, , number]) => isCount(number))) {
      throw new Error("a field was never added");
    }
    return { applied, digest, states: states.map((state) => PartitionLogState.from(state)), fields, spaces };
  } catch (cause) {
    throw new BadSnapshot("the head of a snapshot makes no sense", { cause });
  }
}
