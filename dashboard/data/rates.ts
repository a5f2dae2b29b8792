/* What follows from two reports of the same counters? Rates, shares and percentiles of the time between them. */
import type { Live, LiveCollection } from "../../src/server/wire/live.ts";

/** The collection in an event. */
export function collectionIn(event: Live | undefined, name: string): LiveCollection | undefined {
  return event?.collections.find((one) => one.name === name);
}

/** Per second, between neighbouring events; null where a counter is not there or was set back. */
export function ratesOf(events: readonly Live[], counter: (event: Live) => number | undefined): (number | null)[] {
  return events.map((event, i) => {
    const before = events[i - 1];
    if (before === undefined) return null;
    return rateBetween(counter(before), counter(event), event.at - before.at);
  });
}

function rateBetween(before: number | undefined, now: number | undefined, ms: number): number | null {
  if (before === undefined || now === undefined || now < before || ms <= 0) return null;
  return ((now - before) * 1000) / ms;
}

/** The milliseconds below which `share` of what was counted lies, from buckets; null if nothing was. */
export function quantile(counts: readonly number[], bounds: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && below + count >= total * share) {
      const [from, to] = [bounds[i - 1] ?? 0, bounds[i] ?? bounds.at(-1)! * 2];
      return from + ((to - from) * (total * share - below)) / count;
    }
    below += count;
  }
  return null;
}

/** Of the requests in the last `seconds` before each event. */
export function latencies(
  events: readonly Live[],
  kind: keyof Live["requests"],
  share: number,
  seconds: number,
): (number | null)[] {
  return events.map(({ requests, bounds }, i) => {
    const before = events[Math.max(0, i - seconds)]!.requests[kind];
    return quantile(
      requests[kind].map((count, bucket) => Math.max(0, count - before[bucket]!)),
      bounds,
      share,
    );
  });
}

export const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Ops that the collection has taken. In memory there is no journal that counts them: what was and will be linked, then. */
export function acceptedBy(one: LiveCollection | undefined): number | undefined {
  if (one === undefined || one.journal !== null) return one?.journal?.ops;
  return one.graphs > 0 ? linkedBy(one)! + one.pending : one.points;
}

export function linkedBy(one: LiveCollection | undefined): number | undefined {
  return one && sum(one.workers.map(({ linked }) => linked));
}
