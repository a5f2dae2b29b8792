// How long does much that comes at once take, with the source's rule and with ours? Until the last op is linked,
// against the same work perfectly spread.

import { DEFAULT_STEALING, type StealingPolicy } from "../../../src/scheduler/stealing.ts";
import type { Load } from "../../kit/loads.ts";
import type { Costs } from "../../simulator/costs.ts";
import { opsOf, simulate } from "../../simulator/simulate.ts";
import { median, setupOf } from "./machines.ts";
import { SOURCE_STEALING } from "./variations.ts";

const OPS = [4000, 16_000, 64_000];
const WORKERS = 8;
const SEEDS = [1, 2, 3, 4, 5];
const SLICE = 16_384;
const CASES: { spaces: number; load: Load }[] = [
  { spaces: 1, load: "even" },
  { spaces: 20, load: "one half" },
  { spaces: 20, load: "zipf 1.5" },
];
const RULES: Record<string, StealingPolicy> = {
  "the source's rule": SOURCE_STEALING,
  "the source's rule above 250": { ...SOURCE_STEALING, threshold: DEFAULT_STEALING.threshold },
  "by default": DEFAULT_STEALING,
};

export interface BurstRow {
  rule: string;
  spaces: number;
  load: Load;
  ops: number;
  ms: number;
  /** Of the workers' time until then what the ops cost a worker that is alone. */
  useful: number;
}

export function bursts(costs: Costs): BurstRow[] {
  return CASES.flatMap(({ spaces, load }) =>
    OPS.flatMap((ops) =>
      Object.entries(RULES).map(([rule, stealing]) => {
        const outcomes = SEEDS.map((seed) => {
          const workload = { workers: WORKERS, spaces, load, perSecond: 1, seconds: 1 };
          const closed = { kind: "closed" as const, ops: opsOf(load, spaces, ops), slice: SLICE };
          return simulate(setupOf(costs, workload, seed, { stealing, load: closed, warmUpMs: 0 }));
        });
        const ms = median(outcomes, ({ seconds }) => seconds * 1e3);
        return { rule, spaces, load, ops, ms, useful: median(outcomes, ({ useful }) => useful) };
      }),
    ),
  );
}
