// Does memory come back after deletes? Nine of ten vectors go, searches run all the while, nothing asks for a compaction.

import { countOf } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short, whole } from "../../kit/table.ts";
import type { ChurnMeasurement, ChurnTask } from "./measure.ts";
import { section } from "./page.ts";

export const churn: Experiment = {
  ...section,
  question: "does memory come back when nine of ten vectors are deleted, while searches go on?",
  quick: ["--n", "50000", "--repeats", "1"],
  run,
};

async function run({ n, sets, repeats }: Options): Promise<object> {
  const cores = twoCores();
  const cases = sets.map((set): Case<ChurnTask, ChurnMeasurement> => {
    const count = countOf(set, n);
    return { title: `${set}, 90 % of ${whole(count)} deleted`, task: { set, n: count }, cores, answers: [] };
  });
  const progress = ({ bytes, freshBytes }: ChurnMeasurement) =>
    `${short(bytes / freshBytes)} times a fresh build's bytes`;
  await playRounds("experiments/churn/measure.ts", cases, repeats, progress);
  return { cores, cases };
}
