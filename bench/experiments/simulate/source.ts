// Does the source's own test hold? 100,000 adds a second to 20 skewed spaces, 8 workers: sustained, imbalance, steals;
// the same with the workers saturated; and that again with ops of equal cost, to separate what is due to unequal work.

import { DEFAULT_STEALING, type StealingPolicy } from "../../../src/scheduler/stealing.ts";
import type { Load } from "../../kit/loads.ts";
import type { Costs } from "../../simulator/costs.ts";
import { linkMs } from "../../simulator/costs.ts";
import { capacity, median, overSeeds, worst } from "./machines.ts";
import { SOURCE_STEALING } from "./variations.ts";

const WORKERS = 8;
const SPACES = 20;
const RATE = 100_000;
const SATURATED = 1.3; // of what they link evenly loaded
const SEEDS = 7;
const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5", "zipf 2"];
const EQUAL_AT = 10_000; // ops in a space: what any op costs where all cost the same

export type Rule = "each its own" | "the source's rule" | "stealing by default";

const RULES: Record<Rule, StealingPolicy> = {
  "stealing by default": DEFAULT_STEALING,
  "the source's rule": SOURCE_STEALING,
  "each its own": { ...DEFAULT_STEALING, enabled: false },
};

export interface SourceRow {
  load: Load;
  /** None, half when more than 1,000 wait, or our default. */
  stealing: Rule;
  /** Adds a second: the source's, or more than the workers can take. */
  offered: number;
  linkedPerSecond: number;
  /** With the least lucky draw of homes. */
  slowest: number;
  /** Over the even load with stealing at the same rate: ops, and the work in them by what each costs a worker alone. */
  ofEven: number;
  ofWork: number;
  /** Largest share of the linked ops over the mean, minus 1; and the worst draw. */
  imbalance: number;
  worstImbalance: number;
  /** The same of the time that the workers worked. */
  busyImbalance: number;
  leastBusy: number;
  stealsPerSecond: number;
  stolenP99Ms: number;
  latencyMs: { p50: number; p99: number };
}

export interface SourceTest {
  /** Linked a second, evenly loaded. */
  capacity: number;
  rows: SourceRow[];
  /** Saturated, by default, when an op into a large or shared space costs what any op does. */
  equalCost: SourceRow[];
}

export function sourceTest(costs: Costs, seconds: number): SourceTest {
  const most = capacity(costs, WORKERS, SPACES, seconds);
  const all = Object.keys(RULES) as Rule[];
  const equal: Costs = { ...costs, linkMicroseconds: [[EQUAL_AT, linkMs(costs, EQUAL_AT) * 1e3]], sharedSpace: 1 };
  const offered = Math.round(capacity(equal, WORKERS, SPACES, seconds) * SATURATED);
  return {
    capacity: most,
    rows: [RATE, Math.round(most * SATURATED)].flatMap((rate) => rowsAt(costs, rate, seconds, all)),
    equalCost: rowsAt(equal, offered, seconds, ["stealing by default"]),
  };
}

function rowsAt(costs: Costs, offered: number, seconds: number, rules: Rule[]): SourceRow[] {
  const rows: SourceRow[] = [];
  let even = { linkedPerSecond: 1, useful: 1 };
  for (const load of LOADS) {
    for (const stealing of rules) {
      const workload = { workers: WORKERS, spaces: SPACES, load, perSecond: offered, seconds };
      const outcomes = overSeeds(costs, workload, SEEDS, { stealing: RULES[stealing] });
      const linkedPerSecond = median(outcomes, (outcome) => outcome.linkedPerSecond);
      const useful = median(outcomes, (outcome) => outcome.useful);
      if (load === "even" && stealing === "stealing by default") even = { linkedPerSecond, useful };
      rows.push({
        ...{ load, stealing, offered, linkedPerSecond, ofEven: linkedPerSecond / even.linkedPerSecond },
        ofWork: useful / even.useful,
        slowest: -worst(outcomes, (outcome) => -outcome.linkedPerSecond),
        imbalance: median(outcomes, ({ imbalance }) => imbalance),
        worstImbalance: worst(outcomes, ({ imbalance }) => imbalance),
        busyImbalance: median(outcomes, ({ busyImbalance }) => busyImbalance),
        leastBusy: median(outcomes, ({ leastBusy }) => leastBusy),
        stealsPerSecond: median(outcomes, (outcome) => outcome.steals / outcome.seconds),
        stolenP99Ms: median(outcomes, ({ batchMs }) => batchMs.stolen.p99),
        latencyMs: {
          p50: median(outcomes, ({ latencyMs }) => latencyMs.p50),
          p99: median(outcomes, ({ latencyMs }) => latencyMs.p99),
        },
      });
    }
  }
  return rows;
}
