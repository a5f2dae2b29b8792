/* What waits in a partition's ring, and how far is the disk? */
import { OK } from "../../../assembly/layout.ts";
import { AGAIN } from "../retry.ts";
import type { Seat } from "../seat.ts";

const WORD = 2 ** 32;

export type JournalRing = Exclude<ReturnType<typeof journalRing>, typeof AGAIN>;

/** Takes the memory that the journal will need. OK, E_MEMORY or E_BUSY. */
export function reserveJournal(seat: Seat): number {
  return seat.core.reserveJournal();
}

/** Ops are journalled from here on; those before are on the disk. OK or E_BUSY. */
export function openJournal(seat: Seat): number {
  return seat.core.openJournal();
}

/**
 * Address and bytes of the ring; bytes ever written to it (`head`) and to the disk (`tail`); numbers of the partition's
 * last op and of the last one on the disk.
 */
export function journalRing(seat: Seat) {
  if (seat.core.journalWaiting() !== OK) return AGAIN;
  const [tail, head] = [seat.wideInfoAt(0), seat.wideInfoAt(2)];
  const [durable, last] = [seat.wideInfoAt(4), seat.wideInfoAt(6)];
  return { ring: seat.infoAt(8), size: seat.infoAt(9), head, tail, last, durable };
}

/** Everything up to `head`, with the op of that number as its last, is on the disk. */
export function journalWritten(seat: Seat, head: number, last: number): void {
  seat.core.journalWritten(head % WORD, Math.floor(head / WORD), last % WORD, Math.floor(last / WORD));
}

/** JOURNAL_OPEN, or JOURNAL_STUCK: no op is accepted. */
export function setJournalState(seat: Seat, state: number): void {
  seat.core.setJournalState(state);
}

/** The next op gets the number `sequence`, the next new space the id `space`. */
export function setNext(seat: Seat, sequence: number, space: number): void {
  seat.core.setNext(sequence % WORD, Math.floor(sequence / WORD), space);
}

/** The id that the next new space gets. */
export function nextSpaceId(seat: Seat): number {
  return seat.core.nextSpaceId() >>> 0;
}
