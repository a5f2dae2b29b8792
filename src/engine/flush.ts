/* When is everything that was accepted linked, reachable, and on the disk? */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { nextTurn, Patience, Slice } from "../runtime/event-loop.ts";
import { census } from "./census.ts";
import type { Handle, SeatedSpace } from "./handle.ts";
import { timeout } from "./waiting-line.ts";

/** A space with ops that wait. */
type Target = SeatedSpace & { mark: number };

/** Resolves when what is accepted now is linked and every linked slot can be reached. Rejects with TIMEOUT, CLOSED. */
export async function flush(handle: Handle): Promise<void> {
  await allLinked(handle);
  const slice = new Slice();
  for (const seat of handle.seats) {
    handle.guarded(() => calls.tidy(seat)); // what a compaction has emptied
    for (const space of await handle.spacesIn(seat)) {
      await census(handle, seat, space, false);
      if (slice.isOver) await slice.next();
    }
  }
}

/** What is accepted later is not waited for, however fast it comes and however often a space is compacted. */
async function allLinked(handle: Handle): Promise<void> {
  handle.assertOpen();
  let open = await unreached(
    handle,
    handle.guarded(() => handle.unlinked()).map((space) => ({ ...space, mark: 0 })),
  );
  const patience = new Patience(handle.settings.timeoutMs);
  while (open.length > 0) {
    handle.assertOpen();
    const seen = handle.control.progress;
    open = await unreached(handle, open);
    if (open.length === 0) break;
    for (let home = 0; home < Math.max(1, handle.settings.workers); home++) handle.control.wake(home);
    if (handle.help()) {
      patience.renew();
      await nextTurn();
      continue;
    }
    await handle.control.waitForProgress(seen, patience.stepMs);
    if (handle.control.progress !== seen) patience.renew();
    else if (patience.isOver) throw timeout(handle.settings.timeoutMs);
  }
}

/** Those of the targets whose mark is not reached. */
async function unreached(handle: Handle, targets: Target[]): Promise<Target[]> {
  const left: Target[] = [];
  const slice = new Slice();
  for (const target of targets) {
    const { isLinked, mark } = await handle.whenFree(() => calls.isLinked(target.seat, target, target.mark));
    if (!isLinked) left.push({ ...target, mark });
    if (slice.isOver) await slice.next();
  }
  return left;
}

/** Resolves when every op accepted so far is on the disk; at once in memory. Rejects with JOURNAL_UNCERTAIN. */
export function allDurable(handle: Handle): Promise<void> {
  const lastOf = (seat: Seat) => () => {
    const ring = handle.guarded(() => calls.journalRing(seat));
    return ring === calls.AGAIN ? calls.AGAIN : ring.last;
  };
  return handle.durability.durable(() =>
    // Also of a handle that closes: `handle.eventually` would refuse.
    Promise.all(handle.seats.map((seat) => calls.eventually(lastOf(seat), handle.settings.timeoutMs))),
  );
}
