/* Which spaces are in a partition? All that the core knows, under the names that it knows them by. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { Slice } from "../runtime/event-loop.ts";

export type FoundFigures = calls.SpaceFigures & { seat: Seat };

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

/** The same with their figures, of several partitions. */
export async function listFigures(host: Waiting, seats: readonly Seat[]): Promise<FoundFigures[]> {
  const found: FoundFigures[] = [];
  const slice = new Slice();
  for (const [partition, seat] of seats.entries()) {
    let last = 0;
    do {
      const some: calls.SpaceFigures[] = [];
      last = await host.whenFree(() => calls.figuresAfter(seat, last, partition, some));
      for (const figures of some) found.push({ ...figures, seat });
      if (slice.isOver) await slice.next();
    } while (last !== 0);
  }
  return found;
}
