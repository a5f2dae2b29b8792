// Does the thread's own test hold? 100,000 adds a second to 20 skewed spaces, 8 workers: sustained, imbalance, steals;
// and the same with the workers saturated.

import { DEFAULT_STEALING, type StealingPolicy } from "../../../src/scheduler/stealing.ts";
import type { Load } from "../../loads.ts";
import type { Costs } from "../costs.ts";
import { capacity, median, overSeeds, worst } from "../machines.ts";
import { THREAD_STEALING } from "../policy.ts";

const WORKERS = 8;
const SPACES = 20;
const RATE = 100_000;
const SEEDS = 7;
const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5", "zipf 2"];

export type Rule = "each its own" | "stealing above 1,000" | "stealing by default";

const RULES: Record<Rule, StealingPolicy> = {
  "stealing by default": DEFAULT_STEALING,
  "stealing above 1,000": THREAD_STEALING,
  "each its own": { ...DEFAULT_STEALING, enabled: false },
};

export interface ThreadRow {
  load: Load;
  /** None, when more than the thread's 1,000 wait, or our default. */
  stealing: Rule;
  /** Adds a second: the thread's, or more than the workers can take. */
  offered: number;
  linkedPerSecond: number;
  /** With the least lucky draw of homes. */
  slowest: number;
  /** Over the even load with stealing at the same rate. */
  ofEven: number;
  /** Largest share of the linked ops over the mean, minus 1; and the worst draw. */
  imbalance: number;
  worstImbalance: number;
  /** The same of the time that the workers worked. */
  busyImbalance: number;
  leastBusy: number;
  stealsPerSecond: number;
  latencyMs: { p50: number; p99: number };
}

export function threadsTest(costs: Costs, seconds: number): { rows: ThreadRow[]; capacity: number } {
  const most = capacity(costs, WORKERS, SPACES, seconds);
  const rows: ThreadRow[] = [];
  for (const offered of [RATE, Math.round(most * 1.3)]) {
    let even = 1;
    for (const load of LOADS) {
      for (const [stealing, policy] of Object.entries(RULES) as [Rule, StealingPolicy][]) {
        const workload = { workers: WORKERS, spaces: SPACES, load, perSecond: offered, seconds };
        const outcomes = overSeeds(costs, workload, SEEDS, { stealing: policy });
        const linkedPerSecond = median(outcomes, (outcome) => outcome.linkedPerSecond);
        if (load === "even" && stealing === "stealing by default") even = linkedPerSecond;
        rows.push({
          ...{ load, stealing, offered, linkedPerSecond, ofEven: linkedPerSecond / even },
          slowest: -worst(outcomes, (outcome) => -outcome.linkedPerSecond),
          imbalance: median(outcomes, ({ imbalance }) => imbalance),
          worstImbalance: worst(outcomes, ({ imbalance }) => imbalance),
          busyImbalance: median(outcomes, ({ busyImbalance }) => busyImbalance),
          leastBusy: median(outcomes, ({ leastBusy }) => leastBusy),
          stealsPerSecond: median(outcomes, (outcome) => outcome.steals / outcome.seconds),
          latencyMs: {
            p50: median(outcomes, ({ latencyMs }) => latencyMs.p50),
            p99: median(outcomes, ({ latencyMs }) => latencyMs.p99),
          },
        });
      }
    }
  }
  return { rows, capacity: most };
}
