// What do batches bring, and what do they cost? Processor time of an op by the size of fixed batches, what each step of
// its way takes, in memory and in a folder, and how long ops wait at a set rate with small, large and adaptive batches.

import { countOf, type DatasetName } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import { short } from "../../kit/table.ts";
import { type CostsMeasurement, type CostsTask, meanCost } from "../../kit/worker-costs.ts";
import type { LatencyMeasurement, LatencyTask } from "./latency.ts";
import { section } from "./page.ts";
import { type BatchStepsMeasurement, type BatchStepsTask, sumOf } from "./steps.ts";

const VECTORS = 30_000;
const SIZES = [1, 3, 10, 30, 100, 300, 500, 1000];
const LOADS = [0.25, 0.5, 0.75, 0.9]; // of what a worker links in batches of 500
const POLICIES = { "fixed 10": { min: 10, max: 10 }, "fixed 500": { min: 500, max: 500 }, adaptive: {} };

export const batch: Experiment = {
  ...section,
  question: "what does an op cost in batches of 1 to 1,000, and how long does it wait at a set rate?",
  quick: ["--n", "8000", "--repeats", "1"],
  run,
};

async function run({ n, sets, repeats }: Options): Promise<object> {
  const results: object[] = [];
  for (const set of sets) results.push(await compare(set, countOf(set, n, VECTORS), repeats));
  return { cores: twoCores(), results };
}

async function compare(set: DatasetName, n: number, repeats: number): Promise<object> {
  const cores = twoCores();
  const sizes = SIZES.map((size): Case<CostsTask, CostsMeasurement> => {
    const task = { set, n, workers: 1, spaces: 1, batch: size };
    return { title: `batches of ${size}`, task, cores, answers: [] };
  });
  await playRounds("kit/worker-costs.ts", sizes, repeats, (answer) => `${short(cost(answer))} µs an op`);
  const steps = SIZES.flatMap((size) =>
    [false, true].map((durable): Case<BatchStepsTask, BatchStepsMeasurement> => {
      const title = `batches of ${size}, ${durable ? "in a folder" : "in memory"}`;
      return { title, task: { set, n, batch: size, durable }, cores, answers: [] };
    }),
  );
  await playRounds("experiments/batch/steps.ts", steps, repeats, (answer) => `${short(sumOf(answer))} µs an op`);
  const perSecond = 1e6 / spread(sizes[SIZES.indexOf(500)]!.answers.map(cost)).median;
  const waits = Object.entries(POLICIES).flatMap(([name, batching]) =>
    LOADS.map((load): Case<LatencyTask, LatencyMeasurement> => {
      const task = { set, n, batching, rate: Math.round(perSecond * load) };
      return { title: `${name}, ${load * 100} %`, task, cores, answers: [] };
    }),
  );
  await playRounds("experiments/batch/latency.ts", waits, repeats, ({ p99Ms }) => `p99 ${short(p99Ms)} ms`);
  return {
    ...{ set, n, perSecond, steps, waits },
    sizes: sizes.map(({ title, task, answers }) => ({
      ...{ title, task },
      linkMicroseconds: answers.map(cost),
      acceptMicroseconds: answers.map(({ acceptMicroseconds }) => acceptMicroseconds),
    })),
  };
}

function cost({ samples }: CostsMeasurement): number {
  return meanCost(samples);
}
