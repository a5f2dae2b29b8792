/* What is in a partition as a whole, and what has a seat left behind in it? */
import type { KeyHeader } from "../../values/keys.ts";
import type { Seat } from "../seat.ts";

/** Bytes that the partition's blocks take, and may take. */
export function partitionInfo(seat: Seat) {
  seat.core.partitionInfo();
  return { used: seat.infoAt(0), limit: seat.infoAt(2) };
}

/** Hash of the name in scratch: it chooses the space's partition and home. */
export function hashName(seat: Seat, name: KeyHeader): number {
  return seat.core.hashName(name) >>> 0;
}

/** Repairs what a trap, or the end of a thread, left in seat `number`. Returns whether that completed an op. */
export function repairSeat(seat: Seat, number = seat.number): boolean {
  return seat.core.repairSeat(number) === 1;
}

/** Makes every thread that waits for a lock trap: its owner is dead, and the index is being closed. */
export function abandon(seat: Seat): void {
  seat.core.abandon();
}

/** Lets ops take the memory that is kept back for repairs and readers, or no longer. */
export function useReserve(seat: Seat, use: boolean): void {
  seat.core.useReserve(use ? 1 : 0);
}

/** Tests only: the seat's next call but `countdown` traps at that point of a debug build. 0: none does. */
export function armFault(seat: Seat, point: number, countdown: number): void {
  seat.core.armFault(point, countdown);
}
