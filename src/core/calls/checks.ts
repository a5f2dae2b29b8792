/* Can every linked slot be reached, and does a space keep its promises? */
import { CENSUS_MOVED, OK } from "../../../assembly/layout.ts";
import type { Seat } from "../seat.ts";
import type { Refusal } from "./refusals.ts";
import type { SpaceAt } from "./spaces.ts";

const GOES_ON = 1;

/** Starts a census; without `always` only if something was linked since the last one. Returns whether there is any. */
export function startCensus(seat: Seat, { address, incarnation }: SpaceAt, always: boolean): boolean | Refusal {
  const status = seat.core.startCensus(address, incarnation, always ? 1 : 0);
  return status < 0 ? status : status === GOES_ON;
}

/**
 * Goes on for about `nodes` nodes, and links again what it does not reach. `missing`: slots not reached so far;
 * `unmended`: those of them that could not be linked again; `moved`: a compaction has moved the slots.
 */
export function continueCensus(seat: Seat, nodes: number) {
  const status = seat.core.continueCensus(nodes, 1);
  if (status < 0) return status;
  const [missing, unmended] = [seat.infoAt(0), seat.infoAt(2)];
  return { goesOn: status === GOES_ON, moved: status === CENSUS_MOVED, missing, unmended };
}

/** Gives up the census that runs. Its memory is given back now or, when a lock is taken, by the next one. */
export function endCensus(seat: Seat): void {
  seat.core.startCensus(0, 0, 0);
}

/** The first promise that a space breaks, by its number in assembly/upkeep/check.ts, and where; or null. */
export function check(seat: Seat, { address, incarnation }: SpaceAt) {
  const status = seat.core.check(address, incarnation);
  if (status <= 0) return status === OK ? null : status;
  return { promise: status, slot: seat.infoAt(0), level: seat.infoAt(1), position: seat.infoAt(2) };
}
