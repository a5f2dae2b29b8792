/* How is the snapshot of a space begun and ended, for a file or for a stream? A seat takes one at a time. */
import { E_MEMORY, E_MORE, E_STALE } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import { nextTurn } from "../runtime/event-loop.ts";

/** Calls the core until nothing that it needs is busy. */
export type WhenFree = <T>(call: () => T | typeof calls.AGAIN) => Promise<T>;

/** For a thread that has nothing else to do: it comes back in later turns, where it doesn't sleep in the core. */
export const asLongAsItTakes: WhenFree = (call) => calls.eventually(call, Number.POSITIVE_INFINITY);

/**
 * Begins a snapshot. Resolves to the number of the last op in it, or to null when the space was dropped. Until
 * `endSnapshot`, which must follow in any case, the seat may only read its frames. Rejects with OUT_OF_MEMORY.
 */
export async function beginSnapshot(seat: Seat, space: calls.SpaceAt, whenFree: WhenFree): Promise<number | null> {
  const sequence = await whenFree(() => calls.startSnapshot(seat, space));
  if (sequence === E_STALE) return null;
  if (sequence === E_MEMORY) {
    throw new HnswError("OUT_OF_MEMORY", "There is no memory left for the notes of a snapshot.");
  }
  return sequence;
}

/** Writes the next frame to the seat's intake. Resolves to its bytes, 0 after the last, below 0 when it was dropped. */
export async function nextFrame(seat: Seat, whenFree: WhenFree): Promise<number> {
  for (;;) {
    const bytes = await whenFree(() => calls.nextFrame(seat));
    if (bytes !== E_MORE) return bytes;
    await nextTurn();
  }
}

/** Releases what the snapshot took. */
export async function endSnapshot(seat: Seat, whenFree: (call: () => number) => Promise<number>): Promise<void> {
  await whenFree(() => calls.endSnapshot(seat));
}
