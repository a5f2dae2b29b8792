/* Does a space keep its promises? The invariant walker and the census, in words. */
import { E_MORE } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { escaped } from "../errors.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { CheckReport } from "../values/reports.ts";
import { census } from "./census.ts";
import { flush } from "./flush.ts";
import type { Handle } from "./handle.ts";

/** By the numbers of assembly/upkeep/check.ts. */
const PROMISES = [
  "",
  "the arena's blocks form one chain that agrees with the bytes in use",
  "live, dead and linked counts agree with the slots",
  "every slot is born by the space's version and dies after it was born",
  "every live slot is what its key leads to",
  "no slot below the floor waits, and cursors are in order",
  "no list is too long, names its owner, a slot twice or one that is not there",
  "a neighbour reaches the level of the list that names it",
  "no lock is held",
  "the entry point is linked",
  "every twin is on one chain, that of a linked slot with the same vector",
  "code scales are finite",
  "every slot has a row as one was put, or none",
  "a portion is linked by a thread that has memory for it, and a thread that helps does so with a portion",
];

const BLIND = "codes can't tell its vectors apart, so its graph is searched in f32, which takes longer";
const TRIES = 5; // linking that goes on during a walk can look like a broken promise, and counts need quiet
const SLOTS = 256; // in a call: about 1 ms

/** Flushes, then checks one space or all. Rejects with TIMEOUT or CLOSED. */
export async function check(handle: Handle, only: string | undefined): Promise<CheckReport> {
  await flush(handle);
  const problems: string[] = [];
  const warnings: string[] = [];
  let unreachable = 0;
  const walk = async (what: string, seat: Seat, space: calls.SpaceAt) => {
    const problem = await problemOf(handle, seat, space);
    if (problem !== null) problems.push(escaped(`${what}: broken: ${problem}`));
  };
  const slice = new Slice();
  for (const [partition, seat] of handle.seats.entries()) {
    await walk(`partition ${partition}`, seat, calls.PARTITION);
    for (const space of await handle.spacesIn(seat)) {
      if (only !== undefined && space.name !== only) continue;
      unreachable += await census(handle, seat, space, true);
      await walk(space.name, seat, space);
      if (!space.goesByCodes && handle.settings.quantization === "auto") {
        warnings.push(escaped(`${space.name}: ${BLIND}`));
      }
      if (slice.isOver) await slice.next();
    }
  }
  return { ok: problems.length === 0 && unreachable === 0, problems, warnings, unreachable };
}

/** What the invariant walker finds in a space or partition, in words, or null. */
async function problemOf(handle: Handle, seat: Seat, space: calls.SpaceAt): Promise<string | null> {
  for (let tries = 1; ; tries++) {
    const found = await handle.inTurn("check", () => walkThrough(handle, seat, space));
    if (typeof found === "number") return null; // the space was dropped
    const { promise, slot, level, position, isWhole } = found;
    if (promise === 0 && (isWhole || tries === TRIES)) return null;
    if (tries === TRIES) return `${PROMISES[promise]} (slot ${slot}, level ${level}, position ${position})`;
    await flush(handle); // what was going on, a compaction too, has come to its end
  }
}

/** One walk, in calls of a millisecond. A seat has room for one. */
async function walkThrough(handle: Handle, seat: Seat, space: calls.SpaceAt) {
  const slice = new Slice();
  for (;;) {
    const found = await handle.whenFree(() => calls.check(seat, space, SLOTS));
    if (found !== E_MORE) return found;
    if (slice.isOver) await slice.next();
  }
}
