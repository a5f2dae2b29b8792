/* Which seat has which thread? 0 the opening thread, then the workers, the journal's two threads, attached handles. */
import type { Settings } from "../options/open.ts";

export const OPENING_SEAT = 0;

export function seatOfWorker(worker: number): number {
  return worker + 1;
}

export function journalSeats({ workers }: Settings): { journal: number; snapshots: number } {
  return { journal: workers + 1, snapshots: workers + 2 };
}

/** The lowest seat that an attached handle may take. */
export function firstAttachedSeat({ workers, path }: Settings): number {
  return workers + (path === null ? 1 : 3);
}
