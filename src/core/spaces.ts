/* Which spaces are in a partition? The walk over its list, for callers that can wait for its lock and for those that can't. */
import { E_BUSY, NOT_FOUND, OK } from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import { AGAIN, insist } from "./retry.ts";
import type { Seat } from "./seat.ts";

/** Where a space's header is, and which of the spaces that it has served. */
export interface SpaceAt {
  address: number;
  incarnation: number;
}

/** A space as the walk over a partition finds it. */
export interface FoundSpace extends SpaceAt {
  name: string;
  /** Names it in the journal. */
  id: number;
  /** Numbers of the op that made it and of its last one. */
  created: number;
  changed: number;
}

/** The space after the one at `address` (0: the first), or null; AGAIN while the partition is busy. */
export function nextSpace(seat: Seat, address: number): FoundSpace | null | typeof AGAIN {
  const answer = seat.core.nextSpace(address);
  if (answer === E_BUSY) return AGAIN;
  if (answer === NOT_FOUND) return null;
  if (answer !== OK) throw new HnswError("INTERNAL", `The core answered ${answer}.`);
  return {
    name: seat.nameInScratch(seat.infoAt(2)),
    address: seat.infoAt(0),
    incarnation: seat.infoAt(1),
    id: seat.infoAt(3),
    changed: seat.wideInfoAt(4),
    created: seat.wideInfoAt(6),
  };
}

/** Every space of a partition, for callers that can't wait. Throws TIMEOUT when its lock is not free for a second. */
export function* spacesOf(seat: Seat): Generator<FoundSpace> {
  for (let space = insist(() => nextSpace(seat, 0)); space !== null; ) {
    const { address } = space;
    yield space;
    space = insist(() => nextSpace(seat, address));
  }
}
