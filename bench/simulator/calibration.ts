// Does the simulator tell the truth? What was measured, as `calibrate` saves it, and the same cases simulated.

import { DEFAULT_BATCHING } from "../../src/scheduler/batching.ts";
import { DEFAULT_STEALING, type StealingPolicy } from "../../src/scheduler/stealing.ts";
import type { Machine } from "../harness/machine.ts";
import type { Load } from "../loads.ts";
import type { Costs } from "./costs.ts";
import { type Outcome, simulate } from "./simulate.ts";

const SEEDS = [1, 2, 3, 4, 5];

/** One measured run, that with the median rate of its repetitions. */
export interface Observed {
  workers: number;
  load: Load;
  stealing: Partial<StealingPolicy>;
  /** Adds a second; null: a closed loop. */
  rate: number | null;
  insertsPerSecond: number;
  linked: number[];
  /** Mean microseconds that linking an op took, as the clock has it. */
  linkMicroseconds: number;
  steals: number;
  stolen: number;
  /** Fewest and most over the repetitions. */
  stealsRange: [number, number];
  stolenRange: [number, number];
  /** Partition and ops of each space. */
  spaces: { partition: number; ops: number }[];
}

export interface Calibration {
  date: string;
  machine: Machine;
  command: string;
  set: string;
  n: number;
  cores: number;
  partitions: number;
  slice: number;
  costs: Costs;
  /** Per vector, of the flush that ends a run. */
  censusMicroseconds: number;
  /**
   * The largest rate of a case's repetitions over the smallest, the median of all cases. A machine that others use
   * too swings by more than what is tested.
   */
  swing: number;
  observed: Observed[];
}

export interface Replay {
  insertsPerSecond: number;
  linked: number[];
  linkMicroseconds: number;
  steals: number;
  stolen: number;
}

/**
 * A measured case, simulated with several seeds: the one with the median rate. `costScale` stretches every cost, for a
 * machine that was slower at the time.
 */
export function replay(calibration: Calibration, observed: Observed, costScale: number): Replay {
  const replays = SEEDS.map((seed) => replayOnce(calibration, observed, costScale, seed));
  const middle = SEEDS.length >> 1;
  const rate = replays.toSorted((a, b) => a.insertsPerSecond - b.insertsPerSecond)[middle]!;
  const steals = replays.toSorted((a, b) => a.steals - b.steals)[middle]!.steals;
  const stolen = replays.toSorted((a, b) => a.stolen - b.stolen)[middle]!.stolen;
  return { ...rate, steals, stolen };
}

/**
 * The scale with which the simulated mean cost of an op is that of the run. With it a comparison is one of decisions
 * and waiting, and holds however fast the machine was in that minute.
 */
export function ownScale(calibration: Calibration, observed: Observed): number {
  let scale = 1;
  for (let i = 0; i < 3; i++)
    scale *= observed.linkMicroseconds / replayOnce(calibration, observed, scale, 1).linkMicroseconds;
  return scale;
}

function replayOnce(calibration: Calibration, observed: Observed, scale: number, seed: number): Replay {
  const { costs, partitions, slice, cores } = calibration;
  const ops = observed.spaces.map((space) => space.ops);
  const n = ops.reduce((sum, count) => sum + count, 0);
  const seconds = observed.rate === null ? 0 : n / observed.rate;
  const outcome = simulate({
    ...{ workers: observed.workers, cores, partitions, prefilled: 0, flatBelow: 1000, maxPending: 16384, seed },
    // A hash whose home is that of the real one, as long as there are no more workers than partitions.
    hashes: observed.spaces.map(({ partition }) => partition),
    batching: DEFAULT_BATCHING,
    stealing: { ...DEFAULT_STEALING, ...observed.stealing },
    costs: scaled(costs, scale),
    load:
      observed.rate === null
        ? { kind: "closed", ops, slice }
        : {
            kind: "open",
            shares: ops.map((count) => count / n),
            perSecond: observed.rate,
            seconds,
            threads: 1,
            ops: n,
          },
    ...{ warmUpMs: 0, stalls: [] },
  });
  return told(outcome, n, (calibration.censusMicroseconds * scale * n) / 1e6);
}

function told(outcome: Outcome, n: number, censusSeconds: number): Replay {
  const linked = outcome.linked.reduce((sum, ops) => sum + ops, 0);
  return {
    insertsPerSecond: n / (outcome.seconds + censusSeconds),
    linked: outcome.linked,
    linkMicroseconds: (outcome.busy * outcome.linked.length * outcome.seconds * 1e6) / Math.max(1, linked),
    steals: outcome.steals,
    stolen: outcome.stolen,
  };
}

export function scaled(costs: Costs, by: number): Costs {
  return {
    ...costs,
    linkMicroseconds: costs.linkMicroseconds.map(([size, cost]): [number, number] => [size, cost * by]),
    sliceMicroseconds: costs.sliceMicroseconds * by,
    batchMicroseconds: costs.batchMicroseconds * by,
    acceptMicroseconds: costs.acceptMicroseconds * by,
  };
}

/** How far a replay is from what was measured: shares of the measured rate, of all linked ops, and counts. */
export interface Deviation {
  rate: number;
  share: number;
  /** Ops stolen, as a share of all linked, beyond what the repetitions spanned. */
  stolen: number;
  /** Steals beyond what the repetitions spanned. */
  steals: number;
}

export function deviation(observed: Observed, simulated: Replay): Deviation {
  const sum = (values: number[]) =>
    Math.max(
      1,
      values.reduce((total, value) => total + value, 0),
    );
  const [measuredOps, simulatedOps] = [sum(observed.linked), sum(simulated.linked)];
  const share = observed.linked.map((ops, w) => Math.abs(ops / measuredOps - simulated.linked[w]! / simulatedOps));
  return {
    rate: simulated.insertsPerSecond / observed.insertsPerSecond - 1,
    share: Math.max(...share),
    stolen: beyond(simulated.stolen, observed.stolenRange) / measuredOps,
    steals: beyond(simulated.steals, observed.stealsRange),
  };
}

function beyond(value: number, [low, high]: [number, number]): number {
  return Math.max(0, low - value, value - high);
}
