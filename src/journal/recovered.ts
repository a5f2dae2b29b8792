/* What has come back so far, and what was found damaged on the way? */
import type { Seat } from "../core.ts";
import { HnswError } from "../errors.ts";

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

/** What is not as it was written. */
export class Findings {
  /** A line each. */
  readonly problems: string[] = [];
  /** Whether any of them cost something. */
  lossy = false;
  private readonly salvaging: boolean;

  constructor(salvaging: boolean) {
    this.salvaging = salvaging;
  }

  /** Damage that something else makes good. */
  harmless(problem: string): void {
    this.problems.push(problem);
  }

  /** Damage that costs something. Throws PATH_DAMAGED unless salvaging. */
  lost(problem: string): void {
    if (!this.salvaging) throw damaged(problem);
    this.problems.push(problem);
    this.lossy = true;
  }
}

export function damaged(problem: string): HnswError {
  const cure = 'restore the folder from a backup, or keep what is readable with `open({ recover: "salvage" })`';
  return new HnswError("PATH_DAMAGED", `${problem}: ${cure}.`);
}
