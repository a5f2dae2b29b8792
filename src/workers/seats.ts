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

/** Repairs what a thread that ended left in its seat of every partition, by the calling thread's own seats. */
export function repairSeats(own: Seat[], control: Control, seat: number): void {
  for (const each of own) repairSeat(each, seat);
  control.progressed();
}
