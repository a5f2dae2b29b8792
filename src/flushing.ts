/* When is everything that was accepted linked, and can every linked vector be reached? */

import { E_MEMORY } from "../assembly/layout.ts";
import type { Seat } from "./core.ts";
import { HnswError } from "./errors.ts";
import type { Handle } from "./handle.ts";
import { spacesOf } from "./stats.ts";
import { timeout } from "./waiting-line.ts";
import { nextTurn } from "./yielding.ts";

const CENSUS_NODES = 2000; // about 2 ms
const LOOK_AGAIN_MS = 50;

/** A space with slots that wait: linked when its generation `serial` has linked its first `count`. */
interface Target {
  seat: Seat;
  address: number;
  incarnation: number;
  serial: number;
  count: number;
}

/** Resolves when what is accepted now is linked and every linked slot can be reached. Rejects with TIMEOUT, CLOSED. */
export async function flush(handle: Handle): Promise<void> {
  let open = handle.seats.flatMap(targetsOf);
  let moved = performance.now();
  while (open.length > 0) {
    handle.assertOpen();
    const seen = handle.control.progress;
    open = open.filter((target) => !isReached(target));
    if (open.length === 0) break;
    for (let home = 0; home < Math.max(1, handle.settings.workers); home++) handle.control.wake(home);
    if (handle.help()) {
      moved = performance.now();
      await nextTurn();
      continue;
    }
    await handle.control.waitForProgress(seen, LOOK_AGAIN_MS);
    if (handle.control.progress !== seen) moved = performance.now();
    if (performance.now() - moved > handle.settings.timeoutMs) throw timeout(handle.settings.timeoutMs);
  }
  for (const seat of handle.seats) {
    seat.core.tidy(); // what a compaction has emptied
    for (const { address, incarnation } of [...spacesOf(seat)]) await census(handle, seat, address, incarnation, false);
  }
}

function targetsOf(seat: Seat): Target[] {
  const targets: Target[] = [];
  let address = 0;
  while (seat.core.nextUnlinked(address) !== 0) {
    address = seat.infoAt(0);
    targets.push({ seat, address, incarnation: seat.infoAt(1), serial: seat.infoAt(2), count: seat.infoAt(3) });
  }
  return targets;
}

function isReached(target: Target): boolean {
  const answer = target.seat.core.isLinked(target.address, target.incarnation, target.serial, target.count);
  if (answer === 2) {
    // A compaction moved the slots: those of the new generation are waited for instead.
    target.serial = target.seat.infoAt(0);
    target.count = target.seat.infoAt(1);
  }
  return answer === 1;
}

/**
 * Walks a space's graph, by slices, and links again what it does not reach. Without `always` only if something was
 * linked since the last census. Resolves to how many slots could not be reached before.
 */
export function census(
  handle: Handle,
  seat: Seat,
  address: number,
  incarnation: number,
  always: boolean,
): Promise<number> {
  return handle.inTurn(async () => {
    handle.assertOpen();
    const started = await handle.whenFree(() => seat.core.startCensus(address, incarnation, always ? 1 : 0));
    if (started === 0) return 0;
    if (started === E_MEMORY)
      throw new HnswError("OUT_OF_MEMORY", "There is no memory left for the notes of a census.");
    let missing = 0;
    const slice = () => {
      const answer = seat.core.continueCensus(CENSUS_NODES, 1);
      missing = seat.infoAt(0); // before another call uses the seat
      return answer;
    };
    try {
      while ((await handle.whenFree(slice)) === 1) await nextTurn();
    } catch (error) {
      seat.core.startCensus(0, 0, 0); // gives the notes back, or leaves that to the next one
      throw error;
    }
    return missing;
  });
}
