// What does the simulator need to know, and does it then reproduce what was measured? Costs by themselves, then whole
// runs at 1 and 2 workers, then those runs simulated.

import { DEFAULT_STEALING } from "../../src/scheduler/stealing.ts";
import { type DatasetName, sources } from "../datasets/index.ts";
import { allowedCores, describeMachine } from "../harness/machine.ts";
import { printTable, saveResult, times, whole } from "../harness/report.ts";
import { type Case, playRounds } from "../harness/rounds.ts";
import { spread } from "../harness/statistics.ts";
import type { Load } from "../loads.ts";
import { type CostsMeasurement, type CostsTask, meanCost } from "../measure/costs.ts";
import { type SkewMeasurement, type SkewTask, SLICE } from "../measure/skew.ts";
import type { Options } from "../options.ts";
import {
  type Calibration,
  circumstancesOf,
  deviation,
  type Observed,
  replay,
  sharesOf,
  UNDISTURBED,
} from "../simulator/calibration.ts";
import { type Costs, neverFalling } from "../simulator/costs.ts";
import type { Suite } from "./suite.ts";

const VECTORS = 60_000;
const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5"];
const BATCH = 500;
const LEAST_SHARE = 0.05;
const LEAST = 1200; // vectors of a space: those with up to 1,000 are scanned, and nothing of them is ever linked
const KIB_PER_OP = 120; // assumed: about 1,000 codes of 112 to 136 bytes, see docs/ARCHITECTURE.md
const GIB_PER_SECOND = 200; // assumed: a server of 2023 with 8 channels of DDR5

export const calibrate: Suite = {
  question: "what do a worker's steps cost, and does the simulator reproduce whole runs with it?",
  peers: false,
  run,
};

type CostsCase = Case<CostsTask, CostsMeasurement>;
type SkewCase = Case<SkewTask, SkewMeasurement>;

async function run({ n, sets, repeats, rate, json }: Options): Promise<void> {
  const set = sets[0] as DatasetName;
  const count = Math.min(n ?? VECTORS, sources[set].size);
  const cores = Math.min(2, allowedCores().length);
  const costCases = costsToMeasure(set, Math.max(LEAST, Math.floor(count / 3)), cores);
  const runs = runsToMeasure(set, count, cores, rate);
  for (let round = 0; round < repeats; round++) {
    await playRounds(
      "costs.ts",
      costCases,
      1,
      ({ samples }) => `${whole(meanCost(samples))} us of processor time an op`,
    );
    await playRounds("skew.ts", runs, 1, ({ insertsPerSecond }) => `${whole(insertsPerSecond)} inserts/s`);
  }
  const observed = runs.map(observe);
  const swings = runs.map(({ answers }) => {
    const { min, max } = spread(answers.map(({ insertsPerSecond }) => insertsPerSecond));
    return max / min;
  });
  const calibration: Calibration = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    command: `bun run bench calibrate --set ${set} --n ${count} --repeats ${repeats} --rate ${rate}`,
    ...{ set, n: count, cores, partitions: 4, slice: SLICE },
    ...summarise(costCases),
    swing: spread(swings).median,
    observed,
  };
  tell(calibration);
  await saveResult("calibrate", json, { repeats, ...calibration });
  console.log("`bun run bench report FILE` makes it what the simulator draws from");
}

function costsToMeasure(set: DatasetName, n: number, cores: number): CostsCase[] {
  const make = (title: string, task: Omit<CostsTask, "set">): CostsCase => ({
    ...{ title, cores, answers: [] },
    task: { set, ...task },
  });
  return [
    make("one worker, one space", { n, workers: 1, spaces: 1, batch: BATCH }),
    make("one worker, 20 spaces", { n: Math.max(LEAST, Math.floor(n / 8)), workers: 1, spaces: 20, batch: BATCH }),
    make("two workers, two spaces", { n, workers: 2, spaces: 2, batch: BATCH }),
    make("two workers, one space", { n, workers: 2, spaces: 1, batch: BATCH }),
    make("batches of one", { n, workers: 1, spaces: 1, batch: 1 }),
  ];
}

