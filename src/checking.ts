/* Does a space keep its promises? The invariant walker and the census, in words. */
import { E_BUSY, E_STALE } from "../assembly/layout.ts";
import { census, flush } from "./flushing.ts";
import type { Handle } from "./handle.ts";
import { spacesOf } from "./stats.ts";
import { nextTurn } from "./yielding.ts";

export interface CheckReport {
  /** Whether nothing is wrong. */
  ok: boolean;
  /** What is wrong, a line each: the space and the broken promise. */
  problems: string[];
  /** Linked vectors that a walk of the graphs did not reach; they were linked again. */
  unreachable: number;
}

/** By the numbers of assembly/check.ts. */
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
  "twin chains name linked slots with the same vector",
  "code scales are finite",
];

const TRIES = 3; // linking that goes on during a walk can look like a broken promise

/** Flushes, then checks one space or all. */
export async function check(handle: Handle, only: string | undefined): Promise<CheckReport> {
  await flush(handle);
  const problems: string[] = [];
  let unreachable = 0;
  for (const seat of handle.seats) {
    for (const { name, address, incarnation } of [...spacesOf(seat)]) {
      if (only !== undefined && name !== only) continue;
      unreachable += await census(handle, seat, address, incarnation, true);
      let answer = E_BUSY;
      let [slot, level, position] = [0, 0, 0];
      for (let tries = 0; tries < TRIES && answer !== 0 && answer !== E_STALE; ) {
        handle.assertOpen();
        answer = seat.core.check(address, incarnation);
        [slot, level, position] = [seat.infoAt(0), seat.infoAt(1), seat.infoAt(2)];
        if (answer !== E_BUSY) tries++;
        if (answer !== 0) await nextTurn();
      }
      if (answer <= 0) continue;
      problems.push(`${name}: broken: ${PROMISES[answer]} (slot ${slot}, level ${level}, position ${position})`);
    }
  }
  return { ok: problems.length === 0 && unreachable === 0, problems, unreachable };
}
