/* What does a call do that finds a partition's lock taken? It comes back in a later turn, or insists for a moment. */
import { E_BUSY } from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import { nextTurn, Patience } from "../runtime/event-loop.ts";

/** A status of the core that says why it did not do what it was asked: one of the E_ constants, all below 0. */
export type Refusal = number;

/** What an attempt returns that is to be made again: the core's own E_BUSY, as a type that no result has. */
export const AGAIN = E_BUSY as -1;

const MOST_TRIES = 20_000; // each of about 50 µs in the core

/** Tries once in a turn of the event loop until the result is not AGAIN. Rejects with TIMEOUT after `timeoutMs`. */
export async function eventually<T>(attempt: () => T | typeof AGAIN, timeoutMs: number): Promise<T> {
  const first = attempt();
  if (first !== AGAIN) return first;
  for (const patience = new Patience(timeoutMs); !patience.isOver; ) {
    await nextTurn();
    const result = attempt();
    if (result !== AGAIN) return result;
  }
  throw busy(`${timeoutMs} ms`);
}

/**
 * Tries until the result is not AGAIN, for callers that can't wait for a later turn. Throws TIMEOUT after about a
 * second: a lock that a dead worker left behind is freed from the very event loop that this blocks.
 */
export function insist<T>(attempt: () => T | typeof AGAIN): T {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const result = attempt();
    if (result !== AGAIN) return result;
  }
  throw busy("a second");
}

function busy(duration: string): HnswError {
  const cause = "a thread that ended in the middle of a call may hold its lock";
  return new HnswError("TIMEOUT", `A partition was busy for ${duration}: ${cause}. Try again later.`);
}
