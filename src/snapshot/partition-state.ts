/* What has come back so far? */
import type { Seat } from "../core/seat.ts";

/** A space that came back. */
export interface KnownSpace {
  address: number;
  incarnation: number;
  home: number;
  /** Ops up to this number are in it. */
  sequence: number;
}

/** One partition while it is being filled. */
export class RecoveredPartition {
  readonly number: number;
  readonly seat: Seat;
  /** By their ids. */
  readonly spaces = new Map<number, KnownSpace>();
  /** Ids of spaces whose snapshots are all damaged: the op that made them must be in the journal. */
  readonly missing = new Set<number>();
  /** Number of the last op. */
  last = 0;
  /** Id that the next new space gets. */
  nextSpace = 0;

  constructor(number: number, seat: Seat) {
    this.number = number;
    this.seat = seat;
  }

  sawSpace(id: number): void {
    this.nextSpace = Math.max(this.nextSpace, id + 1);
  }

  sawOp(sequence: number): void {
    this.last = Math.max(this.last, sequence);
  }

  /** The next op has this number, the next new space this id. */
  expect(sequence: number, space = this.nextSpace): void {
    this.seat.core.setNext(sequence % 2 ** 32, Math.floor(sequence / 2 ** 32), space);
  }
}
