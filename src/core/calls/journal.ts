/* What waits in a partition's ring, and how far is the disk? */
import { OK } from "../../../assembly/layout.ts";
import { AGAIN } from "../retry.ts";
import type { Seat } from "../seat.ts";

const WORD = 2 ** 32;

/** The ring, and the numbers of the partition's ops. */
export interface JournalRing {
  /** Address and bytes of the ring. */
  ring: number;
  size: number;
  /** Bytes ever written to the ring, and those of them that are on the disk. */
  head: number;
  tail: number;
  /** Numbers of the last op, and of the last one on the disk. */
  last: number;
  durable: number;
}

/** Takes the memory that the journal will need. OK, E_MEMORY or E_BUSY. */
export function reserveJournal(seat: Seat): number {
  return seat.core.reserveJournal();
}

/** Ops are journalled from here on; those before are on the disk. OK or E_BUSY. */
export function openJournal(seat: Seat): number {
  return seat.core.openJournal();
}

export function journalRing(seat: Seat): JournalRing | typeof AGAIN {
  if (seat.core.journalWaiting() !== OK) return AGAIN;
  return {
    ring: seat.infoAt(8),
    size: seat.infoAt(9),
    head: seat.wideInfoAt(2),
    tail: seat.wideInfoAt(0),
    last: seat.wideInfoAt(6),
    durable: seat.wideInfoAt(4),
  };
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