function runsToMeasure(set: DatasetName, n: number, cores: number, rate: number): SkewCase[] {
  const make = (workers: number, load: Load, enabled: boolean, at?: number): SkewCase => ({
    title: `${workers} ${workers === 1 ? "worker" : "workers"}, ${load}${enabled ? ", stealing" : ""}, ${at === undefined ? "closed" : "open"}`,
    task: { set, n, workers, load, stealing: { ...DEFAULT_STEALING, enabled }, rate: at },
    ...{ cores, answers: [] },
  });
  return [
    ...LOADS.map((load) => make(1, load, false)),
    ...LOADS.flatMap((load) => [make(2, load, false), make(2, load, true)]),
    ...[false, true].map((enabled) => make(2, "one half", enabled, rate)),
  ];
}

function observe({ task, answers }: SkewCase): Observed {
  const sorted = answers.toSorted((a, b) => a.insertsPerSecond - b.insertsPerSecond);
  const middle = sorted[sorted.length >> 1] as SkewMeasurement;
  const rangeOf = (figure: (answer: SkewMeasurement) => number): [number, number] => {
    const { min, max } = spread(answers.map(figure));
    return [min, max];
  };
  const linked = middle.linked.reduce((sum, ops) => sum + ops, 0);
  return {
    ...{ workers: task.workers, load: task.load, stealing: { ...DEFAULT_STEALING, ...task.stealing }, rate: task.rate },
    insertsPerSecond: Math.round(middle.insertsPerSecond),
    linked: middle.linked,
    linkMicroseconds: round((middle.busyMs.reduce((sum, ms) => sum + ms, 0) * 1e3) / Math.max(1, linked)),
    ...{ steals: middle.steals, stolen: middle.stolen, spaces: middle.spaces },
    rateRange: rangeOf(({ insertsPerSecond }) => Math.round(insertsPerSecond)),
    shareRanges: middle.linked.map((_, worker) => rangeOf((answer) => sharesOf(answer.linked)[worker]!)),
    stealsRange: rangeOf(({ steals }) => steals),
    stolenRange: rangeOf(({ stolen }) => stolen),
  };
}

type Samples = CostsMeasurement["samples"];

/** Mean microseconds of an op by size of the space, in steps of √2; sizes with few of the ops are left out. */
function byEachSize(samples: Samples): Map<number, number> {
  const cells = new Map<number, Samples>();
  for (const sample of samples) {
    if (sample[0] < 256 || sample[1] === 0) continue;
    const size = Math.round(2 ** (Math.round(2 * Math.log2(sample[0])) / 2));
    cells.set(size, [...(cells.get(size) ?? []), sample]);
  }
  const opsOf = (own: Samples) => own.reduce((sum, [, ops]) => sum + ops, 0);
  const enough = opsOf(samples) * LEAST_SHARE;
  const kept = [...cells].filter(([, own]) => opsOf(own) >= enough).toSorted(([a], [b]) => a - b);
  return new Map(kept.map(([size, own]) => [size, meanCost(own)]));
}

/** Of each size the fastest round: what other programs do to caches and memory only ever adds. */
function fastest({ answers }: CostsCase): Map<number, number> {
  const least = new Map<number, number>();
  for (const { samples } of answers) {
    for (const [size, cost] of byEachSize(samples)) least.set(size, Math.min(cost, least.get(size) ?? cost));
  }
  return least;
}

/** Cost with `these` over the cost with `those`, at equal sizes: the median over the sizes that both have. */
function ratioOf(these: CostsCase, those: CostsCase): number {
  const base = fastest(those);
  const ratios = [...fastest(these)].flatMap(([size, cost]) => (base.has(size) ? [cost / base.get(size)!] : []));
  return ratios.length === 0 ? 1 : spread(ratios).median;
}

