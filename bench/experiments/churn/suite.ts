// Does memory come back after deletes? Nine of ten vectors go, searches run all the while, nobody asks for anything.

import { sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds } from "../../kit/rounds.ts";
import type { ChurnMeasurement, ChurnTask } from "./measure.ts";

export const churn: Suite = {
  question: "does memory come back when nine of ten vectors are deleted, while searches go on?",
  quick: ["--n", "50000", "--repeats", "1"],
  peers: false,
  run,
};

async function run({ n, sets, repeats, json }: Options): Promise<void> {
  const cores = Math.min(2, allowedCores().length);
  const cases = sets.map((set): Case<ChurnTask, ChurnMeasurement> => {
    const count = Math.min(n ?? sources[set].size, sources[set].size);
    return { title: `${set}, 90 % of ${whole(count)} deleted`, task: { set, n: count }, cores, answers: [] };
  });
  const share = ({ bytes, freshBytes }: ChurnMeasurement) => bytes / freshBytes;
  await playRounds(
    "experiments/churn/measure.ts",
    cases,
    repeats,
    (answer) => `${times(share(answer))} times a fresh build's bytes`,
  );
  console.log(`\none worker, ${cores} cores; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "bytes / fresh build's", "s to settle", "recall@10", "fresh", "searches", "wrong", "longest ms"],
    cases.map(({ title, answers }) => [
      title,
      range(over(answers, share), times),
      range(
        over(answers, ({ secondsToSettle }) => secondsToSettle),
        times,
      ),
      over(answers, ({ recall }) => recall).median.toFixed(4),
      over(answers, ({ freshRecall }) => freshRecall).median.toFixed(4),
      whole(answers.reduce((sum, { searches }) => sum + searches, 0)),
      whole(answers.reduce((sum, { wrong }) => sum + wrong, 0)),
      range(
        over(answers, ({ longestSearchMs }) => longestSearchMs),
        times,
      ),
    ]),
  );
  await saveResult("churn", json, { repeats, cores, cases });
}
