// Does an index find the share of the nearest that it was opened for? From 1,000 vectors on, on each set and on hard inputs.

import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { sizes } from "../../kit/sizes.ts";
import { fourDigits, whole } from "../../kit/table.ts";
import { hardNames, sizeOf } from "./inputs.ts";
import type { RecallStage, RecallTask } from "./measure.ts";
import { section } from "./page.ts";

const FIRST = 1000;
const MOST = 300_000;

export const recall: Experiment = {
  ...section,
  question: "does an index find the share of the nearest that it was opened for, as it grows?",
  quick: ["--n", "10000", "--repeats", "1"],
  run,
};

async function run({ n, sets, repeats }: Options): Promise<object> {
  const cores = twoCores();
  const cases = [...sets, ...hardNames].map((input): Case<RecallTask, { stages: RecallStage[] }> => {
    const most = Math.min(n ?? MOST, sizeOf(input), MOST);
    return { title: input, task: { input, sizes: sizes(Math.min(FIRST, most), most, [1, 3]) }, cores, answers: [] };
  });
  const last = ({ stages }: { stages: RecallStage[] }) => {
    const { n, ef, recall, reported } = stages.at(-1)!;
    const wide = ef === undefined ? "all" : `ef ${whole(ef)}`;
    return `${whole(n)}: ${wide}, ${fourDigits(recall)} from outside, ${fourDigits(reported)} reported`;
  };
  await playRounds("experiments/recall/measure.ts", cases, repeats, last);
  return { cases };
}
