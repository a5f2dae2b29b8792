// How long does it take? What a virtual worker's steps cost, from measured figures; the seed decides each draw.

import type { Random } from "../datasets/random.ts";

/** Measured by `calibrate` except where it says otherwise. */
export interface Costs {
  /** [ops in the space, microseconds to link one more], ascending; one worker alone, nothing else running. */
  linkMicroseconds: [number, number][];
  /** Standard deviation of a slice's cost over its mean. */
  spread: number;
  /** Around each slice: a turn of the event loop, and what the loop does outside the core. */
  sliceMicroseconds: number;
  /** Claiming a batch. */
  batchMicroseconds: number;
  /** From a wake to the first instruction of the thread that slept. */
  wakeMicroseconds: number;
  /** Processor time of parking and of waking again. */
  parkMicroseconds: number;
  /** One op of an addMany on the thread that adds. */
  acceptMicroseconds: number;
  /** What each further worker that links at the same time adds to the cost of all, as a share of it. */
  slowdownPerWorker: number;
  /** Cost of linking into a space that another worker is linking into, over the cost with it alone. */
  sharedSpace: number;
  /** Assumed, not measured: what one op moves to and from memory, and what the machine can move. Null: no limit. */
  memory: { kibPerOp: number; gibPerSecond: number } | null;
}

/**
 * Mean milliseconds to link one op into a space of `size` ops: linear in log(size) between the measured sizes, and beyond
 * them at the slope of the whole curve.
 */
export function linkMs({ linkMicroseconds: curve }: Costs, size: number): number {
  const [firstSize, firstCost] = curve[0]!;
  const [lastSize, lastCost] = curve.at(-1)!;
  if (size <= firstSize || curve.length === 1) return firstCost / 1e3;
  if (size > lastSize) {
    const slope = (lastCost - firstCost) / Math.log(lastSize / firstSize);
    return (lastCost + slope * Math.log(size / lastSize)) / 1e3;
  }
  const above = curve.findIndex(([measured]) => measured >= size);
  const [[low, before], [high, cost]] = [curve[above - 1]!, curve[above]!];
  return (before + ((cost - before) * Math.log(size / low)) / Math.log(high / low)) / 1e3;
}

/** The closest curve that never falls (pool adjacent violators): a larger space is not cheaper, only measured so. */
export function neverFalling(curve: [number, number][]): [number, number][] {
  const pools: { sizes: number[]; sum: number }[] = [];
  for (const [size, cost] of curve) {
    pools.push({ sizes: [size], sum: cost });
    for (let last = pools.length - 1; last > 0; last--) {
      const [a, b] = [pools[last - 1]!, pools[last]!];
      if (a.sum / a.sizes.length <= b.sum / b.sizes.length) break;
      pools.splice(last - 1, 2, { sizes: [...a.sizes, ...b.sizes], sum: a.sum + b.sum });
    }
  }
  return pools.flatMap(({ sizes, sum }) => sizes.map((size): [number, number] => [size, sum / sizes.length]));
}

/** How much slower everything is while this many workers link ops that take one alone `opMs` each. */
export function slowdown({ slowdownPerWorker, memory }: Costs, workers: number, opMs: number): number {
  const shared = 1 + slowdownPerWorker * (workers - 1);
  if (memory === null) return shared;
  const wantedGibPerSecond = (workers * memory.kibPerOp * 1e3) / (opMs * 2 ** 20);
  return Math.max(shared, wantedGibPerSecond / memory.gibPerSecond);
}

/** A factor with mean 1 and the measured spread, never below 0: log-normal. */
export function noise({ spread }: Costs, random: Random): number {
  if (spread === 0) return 1;
  const sigma = Math.sqrt(Math.log(1 + spread * spread));
  return Math.exp(sigma * random.normal() - (sigma * sigma) / 2);
}
