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
  /** From a wake to the first instruction of who slept. */
  wakeMicroseconds: number;
  /** One op of an addMany on the thread that adds. */
  acceptMicroseconds: number;
  /** What each further worker that links at the same time adds to everyone's cost, as a share of it. */
  slowdownPerWorker: number;
  /** Cost of linking into a space that another worker is linking into, over the cost with it alone. */
  sharedSpace: number;
  /** Assumed, not measured: what one op moves to and from memory, and what the machine can move. Null: no limit. */
  memory: { kibPerOp: number; gibPerSecond: number } | null;
}

/** Mean milliseconds to link one op into a space of so many: linear in log(size) between the measured sizes. */
export function linkMs({ linkMicroseconds: curve }: Costs, size: number): number {
  const [firstSize, firstCost] = curve[0]!;
  if (size <= firstSize) return firstCost / 1e3;
  for (let i = 1; i < curve.length; i++) {
    const [high, cost] = curve[i]!;
    if (size > high && i < curve.length - 1) continue;
    // Beyond the last one it goes on at the last slope.
    const [low, before] = curve[i - 1]!;
    return (before + ((cost - before) * Math.log(size / low)) / Math.log(high / low)) / 1e3;
  }
  return firstCost / 1e3;
}

/** How much slower everything is while so many workers link, each op of which takes `opMs` alone. */
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
