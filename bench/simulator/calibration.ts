// Does the simulator tell the truth? What was measured, as `calibrate` saves it, and the same cases simulated.

import { DEFAULT_BATCHING } from "../../src/scheduler/batching.ts";
import type { StealingPolicy } from "../../src/scheduler/stealing.ts";
import { Random } from "../datasets/random.ts";
import type { Machine } from "../harness/machine.ts";
import type { Load } from "../loads.ts";
import type { Costs } from "./costs.ts";
import { type Outcome, simulate } from "./simulate.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** One measured run, that with the median rate of its repetitions. */
export interface Observed {
  workers: number;
  load: Load;
  stealing: StealingPolicy;
  /** Adds a second; not given: a closed loop. */
  rate?: number;
  insertsPerSecond: number;
  linked: number[];
  /** Mean microseconds that linking an op took, as the clock has it. */
  linkMicroseconds: number;
  steals: number;
  stolen: number;
  /** Fewest and most over the repetitions. */
  rateRange: [number, number];
  /** Of the linked ops, of each worker. */
  shareRanges: [number, number][];
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
  /** Fewest and most over the seeds. */
  shareRanges: [number, number][];
  stealsRange: [number, number];
  stolenRange: [number, number];
}

/** What else a machine was doing, or how much faster it was than when the costs were measured. */
export interface Circumstances {
  /** Threads of other programs that wanted the cores. */
  others: number;
  /** Factor on every cost. */
  scale: number;
}

export const UNDISTURBED: Circumstances = { others: 0, scale: 1 };

/** A measured case, simulated with several seeds: the median of each figure, and the run with the median rate. */
export function replay(calibration: Calibration, observed: Observed, circumstances: Circumstances): Replay {
  const replays = SEEDS.map((seed) => replayOnce(calibration, observed, circumstances, seed));
  const middle = SEEDS.length >> 1;
  const rate = replays.toSorted((a, b) => a.insertsPerSecond - b.insertsPerSecond)[middle]!;
  const steals = replays.map((one) => one.steals).toSorted((a, b) => a - b);
  const stolen = replays.map((one) => one.stolen).toSorted((a, b) => a - b);
  return {
    ...{ ...rate, steals: steals[middle]!, stolen: stolen[middle]! },
    shareRanges: rate.linked.map((_, worker): [number, number] => {
      const shares = replays.map((one) => one.shareRanges[worker]![0]);
      return [Math.min(...shares), Math.max(...shares)];
    }),
    ...{ stealsRange: [steals[0]!, steals.at(-1)!], stolenRange: [stolen[0]!, stolen.at(-1)!] },
  };
}

/**
 * Circumstances in which an op costs in the simulation what it cost in the run: other programs, whose load shows as
 * more time an op, or a faster machine. A comparison is then one of decisions and waiting, and holds however busy the
 * machine was in that minute.
 */
export function circumstancesOf(calibration: Calibration, observed: Observed): Circumstances {
  const cost = (circumstances: Circumstances) => replayOnce(calibration, observed, circumstances, 1).linkMicroseconds;
  const wanted = observed.linkMicroseconds;
  if (observed.linked.every((ops) => ops === 0)) return UNDISTURBED; // all spaces are scanned
  let scale = Math.min(1, wanted / cost(UNDISTURBED));
  for (let i = 0; i < 3 && scale < 1; i++) scale = Math.min(1, (scale * wanted) / cost({ others: 0, scale }));
  let [few, many] = [0, 64];
  for (let i = 0; i < 16 && scale === 1; i++) {
    const others = (few + many) / 2;
    if (cost({ others, scale }) < wanted) few = others;
    else many = others;
  }
  return { others: few, scale };
}

function replayOnce(
  calibration: Calibration,
  observed: Observed,
  { others, scale }: Circumstances,
  seed: number,
): Replay {
  const { costs, partitions, slice, cores } = calibration;
  const ops = observed.spaces.map((space) => space.ops);
  const n = ops.reduce((sum, count) => sum + count, 0);
  const outcome = simulate({
    ...{ workers: observed.workers, cores, others, partitions, prefilled: 0, flatBelow: 1000, maxPending: 16384, seed },
    // A hash whose home is that of the real one, as long as there are no more workers than partitions.
    hashes: observed.spaces.map(({ partition }) => partition),
    batching: DEFAULT_BATCHING,
    stealing: observed.stealing,
    costs: scaled(costs, scale),
    load:
      observed.rate === undefined
        ? { kind: "closed", ops, slice }
        : {
            ...{
              kind: "open",
              shares: ops.map((count) => count / n),
              perSecond: observed.rate,
              seconds: 0,
              threads: 1,
            },
            order: shuffled(ops, new Random(seed)),
          },
    ...{ warmUpMs: 0, stalls: [] },
  });
  const crowded = Math.max(1, (1 + others) / cores);
  return told(outcome, n, (calibration.censusMicroseconds * scale * crowded * n) / 1e6);
}

/** Every space as often as it has ops, in a random order (Fisher and Yates). */
function shuffled(ops: number[], random: Random): number[] {
  const order = ops.flatMap((count, space) => new Array<number>(count).fill(space));
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function told(outcome: Outcome, n: number, censusSeconds: number): Replay {
  const linked = outcome.linked.reduce((sum, ops) => sum + ops, 0);
  return {
    insertsPerSecond: n / (outcome.seconds + censusSeconds),
    linked: outcome.linked,
    linkMicroseconds: (outcome.busy * outcome.linked.length * outcome.seconds * 1e6) / Math.max(1, linked),
    shareRanges: sharesOf(outcome.linked).map((share): [number, number] => [share, share]),
    ...{ steals: outcome.steals, stealsRange: [outcome.steals, outcome.steals] },
    ...{ stolen: outcome.stolen, stolenRange: [outcome.stolen, outcome.stolen] },
  };
}

function scaled(costs: Costs, by: number): Costs {
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
  /** From the median repetition, and beyond what the repetitions spanned. */
  rate: number;
  rateBeyond: number;
  share: number;
  shareBeyond: number;
  /** Ops stolen, as a share of all linked: the gap between what the repetitions spanned and what the seeds did. */
  stolen: number;
  /** Steals, likewise. */
  steals: number;
}

export function deviation(observed: Observed, simulated: Replay): Deviation {
  const ops = Math.max(
    1,
    observed.linked.reduce((sum, count) => sum + count, 0),
  );
  const [measuredShares, simulatedShares] = [sharesOf(observed.linked), sharesOf(simulated.linked)];
  const rates: [number, number] = [simulated.insertsPerSecond, simulated.insertsPerSecond];
  return {
    rate: simulated.insertsPerSecond / observed.insertsPerSecond - 1,
    rateBeyond: gap(rates, observed.rateRange) / observed.insertsPerSecond,
    share: Math.max(...measuredShares.map((share, worker) => Math.abs(share - simulatedShares[worker]!))),
    shareBeyond: Math.max(...observed.shareRanges.map((range, worker) => gap(simulated.shareRanges[worker]!, range))),
    stolen: gap(simulated.stolenRange, observed.stolenRange) / ops,
    steals: gap(simulated.stealsRange, observed.stealsRange),
  };
}

/** Of all linked ops, of each worker. */
export function sharesOf(linked: number[]): number[] {
  const all = Math.max(
    1,
    linked.reduce((sum, ops) => sum + ops, 0),
  );
  return linked.map((ops) => ops / all);
}

/** Between two spans; 0 where they meet. */
function gap([a, b]: [number, number], [c, d]: [number, number]): number {
  return Math.max(0, c - b, a - d);
}
