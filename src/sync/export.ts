/* How does an index become the bytes of an export before a call returns? Space by space, through its only seat. */
import { E_MEMORY, E_MORE, FRAME_FINISH, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { outOfMemory } from "../core/refusals.ts";
import { atOnce } from "../runtime/event-loop.ts";
import { Chunks, joined } from "../snapshot/export.ts";
import { fieldsFrame, frameHash } from "../snapshot/frames.ts";
import type { SyncHandle } from "./handle.ts";

/** The spaces of those names, which exist. */
export function exportNow(handle: SyncHandle, names: Iterable<string>): Uint8Array<ArrayBuffer> {
  handle.assertOpen();
  const { seat, fields } = handle;
  const chunks = new Chunks(frameHash(seat));
  const parts: Uint8Array[] = [];
  if (fields.table.size > 0) chunks.put(fieldsFrame(fields.table.types));
  let count = 0;
  for (const name of names) {
    const space = calls.insist(() => calls.findSpace(seat, seat.putKey(name)));
    if (space === null) continue;
    for (const body of framesNow(handle, space)) {
      chunks.put(body);
      if (chunks.isFull) parts.push(chunks.take());
    }
    count++;
  }
  chunks.note(FRAME_FINISH, count);
  parts.push(chunks.take());
  return atOnce(joined(parts));
}

/** Each frame is valid until the next one is asked for. */
function* framesNow(handle: SyncHandle, space: calls.SpaceAt): Generator<Uint8Array> {
  const { seat } = handle;
  const started = handle.guarded(() => calls.startSnapshot(seat, space));
  try {
    if (started === E_MEMORY) throw outOfMemory("for the notes of a snapshot");
    if (started < 0) throw handle.refusal(started, seat);
    for (let bytes: number = E_MORE; bytes !== OK; ) {
      bytes = handle.guarded(() => calls.nextFrame(seat));
      if (bytes > 0) yield seat.intakeBytes.subarray(0, bytes);
      else if (bytes !== OK && bytes !== E_MORE) throw handle.refusal(bytes, seat);
    }
  } finally {
    handle.guarded(() => calls.endSnapshot(seat));
  }
}
