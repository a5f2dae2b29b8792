/* How is the snapshot of a space begun and ended, be it for a file or for a stream? A seat takes one at a time. */
import { E_MEMORY, E_STALE } from "../../assembly/layout.ts";
import { eventually, unlessBusy } from "../busy.ts";
import type { Seat } from "../core.ts";
import { HnswError } from "../errors.ts";
import type { SpaceAt } from "../walking.ts";

const AS_LONG_AS_IT_TAKES = Number.POSITIVE_INFINITY;

/**
 * Begins one. Resolves to the number of the last op in it, or to null when the space was dropped meanwhile. Until
 * `endSnapshot` the seat does nothing but read its frames. Rejects with OUT_OF_MEMORY.
 */
export async function beginSnapshot(seat: Seat, { address, incarnation }: SpaceAt): Promise<number | null> {
  const begin = () => unlessBusy(seat.core.startSnapshot(address, incarnation));
  const answer = await eventually(begin, AS_LONG_AS_IT_TAKES);
  if (answer === E_STALE) return null;
  if (answer === E_MEMORY) {
    throw new HnswError("OUT_OF_MEMORY", "There is no memory left for the notes of a snapshot.");
  }
  return seat.wideInfoAt(1);
}

/** Gives back what it took. */
export async function endSnapshot(seat: Seat): Promise<void> {
  await eventually(() => unlessBusy(seat.core.endSnapshot()), AS_LONG_AS_IT_TAKES);
}
