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

async function compare(set: DatasetName, { n, repeats }: Options): Promise<object> {
  const count = Math.min(n ?? sources[set].size, sources[set].size);
  const cores = Math.min(2, allowedCores().length);
  const make = (workers: number, spaces: number): Case<ScalingTask, ScalingMeasurement> => ({
    title: `${workers} ${workers === 1 ? "worker" : "workers"}, ${spaces} ${spaces === 1 ? "space" : "spaces"}`,
    task: { set, n: count, workers, spaces },
    cores,
    answers: [],
  });
  const cases = [make(1, 1), make(2, 1), make(1, 2), make(2, 2)];
  await playRounds("scaling.ts", cases, repeats, ({ insertsPerSecond }) => `${whole(insertsPerSecond)} inserts/s`);
  console.log(`\n${set}, ${count} vectors in all, ${cores} cores; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "inserts/s", "x one worker", "recall@10", "steals"],
    cases.map(({ title, task, answers }) => {
      const alone = cases.find((other) => other.task.workers === 1 && other.task.spaces === task.spaces) as Case<
        ScalingTask,
        ScalingMeasurement
      >;
      return [
        title,
        range(
          over(answers, ({ insertsPerSecond }) => insertsPerSecond),
          whole,
        ),
        range(
          ratio(answers, alone.answers, ({ insertsPerSecond }) => insertsPerSecond),
          times,
        ),
        over(answers, ({ recall }) => recall).median.toFixed(4),
        whole(over(answers, ({ steals }) => steals).median),
      ];
    }),
  );
  return { set, n: count, cores, cases };
}
