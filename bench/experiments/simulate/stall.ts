// What does a worker that stalls do to the others' work, over time? Eight workers at half load, one stops for a while.

import { DEFAULT_STEALING } from "../../../src/scheduler/stealing.ts";
import type { Costs } from "../../simulator/costs.ts";
import { type Sample, simulate } from "../../simulator/simulate.ts";
import { capacity, setupOf } from "./machines.ts";

const WORKERS = 8;
const SPACES = 20;
const SAMPLES = 60;
const STALLED = 1;

export interface StallRow {
  stealing: boolean;
  /** From accepted to linked. */
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
  steals: number;
  /** Ops that waited for the one that stalled, and most for any other. */
  samples: { ms: number; stalled: number; others: number }[];
}

export function stalls(costs: Costs, seconds: number): StallRow[] {
  const most = capacity(costs, WORKERS, SPACES, seconds);
  const workload = {
    workers: WORKERS,
    spaces: SPACES,
    load: "even" as const,
    perSecond: Math.round(most / 2),
    seconds,
  };
  return [false, true].map((stealing) => {
    const outcome = simulate(
      setupOf(costs, workload, 1, {
        stealing: { ...DEFAULT_STEALING, enabled: stealing },
        stalls: [{ worker: STALLED, atMs: seconds * 400, forMs: seconds * 250 }],
        sampleEveryMs: (seconds * 750) / SAMPLES,
      }),
    );
    const others = ({ depths }: Sample) => Math.max(...depths.filter((_, worker) => worker !== STALLED));
    return {
      ...{ stealing, p50Ms: outcome.latencyMs.p50, p99Ms: outcome.latencyMs.p99, longestMs: outcome.latencyMs.max },
      steals: outcome.steals,
      samples: outcome.samples.map((at) => ({ ms: at.ms, stalled: at.depths[STALLED]!, others: others(at) })),
    };
  });
}
