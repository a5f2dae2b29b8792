// Which policies does a simulation run? Those of src/scheduler, or a variation that is being tried.

import { type BatchingPolicy, batchSize } from "../../src/scheduler/batching.ts";
import { chooseVictim, type StealingPolicy, stealSize } from "../../src/scheduler/stealing.ts";

/** The source thread's rule: half of what waits, above 1,000, however long that takes. */
export const THREAD_STEALING: StealingPolicy = { enabled: true, threshold: 1000, fraction: 0.5, latencyMs: 60_000 };

/** What a thief may know of a worker. */
export interface Known {
  /** Milliseconds that it needed for an op lately; 0: not known. */
  msPerOp: number;
}

export interface Rules {
  steals: boolean;
  /** A worker that takes a batch with more than this waiting wakes a thief. */
  wakeThreshold: number;
  batchSize(depth: number, msPerOp: number): number;
  chooseVictim(thief: number, depths: ArrayLike<number>, workers: readonly Known[]): number;
  stealSize(depth: number, msPerOp: number): number;
}

export function rulesOf(batching: BatchingPolicy, stealing: StealingPolicy): Rules {
  return {
    steals: stealing.enabled,
    wakeThreshold: stealing.threshold,
    batchSize: (depth, msPerOp) => batchSize(depth, msPerOp, batching),
    chooseVictim: (thief, depths) => chooseVictim(thief, depths, stealing),
    stealSize: (depth, msPerOp) => stealSize(depth, msPerOp, stealing),
  };
}
