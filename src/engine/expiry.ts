/*
 * When does what has expired give its memory back? No reader sees it from its moment on. About once a minute the thread that
 * opened the index deletes it, as by ops, and compactions give the memory back.
 */
import { E_BUSY, E_JOURNAL_FULL, E_MORE, E_STALE, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { Slice } from "../runtime/event-loop.ts";
import { whileInUse } from "./background.ts";
import type { Handle } from "./handle.ts";
import { BUSY, DONE, FULL, MORE, type Outcome } from "./waiting-line.ts";

const EVERY_MS = 60_000;

/** Deletes what expires, once a minute, while the program can reach the handle and has it open. */
export function deleteExpiredEveryMinute(handle: Handle, everyMs = EVERY_MS): void {
  // What refuses it now may not in a minute.
  whileInUse(handle, everyMs, (handle) => deleteExpired(handle, Date.now()));
}

/** Deletes what has expired at `now`, milliseconds since 1970. Resolves to how many entries. Rejects like `delete`. */
export async function deleteExpired(handle: Handle, now: number): Promise<number> {
  let count = 0;
  for (const partition of handle.seats.keys()) {
    const seat = handle.seats[partition]!;
    const after = (address: number) => handle.guarded(() => calls.nextExpiring(seat, address));
    for (let space = after(0); space !== null; space = after(space.address)) {
      count += await deleteIn(handle, partition, space, now);
    }
  }
  return count;
}

async function deleteIn(handle: Handle, partition: number, space: calls.SpaceAt, now: number): Promise<number> {
  const seat = handle.seats[partition]!;
  let [from, count] = [0, 0];
  const attempt = (): Outcome => {
    const slice = new Slice();
    for (;;) {
      const { status, next, removed, wakes } = handle.guarded(() => calls.removeExpired(seat, space, from, now));
      from = next;
      count += removed;
      if (removed > 0) handle.accepted(partition);
      if (wakes) for (let home = 0; home < Math.max(1, handle.settings.workers); home++) handle.wake(home);
      if (status === OK || status === E_STALE) return DONE;
      if (status === E_BUSY) return BUSY;
      if (status === E_JOURNAL_FULL) {
        handle.durability.hurry();
        return FULL;
      }
      if (status !== E_MORE) throw handle.refusal(status, seat);
      if (slice.isOver) return MORE;
    }
  };
  await handle.accept(`what expires in partition ${partition}`, { attempt });
  return count;
}
