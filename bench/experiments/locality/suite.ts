// What is it worth that a space stays with its worker? Each batch to its home's worker against each to a random one, with
// few large spaces and many small ones.

import { countOf, type DatasetName } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short, whole } from "../../kit/table.ts";
import type { Assignment, LocalityMeasurement, LocalityTask } from "./measure.ts";
import { section } from "./page.ts";

const WORKERS = 2;
const SPACES = [2, 20, 200];
const SHARES = [0.05, 1]; // of the vectors: working sets below the caches and above them
const BATCHES = [10, 500];

export const locality: Experiment = {
  ...section,
  question: "what is it worth that a space stays with its worker?",
  quick: ["--n", "40000", "--repeats", "1"],
  run,
};

async function run({ n, sets, repeats }: Options): Promise<object> {
  const results: object[] = [];
  for (const set of sets) {
    const pairs = pairsOf(set, countOf(set, n));
    const progress = ({ linkMicroseconds }: LocalityMeasurement) => `${short(linkMicroseconds)} µs an op`;
    await playRounds("experiments/locality/measure.ts", pairs.flat(), repeats, progress);
    results.push({ set, n: countOf(set, n), cores: twoCores(), pairs });
  }
  // Virtual machines do not hand them on, and Bun does not read them.
  const counters = "not available: cache misses were not counted, processor time stands in for them";
  return { counters, results };
}

function pairsOf(set: DatasetName, n: number): Case<LocalityTask, LocalityMeasurement>[][] {
  const make = (vectors: number, spaces: number, batch: number) => (assignment: Assignment) => ({
    title: `${whole(vectors)} vectors, ${spaces} spaces, batches of ${batch}, ${assignment}`,
    task: { set, n: vectors, spaces, workers: WORKERS, batch, assignment },
    ...{ cores: twoCores(), answers: [] },
  });
  return SHARES.flatMap((share) =>
    SPACES.flatMap((spaces) =>
      BATCHES.map((batch) => {
        const vectors = Math.max(10 * spaces, Math.floor(n * share));
        return (["fixed", "random"] as const).map(make(vectors, spaces, batch));
      }),
    ),
  );
}
