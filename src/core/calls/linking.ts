/* How is what was accepted claimed and linked, and what still waits? */
import type { Seat } from "../seat.ts";
import type { SpaceAt } from "./spaces.ts";

const MOVED = 2; // the slots are in another generation by now

/** The slots of a space that were accepted by some moment: the first `count` of the generation `serial`. */
export interface Slots {
  serial: number;
  count: number;
}

/** Ops of a home that no worker has claimed yet. */
export function depthOf(seat: Seat, home: number): number {
  return Math.max(0, seat.core.depthOf(home)); // below 0 for a moment when a claim is counted before its op
}

/** Claims up to `most` ops of a home's queue; `compact`: steps of compactions too. Returns how many. */
export function claim(seat: Seat, home: number, most: number, compact: boolean): number {
  return seat.core.claim(home, most, compact ? 1 : 0);
}

/** Whether the seat has claims left, perhaps from a worker that sat there before. */
export function hasClaims(seat: Seat): boolean {
  return seat.core.hasClaims() !== 0;
}

export type Linked = ReturnType<typeof link>;

/** Works off up to `most` ops of the seat's claims. `moved`: steps of compactions; `more`: whether claims are left. */
export function link(seat: Seat, most: number) {
  const more = seat.core.link(most) !== 0;
  return { linked: seat.infoAt(0), moved: seat.infoAt(1), more };
}

/** Mends what a repair had to leave, and frees memory that its last reader has left. */
export function tidy(seat: Seat): void {
  seat.core.tidy();
}

/** The space after the one at `address` (0: the first) with slots that wait or a compaction that runs, or null. */
export function nextUnlinked(seat: Seat, address: number): (SpaceAt & Slots) | null {
  if (seat.core.nextUnlinked(address) === 0) return null;
  return { address: seat.infoAt(0), incarnation: seat.infoAt(1), serial: seat.infoAt(2), count: seat.infoAt(3) };
}

/** Whether those slots are linked, or the space was dropped; the slots to wait for instead after a compaction. */
export function isLinked(seat: Seat, space: SpaceAt, { serial, count }: Slots): boolean | Slots {
  const status = seat.core.isLinked(space.address, space.incarnation, serial, count);
  return status === MOVED ? { serial: seat.infoAt(0), count: seat.infoAt(1) } : status !== 0;
}
