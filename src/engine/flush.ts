/* When is everything that was accepted linked, and can every linked vector be reached? */

import { E_BUSY, E_MEMORY } from "../../assembly/layout.ts";
import { type FoundSpace, nextSpace, type SpaceAt } from "../core/calls/spaces.ts";
import { AGAIN, eventually } from "../core/retry.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import type { Handle, Host } from "./handle.ts";
import { timeout } from "./waiting-line.ts";

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
    handle.guarded(() => seat.core.tidy()); // what a compaction has emptied
    for (const space of await listSpaces(handle, seat)) await census(handle, seat, space, false);
  }
}

/** Resolves when every op that was accepted before is on the disk, at once without one. Rejects with JOURNAL_UNCERTAIN. */
export async function allDurable(handle: Handle): Promise<void> {
  const { journal } = handle;
  if (journal === null) return;
  const waits = handle.seats.map(async (seat, partition) => {
    const lastSequence = () => {
      if (handle.guarded(() => seat.core.journalWaiting()) === E_BUSY) return AGAIN;
      return seat.wideInfoAt(6);
    };
    const sequence = await eventually(lastSequence, handle.settings.timeoutMs); // of a handle that closes, too
    await journal.durable(partition, sequence);
  });
  await Promise.all(waits);
}

/** Every space of a partition, for callers that can wait for its lock. Rejects with TIMEOUT or CLOSED. */
export async function listSpaces(handle: Handle, seat: Seat): Promise<FoundSpace[]> {
  const found: FoundSpace[] = [];
  const next = () => nextSpace(seat, found.at(-1)?.address ?? 0);
  for (let space = await handle.eventually(next); space !== null; space = await handle.eventually(next)) {
    found.push(space);
  }
  return found;
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
export function census(handle: Host, seat: Seat, space: SpaceAt, always: boolean): Promise<number> {
  return handle.inTurn(async () => {
    const end = performance.now() + handle.settings.timeoutMs;
    let missing = 0;
    for (;;) {
      const walk = await walkOnce(handle, seat, space, always);
      missing = Math.max(missing, walk.missing);
      if (walk.complete) return missing;
      // A compaction moved the slots meanwhile, or a list that should take one was busy.
      if (performance.now() > end) throw timeout(handle.settings.timeoutMs);
      await nextTurn();
    }
  });
}

async function walkOnce(handle: Host, seat: Seat, { address, incarnation }: SpaceAt, always: boolean) {
  const started = await handle.whenFree(() => seat.core.startCensus(address, incarnation, always ? 1 : 0));
  if (started === 0) return { complete: true, missing: 0 };
  if (started === E_MEMORY) {
    throw new HnswError("OUT_OF_MEMORY", "There is no memory left for the notes of a census.");
  }
  let [missing, unmended, ended] = [0, 0, 0];
  const slice = () => {
    const answer = seat.core.continueCensus(CENSUS_NODES, 1);
    [missing, unmended] = [seat.infoAt(0), seat.infoAt(2)]; // before another call uses the seat
    return answer;
  };
  try {
    let answer = await handle.whenFree(slice);
    for (; answer === 1; answer = await handle.whenFree(slice)) await nextTurn();
    ended = answer;
  } catch (error) {
    handle.guarded(() => seat.core.startCensus(0, 0, 0)); // gives the notes back, or leaves that to the next one
    throw error;
  }
  if (ended === E_MEMORY) {
    throw new HnswError("OUT_OF_MEMORY", "There is no memory left to link again what a loaded graph does not reach.");
  }
  return { complete: ended === 0 && unmended === 0, missing };
}
