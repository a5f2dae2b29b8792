/* Which spaces are in a partition? All that the core knows, under the names that it knows them by. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { Slice } from "../runtime/event-loop.ts";

interface Waiting {
  whenFree<T>(call: () => T | typeof calls.AGAIN): Promise<T>;
}

/** For callers that can wait for the partition's lock. Rejects with TIMEOUT or CLOSED. */
export async function listSpaces(host: Waiting, seat: Seat): Promise<calls.FoundSpace[]> {
  const found: calls.FoundSpace[] = [];
  const slice = new Slice();
  for (let count = -1; count < found.length; ) {
    count = found.length;
    found.push(...(await host.whenFree(() => calls.spacesAfter(seat, found.at(-1)?.address ?? 0))));
    if (slice.isOver) await slice.next();
  }
  return found;
}
