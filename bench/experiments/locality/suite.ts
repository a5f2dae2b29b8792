// What is it worth that a space stays with its worker? Each batch to its home's worker against each to a random one, with
// few large spaces and many small ones.

import { type DatasetName, sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds, ratio } from "../../kit/rounds.ts";
import type { Assignment, LocalityMeasurement, LocalityTask } from "./measure.ts";

const WORKERS = 2;
const SPACES = [2, 20, 200];
const SHARES = [0.05, 1]; // of the vectors: working sets below the caches and above them
const BATCHES = [10, 500];

export const locality: Suite = {
  question: "what is it worth that a space stays with its worker?",
  quick: ["--n", "40000", "--repeats", "1"],
  peers: false,
  run,
};

type LocalityCase = Case<LocalityTask, LocalityMeasurement>;

async function run({ n, sets, repeats, json }: Options): Promise<void> {
  const results: object[] = [];
  for (const set of sets)
    results.push(await compare(set, Math.min(n ?? sources[set].size, sources[set].size), repeats));
  // Virtual machines do not hand them on, and Bun does not read them.
  const counters = "not available: cache misses were not counted, processor time stands in for them";
  await saveResult("locality", json, { repeats, counters, results });
}

async function compare(set: DatasetName, n: number, repeats: number): Promise<object> {
  const cores = Math.min(WORKERS, allowedCores().length);
  const make = (vectors: number, spaces: number, batch: number, assignment: Assignment): LocalityCase => ({
    title: `${whole(vectors)} vectors, ${spaces} spaces, batches of ${batch}, ${assignment}`,
    task: { set, n: vectors, spaces, workers: WORKERS, batch, assignment },
    ...{ cores, answers: [] },
  });
  const pairs = SHARES.flatMap((share) =>
    SPACES.flatMap((spaces) =>
      BATCHES.map((batch) => {
        const vectors = Math.max(10 * spaces, Math.floor(n * share));
        return [make(vectors, spaces, batch, "fixed"), make(vectors, spaces, batch, "random")] as const;
      }),
    ),
  );
  const cost = ({ linkMicroseconds }: LocalityMeasurement) => linkMicroseconds;
  await playRounds(
    "experiments/locality/measure.ts",
    pairs.flat(),
    repeats,
    (answer) => `${times(cost(answer))} us an op`,
  );
  console.log(`\n${set}, ${WORKERS} workers on ${cores} cores; processor time; rounds: ${repeats}; median (min-max)`);
  console.log("hardware counters are not available\n");
  printTable(
    ["case", "us an op", "random over fixed", "ops/s", "MiB"],
    pairs.flatMap(([fixed, random]) =>
      [fixed, random].map(({ title, answers }) => [
        title,
        range(over(answers, cost), times),
        range(ratio(answers, fixed.answers, cost), times),
        whole(over(answers, ({ opsPerSecond }) => opsPerSecond).median),
        whole(over(answers, ({ mib }) => mib).median),
      ]),
    ),
  );
  return { set, n, cores, pairs };
}
