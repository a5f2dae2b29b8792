/* Can every linked slot be reached, and does a space keep its promises? */
import { CENSUS_MOVED, OK } from "../../../assembly/layout.ts";
import type { Seat } from "../seat.ts";
import type { Refusal } from "./refusals.ts";
import type { SpaceAt } from "./spaces.ts";

const GOES_ON = 1;

/** How far a census is. */
export interface Census {
  /** Whether there is more to do. */
  goesOn: boolean;
  /** Whether a compaction moved the slots before it came to its end. */
  moved: boolean;
  /** Slots that it did not reach from the entry point. */
  missing: number;
  /** How many of them could not be linked again. */
  unmended: number;
}

/** A promise of a space that is broken, by its number in assembly/upkeep/check.ts, and where. */
export interface BrokenPromise {
  promise: number;
  slot: number;
  level: number;
  position: number;
}

/** Starts a census; without `always` only if something was linked since the last one. Returns whether there is any. */
export function startCensus(seat: Seat, { address, incarnation }: SpaceAt, always: boolean): boolean | Refusal {
  const status = seat.core.startCensus(address, incarnation, always ? 1 : 0);
  return status < 0 ? status : status === GOES_ON;
}

/** Goes on for about `nodes` nodes, and links again what it does not reach. */
export function continueCensus(seat: Seat, nodes: number): Census | Refusal {
  const status = seat.core.continueCensus(nodes, 1);
  if (status < 0) return status;
  const [goesOn, moved] = [status === GOES_ON, status === CENSUS_MOVED];
  return { goesOn, moved, missing: seat.infoAt(0), unmended: seat.infoAt(2) };
}

/** Gives up the census that runs. Its memory is given back now or, when a lock is taken, by the next one. */
export function endCensus(seat: Seat): void {
  seat.core.startCensus(0, 0, 0);
}

/** The first promise that a space breaks, or null. */
export function check(seat: Seat, { address, incarnation }: SpaceAt): BrokenPromise | null | Refusal {
  const status = seat.core.check(address, incarnation);
  if (status <= 0) return status === OK ? null : status;
  return { promise: status, slot: seat.infoAt(0), level: seat.infoAt(1), position: seat.infoAt(2) };
}
