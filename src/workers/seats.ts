/* Which seat has which thread? 0 the opening thread, then the workers, the journal's two threads, attached handles. */
import { repairSeat } from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import type { Settings } from "../options/open.ts";
import type { Control } from "./control.ts";

export const OPENING_SEAT = 0;

export function seatOfWorker(worker: number): number {
  return worker + 1;
}

export function journalSeats({ workers }: Settings): { journal: number; snapshots: number } {
  return { journal: workers + 1, snapshots: workers + 2 };
}

export function firstAttachedSeat({ workers, path }: Settings): number {
  return workers + (path === null ? 1 : 3);
}

/** A seat for an attached handle or an export. Throws TOO_MANY_HANDLES. */
export function takeFreeSeat(control: Control, settings: Settings): number {
  const seat = control.takeSeat(firstAttachedSeat(settings));
  if (seat >= 0) return seat;
  throw new HnswError("TOO_MANY_HANDLES", "Every seat is taken: close handles that are no longer used.");
}

/** A thread could not repair its own seat. It must end: the thread that learns of its end repairs what it held. */
export class RepairFailed extends Error {
  override readonly name = "RepairFailed";
}

/** Repairs what the calling thread left in its seats when it trapped. Throws RepairFailed. */
export function repairOwn(seats: readonly Seat[]): void {
  try {
    for (const seat of seats) repairSeat(seat);
  } catch (cause) {
    throw new RepairFailed(`A repair trapped: ${String(cause)}`, { cause });
  }
}

const TRIES = 3;

/**
 * Repairs what a thread that ended left in its seat of every partition, by the calling thread's own seats. A repair that
 * traps is made again, after the own seat's. Returns the last trap, or null.
 */
export function repairSeats(own: readonly Seat[], control: Control, seat: number): Error | null {
  let last: Error | null = null;
  for (const each of own) last = repairBy(each, seat) ?? last;
  control.progressed();
  return last;
}

function repairBy(own: Seat, seat: number): Error | null {
  let last: Error | null = null;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (last !== null) repairSeat(own);
      repairSeat(own, seat);
      break;
    } catch (trap) {
      last = trap as Error;
    }
  }
  return last;
}
