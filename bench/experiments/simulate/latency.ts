// Where does a batch take longer than its target? 10 ms below 100 waiting, 100 ms above 1,000, by the load.

import { DEFAULT_BATCHING } from "../../../src/scheduler/batching.ts";
import type { Costs } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { capacity, setupOf } from "./machines.ts";

const WORKERS = 8;
const SPACES = 20;
const LOADS = ["even", "zipf 1.5"] as const;
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.2];
const SIZES = { adaptive: null, "fixed 10": 10, "fixed 500": 500 } as const;

export interface LatencyRow {
  load: (typeof LOADS)[number];
  batches: keyof typeof SIZES;
  /** Adds a second over what evenly loaded workers link. */
  offered: number;
  perSecond: number;
  linkedPerSecond: number;
  /** From claiming a batch to its last op: own batches with at most 100 waiting, with 1,000 or more, and stolen ones. */
  lowP99Ms: number;
  highP99Ms: number;
  stolenP99Ms: number;
  /** From accepted to linked. */
  p50Ms: number;
  p99Ms: number;
}

export function latencies(costs: Costs, seconds: number): LatencyRow[] {
  const most = capacity(costs, WORKERS, SPACES, seconds);
  const rows: LatencyRow[] = [];
  for (const load of LOADS) {
    for (const [batches, size] of Object.entries(SIZES) as [keyof typeof SIZES, number | null][]) {
      for (const offered of SHARES) {
        const perSecond = Math.round(most * offered);
        const batching = size === null ? DEFAULT_BATCHING : { ...DEFAULT_BATCHING, min: size, max: size };
        const workload = { workers: WORKERS, spaces: SPACES, load, perSecond, seconds };
        const { latencyMs, batchMs, linkedPerSecond } = simulate(setupOf(costs, workload, 1, { batching }));
        rows.push({
          ...{ load, batches, offered, perSecond, linkedPerSecond, p50Ms: latencyMs.p50, p99Ms: latencyMs.p99 },
          ...{ lowP99Ms: batchMs.low.p99, highP99Ms: batchMs.high.p99, stolenP99Ms: batchMs.stolen.p99 },
        });
      }
    }
  }
  return rows;
}
