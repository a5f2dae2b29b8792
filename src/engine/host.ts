/* What does work on an index need of the thread that holds it? `Handle` gives it, and so does an index that is only searched. */
import type { SpaceRef } from "../core/calls/index.ts";
import * as calls from "../core/calls/index.ts";
import type { Refusal } from "../core/calls/refusals.ts";
import type { AGAIN } from "../core/retry.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import type { Settings } from "../options/open.ts";

export interface Host {
  /** The thread's seats, one per partition. */
  readonly seats: Seat[];
  readonly settings: Pick<Settings, "dimensions" | "ef" | "partitions" | "workers" | "timeoutMs">;
  /** Throws CLOSED. */
  assertOpen(): void;
  /** The space of that name, or null; AGAIN while its partition is busy. */
  find(name: string, create: false): SpaceRef | null | typeof AGAIN;
  /** Forgets where a space was: it was dropped. */
  forget(name: string): void;
  /** Calls the core through some of the seats, by default its own: a trap is repaired and becomes INTERNAL. */
  guarded<T>(call: () => T, seats?: Seat[]): T;
  /** Tries once in a turn of the event loop until the result is not AGAIN. Rejects with TIMEOUT or CLOSED. */
  eventually<T>(attempt: () => T | typeof AGAIN): Promise<T>;
  /** Calls the core, guarded, until the lock that it needs was free. Rejects with TIMEOUT or CLOSED. */
  whenFree<T>(call: () => T | typeof AGAIN, seats?: Seat[]): Promise<T>;
  /** The error for a refusal of that seat's core. */
  refusal(refusal: Refusal, seat: Seat, which?: string): HnswError;
  /** Starts a census once those before it have ended: a seat has room for one. */
  inTurn<T>(census: () => Promise<T>): Promise<T>;
  /** Wakes the thread that links for that home. */
  wake(home: number): void;
}

/**
 * What to throw for an error of a call through these seats: a trap is repaired and becomes INTERNAL. `onCompleted` is
 * called when the repair completed the op that trapped.
 */
export function repaired(error: unknown, seats: Seat[], onCompleted?: () => void): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  let completed = false;
  for (const seat of seats) completed = calls.repairSeat(seat) || completed;
  if (completed) onCompleted?.();
  const what = completed ? "The op was completed by the repair" : "The op changed nothing";
  return new HnswError("INTERNAL", `The core trapped; this is a bug. ${what}, and the index still works.`, {
    cause: error,
  });
}
