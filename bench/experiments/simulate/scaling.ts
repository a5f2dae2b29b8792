// How far does it scale? 2 to 64 workers, 1 to 10,000 spaces, even to Zipf 2, up to 2 million adds a second; and where
// memory bandwidth ends it.

import type { Load } from "../../kit/loads.ts";
import type { Costs } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { setupOf } from "./machines.ts";

const WORKERS = [1, 2, 4, 8, 16, 32, 64];
const SPACES = [1, 20, 1000, 10_000];
const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 2"];
const BANDWIDTHS = [25, 50, 100, 200, 400]; // GiB/s: a desktop's two channels to a server's twelve
const MOST_PER_SECOND = 2_000_000;
const RATES = [50_000, 100_000, 200_000, 500_000, 1_000_000, MOST_PER_SECOND];
const RATES_WORKERS = [8, 64];
const PER_WORKER = 40_000; // adds a second, more than a worker can link

export interface ScalingRow {
  workers: number;
  spaces: number;
  load: Load;
  offered: number;
  linkedPerSecond: number;
  imbalance: number;
  stealsPerSecond: number;
  busy: number;
}

/** Adds a second, and what came of them: 1,000 spaces, Zipf 1.0. */
export interface RateRow {
  workers: number;
  offered: number;
  linkedPerSecond: number;
  /** From accepted to linked. */
  p50Ms: number;
  p99Ms: number;
}

export interface BandwidthRow {
  workers: number;
  gibPerSecond: number;
  linkedPerSecond: number;
}

export interface Scaling {
  rows: ScalingRow[];
  rates: RateRow[];
  bandwidth: BandwidthRow[];
}

export function scalingRows(costs: Costs, seconds: number): Scaling {
  const unlimited = { ...costs, memory: null };
  const most = (workers: number) => Math.min(MOST_PER_SECOND, workers * PER_WORKER);
  const play = (with_: Costs, workers: number, spaces: number, load: Load, perSecond = most(workers)) => ({
    perSecond,
    outcome: simulate(setupOf(with_, { workers, spaces, load, perSecond, seconds }, 1)),
  });
  const rows: ScalingRow[] = [];
  for (const spaces of SPACES) {
    for (const load of spaces === 1 ? LOADS.slice(0, 1) : LOADS) {
      for (const workers of WORKERS) {
        const { perSecond, outcome } = play(unlimited, workers, spaces, load);
        const { linkedPerSecond, imbalance, steals, busy } = outcome;
        rows.push({
          ...{ workers, spaces, load, offered: perSecond, linkedPerSecond, imbalance, busy },
          stealsPerSecond: steals / outcome.seconds,
        });
      }
    }
  }
  const rates = RATES_WORKERS.flatMap((workers) =>
    RATES.map((offered): RateRow => {
      const { linkedPerSecond, latencyMs } = play(unlimited, workers, 1000, "zipf 1.0", offered).outcome;
      return { workers, offered, linkedPerSecond, p50Ms: latencyMs.p50, p99Ms: latencyMs.p99 };
    }),
  );
  const bandwidth: BandwidthRow[] = [];
  for (const gibPerSecond of costs.memory === null ? [] : BANDWIDTHS) {
    for (const workers of WORKERS) {
      const limited = { ...costs, memory: { ...costs.memory!, gibPerSecond } };
      const { linkedPerSecond } = play(limited, workers, 1000, "zipf 1.0").outcome;
      bandwidth.push({ workers, gibPerSecond, linkedPerSecond });
    }
  }
  return { rows, rates, bandwidth };
}
