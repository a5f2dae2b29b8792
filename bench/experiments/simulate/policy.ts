// Which threshold and fraction are best, and would another rule be better? Swept and tried on what strains stealing:
// a skewed load, saturated and at 80 % of what the workers can take, and a worker that stalls.

import { DEFAULT_STEALING } from "../../../src/scheduler/stealing.ts";
import type { Costs } from "../../simulator/costs.ts";
import type { Outcome, Setup } from "../../simulator/simulate.ts";
import { capacity, median, overSeeds } from "./machines.ts";
import { variations } from "./variations.ts";

const WORKERS = 8;
const SPACES = 20;
const LOADS = ["one half", "zipf 1.5"] as const;
const SEEDS = 3;
const THRESHOLDS = [0, 100, 250, 1000, 4000, 16_000];
const FRACTIONS = [0.1, 0.25, 0.75, 1]; // beside the default, 0.5

export interface PolicyRow {
  rule: string;
  threshold?: number;
  fraction?: number;
  load: (typeof LOADS)[number];
  /** Saturated: of what evenly loaded workers link. */
  throughput: number;
  imbalance: number;
  /** At 80 % of that: from accepted to linked, and steals. */
  p50Ms: number;
  p99Ms: number;
  stealsPerSecond: number;
  /** Saturated: from taking what was stolen to its last op. */
  stolenP99Ms: number;
  /** At 50 %, one worker stalled for a quarter of the time. */
  stalledP99Ms: number;
}

export function policies(costs: Costs, seconds: number): { sweep: PolicyRow[]; variations: PolicyRow[] } {
  const most = capacity(costs, WORKERS, SPACES, seconds);
  const strain = (rule: string, changes: Partial<Setup>, more: object = {}): PolicyRow[] =>
    LOADS.map((load) => {
      const play = (share: number, extra: Partial<Setup> = {}): Outcome[] => {
        const workload = { workers: WORKERS, spaces: SPACES, load, perSecond: Math.round(most * share), seconds };
        return overSeeds(costs, workload, SEEDS, { ...changes, ...extra });
      };
      const full = play(1.3);
      const busy = play(0.8);
      const stalled = play(0.5, { stalls: [{ worker: 1, atMs: seconds * 400, forMs: seconds * 250 }] });
      return {
        ...{ rule, load, ...more },
        throughput: median(full, ({ linkedPerSecond }) => linkedPerSecond) / most,
        imbalance: median(full, ({ imbalance }) => imbalance),
        p50Ms: median(busy, ({ latencyMs }) => latencyMs.p50),
        p99Ms: median(busy, ({ latencyMs }) => latencyMs.p99),
        stealsPerSecond: median(busy, (outcome) => outcome.steals / outcome.seconds),
        stolenP99Ms: median(full, ({ batchMs }) => batchMs.stolen.p99),
        stalledP99Ms: median(stalled, ({ latencyMs }) => latencyMs.p99),
      };
    });
  const sweep = [
    ...THRESHOLDS.map((threshold) => ({ threshold, fraction: DEFAULT_STEALING.fraction })),
    ...FRACTIONS.map((fraction) => ({ threshold: DEFAULT_STEALING.threshold, fraction })),
  ];
  return {
    sweep: sweep.flatMap((values) =>
      strain(
        `threshold ${values.threshold}, fraction ${values.fraction}`,
        { stealing: { ...DEFAULT_STEALING, ...values } },
        values,
      ),
    ),
    variations: variations.flatMap(({ title, policy }) => strain(title, { policy })),
  };
}
