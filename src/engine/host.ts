/* What does work on an index need of the thread that holds it? `Handle` is one, and so is what an export is searched by. */
import * as calls from "../core/calls.ts";
import { refusalOf } from "../core/refusals.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import type { Settings } from "../options/open.ts";
import { IN_MEMORY } from "./durability.ts";
import type { Turns } from "./uses.ts";

export abstract class Host {
  /** The thread's seats, one per partition. */
  abstract readonly seats: Seat[];
  abstract readonly settings: Pick<Settings, "dimensions" | "ef" | "partitions" | "workers" | "timeoutMs">;

  /** Throws CLOSED. */
  abstract assertOpen(): void;
  /** The space of that name, or null; AGAIN while its partition is busy. */
  abstract find(name: string): calls.SpaceRef | null | typeof calls.AGAIN;
  /** Forgets where a space was: it was dropped. */
  abstract forget(name: string): void;
  /** Starts work once that of its kind before it has ended: a seat has room for one. */
  abstract inTurn<T>(kind: Turns, work: () => Promise<T>): Promise<T>;
  /** Wakes the thread that links for that home. */
  abstract wake(home: number): void;
  protected completed(): void {}
  /** The error for an op while the journal takes none. */
  protected journalRefusal(): HnswError {
    return IN_MEMORY.refusal();
  }

  /** Calls the core through some seats, by default the thread's own: a trap is repaired and becomes INTERNAL. */
  guarded<T>(call: () => T, seats = this.seats): T {
    try {
      return call();
    } catch (error) {
      throw error instanceof WebAssembly.RuntimeError ? this.repair(error, seats) : error;
    }
  }

  private repair(trap: Error, seats: Seat[]): HnswError {
    let completed = false;
    for (const seat of seats) completed = calls.repairSeat(seat) || completed;
    if (completed) this.completed();
    const what = completed ? "The op was completed by the repair" : "The op changed nothing";
    const message = `The core trapped; this is a bug. ${what}, and the index still works.`;
    return new HnswError("INTERNAL", message, { cause: trap });
  }

  /** Tries once in a turn of the event loop until the result is not AGAIN. Rejects with TIMEOUT or CLOSED. */
  eventually<T>(attempt: () => T | typeof calls.AGAIN): Promise<T> {
    return calls.eventually(() => {
      this.assertOpen();
      return attempt();
    }, this.settings.timeoutMs);
  }

  /** Calls the core, guarded, until the lock that it needs was free. Rejects with TIMEOUT or CLOSED. */
  whenFree<T>(call: () => T | typeof calls.AGAIN, seats = this.seats): Promise<T> {
    return this.eventually(() => this.guarded(call, seats));
  }

  /** The error for a refusal of that seat's core. `which`: the vector that it concerns. */
  refusal(refusal: calls.Refusal, seat: Seat, which = "The vector"): HnswError {
    return refusalOf(refusal, seat, which, () => this.journalRefusal());
  }
}
