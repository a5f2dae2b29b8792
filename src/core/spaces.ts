/* Which spaces are in a partition, and what is known of each? */
import { E_STALE, NOT_FOUND, OK } from "../../assembly/layout.ts";
import type { KeyHeader } from "../values/keys.ts";
import type { SpaceStats } from "../values/reports.ts";
import { AGAIN, insist, type Refusal } from "./retry.ts";
import type { Seat } from "./seat.ts";

/** Where a space's header is, and which of the spaces that it has served. */
export interface SpaceAt {
  address: number;
  incarnation: number;
}

/** A space as a thread that works on it knows it. */
export interface SpaceRef extends SpaceAt {
  seat: Seat;
  partition: number;
  home: number;
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

export type SpaceInfo = Omit<SpaceStats, "name" | "partition">;

/** The space whose name is in scratch, or null. */
export function findSpace(seat: Seat, name: KeyHeader): SpaceAt | null | typeof AGAIN {
  const status = seat.core.openSpace(name, 0, 0);
  if (status === NOT_FOUND) return null;
  return status === OK ? spaceIn(seat) : AGAIN;
}

/** The same; makes it if there is none, with that home. */
export function makeSpace(seat: Seat, name: KeyHeader, home: number): SpaceAt | Refusal {
  const status = seat.core.openSpace(name, home, 1);
  return status === OK ? spaceIn(seat) : status;
}

function spaceIn(seat: Seat): SpaceAt {
  return { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
}

/** OK, E_STALE when it was dropped before, or another refusal. */
export function dropSpace(seat: Seat, { address, incarnation }: SpaceAt): number {
  return seat.core.dropSpace(address, incarnation);
}

/** The space after the one at `address` (0: the first), or null. */
export function nextSpace(seat: Seat, address: number): FoundSpace | null | typeof AGAIN {
  const status = seat.core.nextSpace(address);
  if (status === NOT_FOUND) return null;
  if (status !== OK) return AGAIN;
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

/** Live vectors, or null when the space was dropped. */
export function liveIn(seat: Seat, { address, incarnation }: SpaceAt): number | null {
  const live = seat.core.liveIn(address, incarnation);
  return live === E_STALE ? null : live;
}

/** Null when the space was dropped. */
export function spaceInfo(seat: Seat, { address, incarnation }: SpaceAt): SpaceInfo | null {
  if (seat.core.spaceInfo(address, incarnation) !== OK) return null;
  return {
    live: seat.infoAt(0),
    dead: seat.infoAt(1),
    pending: seat.infoAt(2),
    bytes: seat.infoAt(3),
    kind: seat.infoAt(4) === 0 ? "flat" : "graph",
    beam: seat.infoAt(5) === 0 ? "codes" : "f32",
    compactions: seat.infoAt(6),
    quarantined: seat.infoAt(7),
    home: seat.infoAt(8),
  };
}
