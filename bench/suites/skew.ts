// Do skewed spaces leave workers idle, and does stealing keep them busy? 20 spaces, four ways to spread the load.

import { type DatasetName, sources } from "../datasets/index.ts";
import { allowedCores } from "../harness/machine.ts";
import { printTable, range, saveResult, times, whole } from "../harness/report.ts";
import { type Case, over, playRounds, ratio } from "../harness/rounds.ts";
import { type Load, type SkewMeasurement, type SkewTask, SPACES } from "../measure/skew.ts";
import type { Options } from "../options.ts";
import type { Suite } from "./suite.ts";

const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5"];
const WORKERS = 2;

export const skew: Suite = {
  question: "do skewed spaces leave workers idle, and does stealing keep them busy?",
  peers: false,
  run,
};

type SkewCase = Case<SkewTask, SkewMeasurement>;

async function run(options: Options): Promise<void> {
  const results: object[] = [];
  for (const set of options.sets) results.push(await compare(set, options));
  await saveResult("skew", options.json, { repeats: options.repeats, results });
}

async function compare(set: DatasetName, { n, repeats }: Options): Promise<object> {
  const count = Math.min(n ?? sources[set].size, sources[set].size);
  const cores = Math.min(WORKERS, allowedCores().length);
  const cases = LOADS.flatMap((load) =>
    [false, true].map(
      (stealing): SkewCase => ({
        title: `${load}, ${stealing ? "stealing" : "each its own"}`,
        task: { set, n: count, workers: WORKERS, load, stealing },
        ...{ cores, answers: [] },
      }),
    ),
  );
  const rate = ({ insertsPerSecond }: SkewMeasurement) => insertsPerSecond;
  await playRounds("skew.ts", cases, repeats, (answer) => `${whole(rate(answer))} inserts/s`);
  const even = cases[0] as SkewCase;
  console.log(`\n${set}, ${whole(count)} vectors in ${SPACES} spaces, ${WORKERS} workers on ${cores} cores`);
  console.log(`rounds: ${repeats}; median (min-max)\n`);
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  printTable(
    ["load", "inserts/s", "x even load", "imbalance", "least busy", "steals/s", "ops stolen", "recall@10"],
    cases.map(({ title, answers }) => [
      title,
      range(over(answers, rate), whole),
      range(ratio(answers, even.answers, rate), times),
      range(
        over(answers, ({ imbalance }) => imbalance),
        percent,
      ),
      percent(over(answers, ({ leastBusy }) => leastBusy).median),
      times(over(answers, ({ steals, seconds }) => steals / seconds).median),
      whole(over(answers, ({ stolen }) => stolen).median),
      over(answers, ({ recall }) => recall).median.toFixed(4),
    ]),
  );
  return { set, n: count, cores, cases };
}
