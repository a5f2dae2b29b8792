// How does cost grow, with the vectors of a space and with the spaces of an index?

import type { Suite } from "../../experiment.ts";
import { EQUAL_RECALL, MAIN_EF } from "../../kit/curve.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, whole } from "../../kit/results.ts";
import { type Case, over, playRounds } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import type { ScaleSpacesMeasurement, ScaleSpacesTask, SpacesStage } from "./spaces.ts";
import type { ScaleVectorsMeasurement, ScaleVectorsTask, VectorsStage } from "./vectors.ts";

const VECTORS = 1_000_000;
const FIRST = 1000;
/** Vectors in each space. */
const PER_SPACE = [10, 100];

export const scale: Suite = {
  question: "how does cost grow from 1,000 to 1,000,000 vectors, and from 1 space to 100,000?",
  quick: ["--n", "100000", "--repeats", "1"],
  peers: false,
  withoutData: true,
  run,
};

async function run({ n, repeats, json }: Options): Promise<void> {
  const most = n ?? VECTORS;
  const cores = Math.min(2, allowedCores().length);
  const growing: Case<ScaleVectorsTask, ScaleVectorsMeasurement> = {
    ...{ title: "one space", cores, answers: [] },
    task: { sizes: sizes(Math.min(FIRST, most), most, [1, 3]) },
  };
  const many = PER_SPACE.map((vectors): Case<ScaleSpacesTask, ScaleSpacesMeasurement> => {
    const task = { vectors, sizes: sizes(1, Math.max(1, Math.floor(most / vectors)), [1]) };
    return { title: `spaces of ${vectors} vectors`, cores, task, answers: [] };
  });
  const last = ({ stages }: { stages: { insertsPerSecond: number }[] }) =>
    `${whole(stages.at(-1)?.insertsPerSecond ?? 0)} inserts/s at last`;
  await playRounds("experiments/scale/vectors.ts", [growing], repeats, last);
  await playRounds("experiments/scale/spaces.ts", many, repeats, last);
  console.log(
    `\nmixture of Gaussians, 128 dimensions, one worker, ${cores} cores; rounds: ${repeats}; median (min-max)\n`,
  );
  printVectors(growing);
  for (const one of many) printSpaces(one);
  await saveResult("scale", json, { repeats, growing, many });
}

/** So many times each power of ten, from `first` on and below `last`, and `last`. */
export function sizes(first: number, last: number, multiples: readonly number[]): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(last)) }, (_, i) => 10 ** i);
  const marks = powers.flatMap((power) => multiples.map((multiple) => multiple * power));
  return [...marks.filter((size) => size >= first && size < last), last];
}

function printVectors({ task, answers }: Case<ScaleVectorsTask, ScaleVectorsMeasurement>): void {
  printTable(
    [
      ...["vectors", "inserts/s", "bytes/vector", `recall@${MAIN_EF}`, `searches/s@${MAIN_EF}`],
      `searches/s at ${EQUAL_RECALL}`,
    ],
    task.sizes.map((size, i) => {
      const cell = (figure: (stage: VectorsStage) => number, format: (value: number) => string) =>
        range(
          over(answers, ({ stages }) => figure(stages[i]!)),
          format,
        );
      const equal = answers.flatMap(({ stages }) => stages[i]!.equalSearchesPerSecond ?? []);
      return [
        whole(size),
        cell(({ insertsPerSecond }) => insertsPerSecond, whole),
        cell(({ bytesPerVector }) => bytesPerVector, whole),
        cell(
          ({ recall }) => recall,
          (value) => value.toFixed(4),
        ),
        cell(({ searchesPerSecond }) => searchesPerSecond, whole),
        equal.length > 0 ? range(spread(equal), whole) : "-",
      ];
    }),
  );
}

function printSpaces({ task, answers }: Case<ScaleSpacesTask, ScaleSpacesMeasurement>): void {
  console.log("");
  printTable(
    [`spaces of ${task.vectors}`, "inserts/s", "bytes/space", "searches/s"],
    task.sizes.map((size, i) => {
      const cell = (figure: (stage: SpacesStage) => number) =>
        range(
          over(answers, ({ stages }) => figure(stages[i]!)),
          whole,
        );
      return [
        whole(size),
        cell(({ insertsPerSecond }) => insertsPerSecond),
        cell(({ bytesPerSpace }) => bytesPerSpace),
        cell(({ searchesPerSecond }) => searchesPerSecond),
      ];
    }),
  );
}
