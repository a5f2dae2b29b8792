// Does the simulator tell the truth? What was measured, as `calibrate` saves it, and the same cases simulated.
//
// Nothing is fitted to a case, so a shared machine is of no use: its rates depend on the other programs. Which worker
// steals when is chance; counts of steals also hold where the span of the seeds meets that of the repetitions.

import { DEFAULT_BATCHING } from "../../src/scheduler/batching.ts";
import type { StealingPolicy } from "../../src/scheduler/stealing.ts";
import { Random } from "../datasets/random.ts";
import type { Load } from "../kit/loads.ts";
import type { Machine } from "../kit/machine.ts";
import { type Spread, spread, sum } from "../kit/statistics.ts";
import type { Costs } from "./costs.ts";
import { simulate } from "./simulate.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** How often the measured open loop looks for what is due: it sleeps for a millisecond in between. */
const ARRIVALS_MS = 1.1;

/** How far a figure may be from what was measured. */
const WITHIN = 0.1;
/** Share of the time that a single worker waits for a core on a machine that nothing else uses. */
export const QUIET = 0.05;

/** What came of a case, over its repetitions or over the seeds of its simulation. */
export interface Figures {
  /** Inserts a second, by the clock. */
  perSecond: Spread;
  /** Processor time of the workers for each op that they link. */
  opMicroseconds: Spread;
  /** Of the linked ops, of each worker; 0 where all spaces are scanned. */
  shares: Spread[];
  steals: Spread;
  /** Ops stolen, as a share of all linked. */
  stolen: Spread;
}

export interface Case {
  workers: number;
  load: Load;
  stealing: StealingPolicy;
  /** Adds a second; not given: a closed loop. */
  rate?: number;
  /** Partition and ops of each space. */
  spaces: { partition: number; ops: number }[];
  measured: Figures;
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
  /** Share of the time that the worker was ready without a core: the median of the cases with a single one. */
  waited: number;
  /** None: the costs alone were measured. */
  cases: Case[];
}

/** One run, measured or simulated. */
export interface Run {
  seconds: number;
  /** Of all workers, processor time. */
  workedSeconds: number;
  linked: number[];
  steals: number;
  stolen: number;
}

export function figuresOf(runs: Run[], n: number): Figures {
  const over = (figure: (run: Run) => number) => spread(runs.map(figure));
  const ops = ({ linked }: Run) => Math.max(1, sum(linked));
  return {
    perSecond: over(({ seconds }) => n / seconds),
    opMicroseconds: over((run) => (run.workedSeconds * 1e6) / ops(run)),
    shares: runs[0]!.linked.map((_, worker) => over((run) => run.linked[worker]! / ops(run))),
    steals: over(({ steals }) => steals),
    stolen: over((run) => run.stolen / ops(run)),
  };
}

/** A measured case, simulated with several seeds. */
export function replay(calibration: Calibration, measured: Omit<Case, "measured">): Figures {
  const n = sum(measured.spaces.map(({ ops }) => ops));
  return figuresOf(
    SEEDS.map((seed) => replayOnce(calibration, measured, n, seed)),
    n,
  );
}

function replayOnce(
  { costs, cores, partitions, slice, censusMicroseconds }: Calibration,
  { workers, spaces, stealing, rate }: Omit<Case, "measured">,
  n: number,
  seed: number,
): Run {
  const ops = spaces.map((space) => space.ops);
  const { seconds, workedSeconds, linked, steals, stolen } = simulate({
    ...{ workers, cores, partitions, prefilled: 0, flatBelow: 1000, maxPending: 16384, seed, costs, stealing },
    // A hash whose home is that of the real one, as long as there are no more workers than partitions.
    hashes: spaces.map(({ partition }) => partition),
    batching: DEFAULT_BATCHING,
    load:
      rate === undefined
        ? { kind: "closed", ops, slice }
        : {
            ...{ kind: "open", shares: ops.map((count) => count / n), perSecond: rate, seconds: 0, threads: 1 },
            ...{ order: shuffled(ops, new Random(seed)), tickMs: ARRIVALS_MS },
          },
    ...{ warmUpMs: 0, stalls: [] },
  });
  return { seconds: seconds + (censusMicroseconds * n) / 1e6, workedSeconds, linked, steals, stolen };
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

/** How far a simulation is from what was measured, and whether that is near enough. */
export interface Deviation {
  /** Of the measured rate, and of the processor time of an op. */
  rate: number;
  cost: number;
  /** Of all linked ops: the worker that is furthest off. */
  share: number;
  /** Of the measured number; 0 where both stole nothing. */
  steals: number;
  stealsHold: boolean;
  /** All of it. */
  holds: boolean;
}

export function deviation(measured: Figures, simulated: Figures): Deviation {
  const rate = simulated.perSecond.median / measured.perSecond.median - 1;
  const worked = measured.opMicroseconds.median; // nothing where all spaces are scanned
  const cost = worked === 0 ? 0 : simulated.opMicroseconds.median / worked - 1;
  const shares = measured.shares.map(({ median }, worker) => Math.abs(simulated.shares[worker]!.median - median));
  const share = Math.max(...shares);
  const steals = (simulated.steals.median - measured.steals.median) / Math.max(1, measured.steals.median);
  const near = (off: number) => Math.abs(off) <= WITHIN;
  const stealsHold = near(steals) || meet(measured.steals, simulated.steals);
  return { rate, cost, share, steals, stealsHold, holds: near(rate) && near(cost) && near(share) && stealsHold };
}

function meet(a: Spread, b: Spread): boolean {
  return a.min <= b.max && b.min <= a.max;
}

export function titleOf({ workers, load, stealing, rate }: Omit<Case, "measured">): string {
  const kind = stealing.enabled ? "stealing" : "each its own";
  const pace = rate === undefined ? "closed" : `${rate.toLocaleString("en-US")}/s`;
  return `${workers} ${workers === 1 ? "worker" : "workers"}, ${load}, ${kind}, ${pace}`;
}
