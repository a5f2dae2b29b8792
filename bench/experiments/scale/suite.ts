// How does cost grow, with the vectors of a space and with the spaces of an index?

import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { sizes } from "../../kit/sizes.ts";
import { whole } from "../../kit/table.ts";
import { section } from "./page.ts";
import type { ScaleSpacesMeasurement, ScaleSpacesTask } from "./spaces.ts";
import type { ScaleVectorsMeasurement, ScaleVectorsTask } from "./vectors.ts";

const VECTORS = 1_000_000;
const FIRST = 1000;
/** Vectors in each space. */
const PER_SPACE = [10, 100];

export const scale: Experiment = {
  ...section,
  question: "how does cost grow from 1,000 to 1,000,000 vectors, and from 1 space to 100,000?",
  quick: ["--n", "100000", "--repeats", "1"],
  withoutData: true,
  run,
};

async function run({ n, repeats }: Options): Promise<object> {
  const most = n ?? VECTORS;
  const cores = twoCores();
  const growing: Case<ScaleVectorsTask, ScaleVectorsMeasurement> = {
    ...{ title: "one space", cores, answers: [] },
    task: { sizes: sizes(Math.min(FIRST, most), most, [1, 3]) },
  };
  const many = PER_SPACE.map((vectors): Case<ScaleSpacesTask, ScaleSpacesMeasurement> => {
    const task = { vectors, sizes: sizes(1, Math.max(1, Math.floor(most / vectors)), [1]) };
    return { title: `spaces of ${vectors} vectors`, cores, task, answers: [] };
  });
  const last = ({ stages }: { stages: { insertsPerSecond: number }[] }) =>
    `${whole(stages.at(-1)?.insertsPerSecond ?? 0)} inserts/s at the end`;
  await playRounds("experiments/scale/vectors.ts", [growing], repeats, last);
  await playRounds("experiments/scale/spaces.ts", many, repeats, last);
  return { growing, many };
}