function summarise(cases: CostsCase[]): { costs: Costs; censusMicroseconds: number } {
  const [alone, many, two, shared, single] = cases as [CostsCase, CostsCase, CostsCase, CostsCase, CostsCase];
  const everything = cases.flatMap(({ answers }) => answers);
  const least = (figure: (answer: CostsMeasurement) => number) => spread(everything.map(figure)).min;
  // At equal sizes one space comes early in a process, twenty come late, when the code is compiled for good.
  const curve = [...fastest({ ...alone, answers: [...alone.answers, ...many.answers] })].toSorted(([a], [b]) => a - b);
  const per = neverFalling(curve).map(([size, cost]): [number, number] => [size, round(cost)]);
  const turn = least(({ turnMicroseconds }) => turnMicroseconds);
  const step = Math.max(turn, leastMean(single) - leastMean(alone));
  return {
    costs: {
      linkMicroseconds: per,
      spread: round(spreadOf(alone, per)),
      sliceMicroseconds: round(turn),
      batchMicroseconds: round(step - turn),
      wakeMicroseconds: round(least(({ wakeMicrosecondsWall }) => wakeMicrosecondsWall)),
      acceptMicroseconds: round(least(({ acceptMicroseconds }) => acceptMicroseconds)),
      slowdownPerWorker: round(Math.max(0, ratioOf(two, alone) - 1)),
      sharedSpace: round(Math.max(1, ratioOf(shared, two))),
      memory: { kibPerOp: KIB_PER_OP, gibPerSecond: GIB_PER_SECOND },
    },
    censusMicroseconds: round(least(({ censusMicroseconds }) => censusMicroseconds)),
  };
}

function leastMean({ answers }: CostsCase): number {
  return Math.min(...answers.map(({ samples }) => meanCost(samples)));
}

/** Of the costs of a sample about the curve: by the median deviation, which a few disturbed samples do not move. */
function spreadOf({ answers }: CostsCase, curve: [number, number][]): number {
  const costs = answers
    .flatMap(({ samples }) => samples)
    .filter(([, ops]) => ops > 0)
    .map(([size, ops, ms]) => (ms * 1e3) / ops / nearest(curve, size));
  if (costs.length === 0) return 0;
  const { median } = spread(costs);
  return (1.48 * spread(costs.map((cost) => Math.abs(cost - median))).median) / median; // as of a normal distribution
}

function nearest(curve: [number, number][], size: number): number {
  return curve.reduce((best, point) => (Math.abs(point[0] - size) < Math.abs(best[0] - size) ? point : best))[1];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function tell(calibration: Calibration): void {
  console.log(`\ncosts: ${JSON.stringify(calibration.costs)}`);
  console.log(`a case's fastest repetition over its slowest: ${times(calibration.swing)} (median of the cases)\n`);
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  printTable(
    [
      "case",
      "inserts/s",
      "simulated",
      "off by",
      "at its own cost",
      "share off by",
      "steals",
      "simulated",
      "stolen off by",
    ],
    calibration.observed.map((observed) => {
      const predicted = replay(calibration, observed, UNDISTURBED);
      const own = replay(calibration, observed, circumstancesOf(calibration, observed));
      const off = deviation(observed, own);
      const kind = observed.stealing.enabled ? "stealing" : "each its own";
      return [
        `${observed.workers}, ${observed.load}, ${kind}, ${observed.rate === undefined ? "closed" : "open"}`,
        ...[whole(observed.insertsPerSecond), whole(predicted.insertsPerSecond)],
        percent(deviation(observed, predicted).rate),
        ...[percent(off.rate), percent(off.share)],
        ...[`${observed.steals} (${observed.stealsRange.join("-")})`, `${own.steals}`, percent(off.stolen)],
      ];
    }),
  );
}
