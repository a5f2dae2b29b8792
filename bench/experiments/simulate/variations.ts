// Could the policies be better than the thread's? Variations of stealing to try in the simulator, each as the rules it
// would follow. What paid went to src/scheduler; what did not stays here, and its figures in the report.

import type { BatchingPolicy } from "../../../src/scheduler/batching.ts";
import { chooseVictim, type StealingPolicy } from "../../../src/scheduler/stealing.ts";
import { type Known, type Rules, rulesOf } from "../../simulator/policy.ts";

export interface Variation {
  title: string;
  rules(batching: BatchingPolicy, stealing: StealingPolicy): Rules;
}

const UNKNOWN_MS = 0.05; // of an op, for a worker that has not linked any yet

const above =
  (threshold: number, latencyMs: number): Variation["rules"] =>
  (batching, stealing) =>
    rulesOf(batching, { ...stealing, threshold, latencyMs });

/** The victim with the longest wait instead of the most ops: what its queue will take at its own cost of an op. */
const byTime =
  (thresholdMs: number): Variation["rules"] =>
  (batching, stealing) => {
    const waits: number[] = [];
    return {
      ...rulesOf(batching, stealing),
      wakeThreshold: thresholdMs / UNKNOWN_MS,
      chooseVictim: (thief: number, depths: ArrayLike<number>, workers: readonly Known[]) => {
        for (let i = 0; i < depths.length; i++) waits[i] = depths[i]! * (workers[i]!.msPerOp || UNKNOWN_MS);
        return chooseVictim(thief, waits, { ...stealing, threshold: thresholdMs });
      },
    };
  };

export const THREADS_RULE = "half, above 1,000 (the thread's)";
export const DEFAULT_RULE = "half, above 250, at most 20 ms (the default)";

const NO_CAP = 60_000; // ms

export const variations: Variation[] = [
  { title: "no stealing", rules: (batching, stealing) => rulesOf(batching, { ...stealing, enabled: false }) },
  { title: THREADS_RULE, rules: above(1000, NO_CAP) },
  { title: "half, above 250", rules: above(250, NO_CAP) },
  { title: "half, above 250, at most 100 ms", rules: above(250, 100) },
  { title: DEFAULT_RULE, rules: above(250, 20) },
  { title: "half, above 250, at most 5 ms", rules: above(250, 5) },
  { title: "half, above 100, at most 20 ms", rules: above(100, 20) },
  { title: "half of the longest wait, above 40 ms, at most 20 ms", rules: byTime(40) },
  { title: "half of the longest wait, above 4 ms, at most 20 ms", rules: byTime(4) },
];
