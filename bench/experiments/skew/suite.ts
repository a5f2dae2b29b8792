// Do skewed spaces leave workers idle, and does stealing keep them busy? 20 spaces, four ways to spread the load, with
// stealing and without; as fast as there is room and at a set rate; and what the threshold and the fraction do.

import { countOf, type DatasetName } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import type { Load } from "../../kit/loads.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import type { SkewTask } from "../../kit/skewed-fill.ts";
import { whole } from "../../kit/table.ts";
import type { SkewMeasurement } from "./measure.ts";
import { section } from "./page.ts";

const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5"];
const SWEPT_LOAD: Load = "one half";
const THRESHOLDS = [0, 100, 1000, 4000]; // beside the default, 250; the source's is 1,000
const FRACTIONS = [0.25, 1]; // beside the default, 0.5
const WORKERS = 2;

export const skew: Experiment = {
  ...section,
  question: "do skewed spaces leave workers idle, and does stealing keep them busy?",
  quick: ["--n", "20000", "--repeats", "1"],
  run,
};

async function run({ sets, n, repeats, rate }: Options): Promise<object> {
  const results: object[] = [];
  for (const set of sets) results.push(await compare(set, countOf(set, n), repeats, rate));
  return { rate, results };
}

async function compare(set: DatasetName, n: number, repeats: number, rate: number): Promise<object> {
  const cores = twoCores();
  const make = (title: string, load: Load, stealing: SkewTask["stealing"], at?: number) => {
    const task = { set, n, workers: WORKERS, load, stealing, rate: at };
    return { title, task, cores, answers: [] } as Case<SkewTask, SkewMeasurement>;
  };
  const both = (load: Load, at?: number) => [
    make(`${load}, each its own`, load, { enabled: false }, at),
    make(`${load}, stealing`, load, {}, at),
  ];
  const closed = LOADS.flatMap((load) => both(load));
  const open = LOADS.flatMap((load) => both(load, rate));
  const swept = [
    ...THRESHOLDS.map((threshold) => make(`${SWEPT_LOAD}, threshold ${threshold}`, SWEPT_LOAD, { threshold })),
    ...FRACTIONS.map((fraction) => make(`${SWEPT_LOAD}, fraction ${fraction}`, SWEPT_LOAD, { fraction })),
  ];
  const all = [...closed, ...open, ...swept];
  const progress = ({ insertsPerSecond }: SkewMeasurement) => `${whole(insertsPerSecond)}/s`;
  await playRounds("experiments/skew/measure.ts", all, repeats, progress);
  for (const answer of all.flatMap(({ answers }) => answers.slice(1))) answer.samples = []; // a plot needs one round's
  return { set, n, cores, closed, open, swept };
}
