/* What does work on an index need of the thread that holds it? `Handle` is one, and so is what an export is searched by. */
import * as calls from "../core/calls.ts";
import { refusalOf } from "../core/refusals.ts";
import type { Seat } from "../core/seat.ts";
import type { FieldTable } from "../documents/fields.ts";
import { HnswError, messageOf } from "../errors.ts";
import type { Settings } from "../options/open.ts";
import type { Measurer } from "../recall/measure.ts";
import { IN_MEMORY } from "./durability.ts";
import type { FieldList } from "./field-board.ts";
import { listSpaces } from "./list-spaces.ts";
import type { Turns } from "./uses.ts";

/** A space, by the name that its users give it. */
export type ListedSpace = calls.SpaceAt & Pick<calls.FoundSpace, "name" | "goesByCodes">;

export abstract class Host {
  /** The thread's seats, one per partition. */
  abstract readonly seats: Seat[];
  abstract readonly settings: Pick<Settings, "dimensions" | "ef" | "recall" | "partitions" | "workers" | "timeoutMs">;
  abstract readonly fields: FieldList;
  /** Measures recall on another thread; null where only this one can. */
  measurer: Measurer | null = null;

  /** The first thing in every call. Throws CLOSED, or RangeError where the caller's stack has no room for it. */
  abstract assertOpen(): void;
  /** The space of that name, or null; AGAIN while its partition is busy. */
  abstract find(name: string): calls.SpaceRef | null | typeof calls.AGAIN;
  /** Forgets where a space was: it was dropped. */
  abstract forget(name: string): void;
  /** What the core calls the space of that name. */
  storedName(name: string): string {
    return name;
  }
  /** The index as a whole, of which this may be a part. */
  get whole(): Host {
    return this;
  }
  /** Whether collections share the index, each with fields of its own. */
  get isShared(): boolean {
    return false;
  }
  /** The fields of a space that is loaded, by the name that the core knows it by; null: nothing will read its entries. */
  fieldsOf(_name: () => string): FieldTable | null {
    return this.fields.table;
  }
  /** Starts work once that of its kind before it has ended: a seat has room for one. */
  abstract inTurn<T>(kind: Turns, work: () => Promise<T>): Promise<T>;
  /** Wakes the thread that links for that home. */
  abstract wake(home: number): void;
  /** A search has ended after so long. */
  searched(_ms: number): void {}
  protected completed(): void {}
  /** Seats that a call left in need of a repair, and whose repair failed. */
  private unrepaired: Seat[] | null = null;
  /** The error for an op while the journal takes none. */
  protected journalRefusal(): HnswError {
    return IN_MEMORY.refusal();
  }

  /**
   * Calls the core through some seats, by default the thread's own. Whatever comes out of it but a refusal of ours (a trap,
   * the end of the stack) is repaired and becomes INTERNAL.
   */
  guarded<T>(call: () => T, seats = this.seats): T {
    this.mend();
    try {
      return call();
    } catch (error) {
      throw this.mended(error, seats);
    }
  }

  /** What `guarded` does before a call: repairs again what a repair could not. */
  mend(): void {
    if (this.unrepaired !== null) this.repair(this.unrepaired);
  }

  /** What it does with what a call throws: repairs those seats. Returns what is to be thrown. */
  mended(error: unknown, seats = this.seats): unknown {
    if (error instanceof HnswError) return error;
    const what = this.repair(seats) ? "The op was completed by the repair" : "The op changed nothing";
    const message = `The core failed: ${messageOf(error)}. This is a bug. ${what}, and the index still works.`;
    return new HnswError("INTERNAL", message, { cause: error });
  }

  /** Returns whether that completed an op. A repair that fails is made again before the next call. */
  private repair(seats: Seat[]): boolean {
    this.unrepaired = seats;
    let completed = false;
    for (const seat of seats) completed = calls.repairSeat(seat) || completed;
    this.unrepaired = null;
    if (completed) this.completed();
    return completed;
  }

  /** Tries once in a turn of the event loop until the result is not AGAIN. Rejects with TIMEOUT or CLOSED. */
  eventually<T>(attempt: () => T | typeof calls.AGAIN): Promise<T> {
    return calls.eventually(() => {
      this.assertOpen();
      return attempt();
    }, this.settings.timeoutMs);
  }

  /** Every space of a partition, for callers that can wait for its lock. Rejects with TIMEOUT or CLOSED. */
  async spacesIn(seat: Seat): Promise<ListedSpace[]> {
    return await listSpaces(this, seat);
  }

  /** The names of all spaces. Rejects as `spacesIn`. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    for (const seat of this.seats) names.push(...(await this.spacesIn(seat)).map(({ name }) => name));
    return names;
  }

  /** Calls the core, guarded, until the lock that it needs was free. Rejects with TIMEOUT or CLOSED. */
  whenFree<T>(call: () => T | typeof calls.AGAIN, seats = this.seats): Promise<T> {
    return this.eventually(() => this.guarded(call, seats));
  }

  /** What an attempt makes of a status that is not OK: AGAIN while the partition is busy; else throws the refusal. */
  again(status: calls.Refusal, seat: Seat, which?: string): typeof calls.AGAIN {
    if (status === calls.AGAIN) return calls.AGAIN;
    throw this.refusal(status, seat, which);
  }

  /** The error for a refusal of that seat's core. `which`: the vector that it concerns. */
  refusal(refusal: calls.Refusal, seat: Seat, which = "The vector"): HnswError {
    return refusalOf(refusal, seat, which, () => this.journalRefusal());
  }
}
