// Do skewed spaces leave workers idle, and does stealing keep them busy? 20 spaces, four ways to spread the load, with
// stealing and without; as fast as there is room and at a set rate; and what the threshold and the fraction do.

import { type DatasetName, sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import type { Load } from "../../kit/loads.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds, ratio } from "../../kit/rounds.ts";
import { type SkewTask, SPACES } from "../../kit/skewed-fill.ts";
import type { SkewMeasurement } from "./measure.ts";

const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5"];
const SWEPT_LOAD: Load = "one half";
const THRESHOLDS = [0, 100, 1000, 4000]; // beside the default, 250; the thread's is 1,000
const FRACTIONS = [0.25, 1]; // beside the default, 0.5
const WORKERS = 2;

export const skew: Suite = {
  question: "do skewed spaces leave workers idle, and does stealing keep them busy?",
  quick: ["--n", "20000", "--repeats", "1"],
  peers: false,
  run,
};

type SkewCase = Case<SkewTask, SkewMeasurement>;

async function run(options: Options): Promise<void> {
  const results: object[] = [];
  for (const set of options.sets) results.push(await compare(set, options));
  await saveResult("skew", options.json, { repeats: options.repeats, rate: options.rate, results });
}

async function compare(set: DatasetName, { n, repeats, rate }: Options): Promise<object> {
  const count = Math.min(n ?? sources[set].size, sources[set].size);
  const cores = Math.min(WORKERS, allowedCores().length);
  const make = (title: string, load: Load, stealing: SkewTask["stealing"], at?: number): SkewCase => ({
    ...{ title, cores, answers: [] },
    task: { set, n: count, workers: WORKERS, load, stealing, rate: at },
  });
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
  await playRounds(
    "experiments/skew/measure.ts",
    [...closed, ...open, ...swept],
    repeats,
    (answer) => `${whole(perSecond(answer))}/s`,
  );
  console.log(`\n${set}, ${whole(count)} vectors in ${SPACES} spaces, ${WORKERS} workers on ${cores} cores`);
  console.log(`rounds: ${repeats}; median (min-max)\n\nas fast as there is room`);
  const even = closed[1] as SkewCase;
  tell(closed, even);
  console.log(`\n${whole(rate)} adds a second, at random times`);
  tell(open, open[1] as SkewCase);
  console.log("\nother thresholds and fractions, as fast as there is room");
  tell(swept, even);
  for (const { answers } of [...closed, ...open, ...swept]) {
    for (const answer of answers.slice(1)) answer.samples = []; // the first round's are enough for a plot
  }
  return { set, n: count, cores, closed, open, swept };
}

const perSecond = ({ insertsPerSecond }: SkewMeasurement) => insertsPerSecond;

function tell(cases: SkewCase[], even: SkewCase): void {
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  printTable(
    ["load", "inserts/s", "x even load", "imbalance", "least busy", "steals/s", "ops stolen", "CPU us", "recall@10"],
    cases.map(({ title, answers }) => [
      title,
      range(over(answers, perSecond), whole),
      range(ratio(answers, even.answers, perSecond), times),
      range(
        over(answers, ({ imbalance }) => imbalance),
        percent,
      ),
      percent(over(answers, ({ leastBusy }) => leastBusy).median),
      times(over(answers, ({ steals, seconds }) => steals / seconds).median),
      whole(over(answers, ({ stolen }) => stolen).median),
      times(over(answers, ({ cpuMicroseconds }) => cpuMicroseconds).median),
      over(answers, ({ recall }) => recall).median.toFixed(4),
    ]),
  );
}
