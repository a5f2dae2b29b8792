// Could the policies be better than the source's? Variations of stealing to try in the simulator. What paid is the default
// of src/scheduler; what did not stays here, and its figures in the report.

import { DEFAULT_BATCHING } from "../../../src/scheduler/batching.ts";
import { chooseVictim, DEFAULT_STEALING, type StealingPolicy } from "../../../src/scheduler/stealing.ts";
import { policyOf } from "../../../src/workers/linker.ts";
import type { Setup } from "../../simulator/simulate.ts";

export interface Variation {
  title: string;
  policy: NonNullable<Setup["policy"]>;
}

const NO_CAP = 60_000; // ms
const UNKNOWN_MS = 0.05; // of an op, for a worker that has not linked any yet

/** The source's rule: half of what waits, above 1,000, however long that takes. */
export const SOURCE_STEALING: StealingPolicy = { enabled: true, threshold: 1000, fraction: 0.5, latencyMs: NO_CAP };

export const SOURCE_RULE = "half, above 1,000 (the source's)";
export const DEFAULT_RULE = "half, above 250, at most 20 ms (the default)";

const above = (threshold: number, latencyMs: number) => like({ threshold, latencyMs });

const like = (changes: Partial<StealingPolicy>) => () =>
  policyOf({ batching: DEFAULT_BATCHING, stealing: { ...DEFAULT_STEALING, ...changes } });

/** The victim with the longest wait instead of the most ops: what its queue will take at its own cost of an op. */
const byTime =
  (thresholdMs: number): Variation["policy"] =>
  (workers) => ({
    ...like({})(),
    isWorthStealing: (depth) => depth > thresholdMs / UNKNOWN_MS,
    helps: false,
    isWorthBulk: () => true,
    chooseVictim: (thief, depths) => {
      const waits = workers.map(({ msPerOp }, i) => depths[i]! * (msPerOp || UNKNOWN_MS));
      return chooseVictim(thief, waits, { ...DEFAULT_STEALING, threshold: thresholdMs });
    },
  });

export const variations: Variation[] = [
  { title: "no stealing", policy: like({ enabled: false }) },
  { title: SOURCE_RULE, policy: above(1000, NO_CAP) },
  { title: "half, above 250", policy: above(250, NO_CAP) },
  { title: "half, above 250, at most 100 ms", policy: above(250, 100) },
  { title: DEFAULT_RULE, policy: above(250, 20) },
  { title: "half, above 250, at most 5 ms", policy: above(250, 5) },
  { title: "half, above 100, at most 20 ms", policy: above(100, 20) },
  { title: "half of the longest wait, above 40 ms, at most 20 ms", policy: byTime(40) },
  { title: "half of the longest wait, above 4 ms, at most 20 ms", policy: byTime(4) },
];
