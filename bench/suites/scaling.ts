// What does a second worker bring: for two spaces, each with its own home, and inside one space, by stealing?

import { type DatasetName, sources } from "../datasets/index.ts";
import { allowedCores } from "../harness/machine.ts";
import { printTable, range, saveResult, times, whole } from "../harness/report.ts";
import { type Case, over, playRounds, ratio } from "../harness/rounds.ts";
import type { ScalingMeasurement, ScalingTask } from "../measure/scaling.ts";
import type { Options } from "../options.ts";
import type { Suite } from "./suite.ts";

export const scaling: Suite = {
  question: "what does a second worker bring, for two spaces and inside one?",
  peers: false,
  run,
};

async function run(options: Options): Promise<void> {
  const results: object[] = [];
  for (const set of options.sets) results.push(await compare(set, options));
  await saveResult("scaling", options.json, { repeats: options.repeats, results });
}

type ScalingCase = Case<ScalingTask, ScalingMeasurement>;

async function compare(set: DatasetName, { n, repeats }: Options): Promise<object> {
  const count = Math.min(n ?? sources[set].size, sources[set].size);
  const most = Math.min(2, allowedCores().length);
  const make = (workers: number, spaces: number, cores: number): ScalingCase => ({
    title: [plural(spaces, "space"), plural(workers, "worker"), plural(cores, "core")].join(", "),
    task: { set, n: count, workers, spaces },
    ...{ cores, answers: [] },
  });
  // One worker beside the thread that adds, on one core and on two: with two workers they are three threads on two.
  const groups = [1, 2].map((spaces) => [make(1, spaces, 1), make(1, spaces, most), make(2, spaces, most)] as const);
  const rate = ({ insertsPerSecond }: ScalingMeasurement) => insertsPerSecond;
  await playRounds("scaling.ts", groups.flat(), repeats, (answer) => `${whole(rate(answer))} inserts/s`);
  console.log(`\n${set}, ${whole(count)} vectors in all; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "inserts/s", "x 1 worker on 1 core", `x 1 worker on ${most}`, "recall@10", "steals"],
    groups.flatMap(([alone, beside, both]) =>
      [alone, beside, both].map(({ title, answers }) => [
        title,
        range(over(answers, rate), whole),
        range(ratio(answers, alone.answers, rate), times),
        range(ratio(answers, beside.answers, rate), times),
        over(answers, ({ recall }) => recall).median.toFixed(4),
        whole(over(answers, ({ steals }) => steals).median),
      ]),
    ),
  );
  return { set, n: count, cases: groups.flat() };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
