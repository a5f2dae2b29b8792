/* When is everything that was accepted linked, reachable, and on the disk? */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { nextTurn, Patience } from "../runtime/event-loop.ts";
import { census, listSpaces } from "./census.ts";
import type { Handle } from "./handle.ts";
import { timeout } from "./waiting-line.ts";

/** Slots that wait to be linked, those of one space. */
type Target = calls.SpaceAt & calls.Slots & { seat: Seat };

/** Resolves when what is accepted now is linked and every linked slot can be reached. Rejects with TIMEOUT, CLOSED. */
export async function flush(handle: Handle): Promise<void> {
  let open = handle.seats.flatMap(targetsOf);
  const patience = new Patience(handle.settings.timeoutMs);
  while (open.length > 0) {
    handle.assertOpen();
    const seen = handle.control.progress;
    open = open.filter((target) => !isReached(target));
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
  for (const seat of handle.seats) {
    handle.guarded(() => calls.tidy(seat)); // what a compaction has emptied
    for (const space of await listSpaces(handle, seat)) await census(handle, seat, space, false);
  }
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

function targetsOf(seat: Seat): Target[] {
  const targets: Target[] = [];
  for (let next = calls.nextUnlinked(seat, 0); next !== null; next = calls.nextUnlinked(seat, next.address)) {
    targets.push({ ...next, seat });
  }
  return targets;
}

/** Where a compaction moved the slots, the target becomes those of the new generation. */
function isReached(target: Target): boolean {
  const linked = calls.isLinked(target.seat, target, target);
  if (typeof linked === "boolean") return linked;
  Object.assign(target, linked);
  return false;
}
