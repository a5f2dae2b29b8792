// What do batches bring, and what do they cost? Processor time of an op by the size of fixed batches, what each step of
// its way takes, in memory and in a folder, and how long ops wait at a set rate with small, large and adaptive batches.

import { type DatasetName, sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import { type CostsMeasurement, type CostsTask, meanCost } from "../../kit/worker-costs.ts";
import type { LatencyMeasurement, LatencyTask } from "./latency.ts";
import { type BatchStepsMeasurement, type BatchStepsTask, sumOf } from "./steps.ts";

const VECTORS = 30_000;
const SIZES = [1, 3, 10, 30, 100, 300, 500, 1000];
const LOADS = [0.25, 0.5, 0.75, 0.9]; // of what a worker links in batches of 500
const POLICIES = { "fixed 10": { min: 10, max: 10 }, "fixed 500": { min: 500, max: 500 }, adaptive: {} };

export const batch: Suite = {
  question: "what does an op cost in batches of 1 to 1,000, and how long does it wait at a set rate?",
  quick: ["--n", "8000", "--repeats", "1"],
  peers: false,
  run,
};

type CostCase = Case<CostsTask, CostsMeasurement>;
type StepsCase = Case<BatchStepsTask, BatchStepsMeasurement>;
type LatencyCase = Case<LatencyTask, LatencyMeasurement>;

async function run({ n, sets, repeats, json }: Options): Promise<void> {
  const results: object[] = [];
  const cores = Math.min(2, allowedCores().length);
  for (const set of sets) results.push(await compare(set, Math.min(n ?? VECTORS, sources[set].size), repeats, cores));
  await saveResult("batch", json, { repeats, cores, results });
}

async function compare(set: DatasetName, n: number, repeats: number, cores: number): Promise<object> {
  const sizes = SIZES.map(
    (size): CostCase => ({
      ...{ title: `batches of ${size}`, cores, answers: [] },
      task: { set, n, workers: 1, spaces: 1, batch: size },
    }),
  );
  await playRounds(
    "kit/worker-costs.ts",
    sizes,
    repeats,
    (answer) => `${times(cost(answer))} us of processor time an op`,
  );
  const steps = SIZES.flatMap((size) =>
    [false, true].map(
      (durable): StepsCase => ({
        ...{ title: `batches of ${size}, ${durable ? "in a folder" : "in memory"}`, cores, answers: [] },
        task: { set, n, batch: size, durable },
      }),
    ),
  );
  await playRounds(
    "experiments/batch/steps.ts",
    steps,
    repeats,
    (answer) => `${times(sumOf(answer))} us an op, step by step`,
  );
  const perSecond = 1e6 / spread(sizes[SIZES.indexOf(500)]!.answers.map(cost)).median;
  const waits = Object.entries(POLICIES).flatMap(([name, batching]) =>
    LOADS.map(
      (load): LatencyCase => ({
        ...{ title: `${name}, ${load * 100} %`, cores, answers: [] },
        task: { set, n, batching, rate: Math.round(perSecond * load) },
      }),
    ),
  );
  await playRounds("experiments/batch/latency.ts", waits, repeats, ({ p99Ms }) => `p99 ${times(p99Ms)} ms`);
  console.log(`\n${set}, ${whole(n)} vectors, one worker on ${cores} cores; rounds: ${repeats}; median (min-max)\n`);
  tellSizes(sizes);
  console.log("\nus an op, one batch after the other, step by step\n");
  tellSteps(steps);
  console.log(`\nfrom accepted to linked; the rates are shares of ${whole(perSecond)}/s\n`);
  tellWaits(waits);
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

function tellSizes(sizes: CostCase[]): void {
  printTable(
    ["size", "us an op", "and accepting"],
    sizes.map(({ title, answers }) => [
      title,
      range(over(answers, cost), times),
      times(over(answers, ({ acceptMicroseconds }) => acceptMicroseconds).median),
    ]),
  );
}

function tellSteps(steps: StepsCase[]): void {
  printTable(
    ["case", "queue", "call", "link", "commit", "sum", "ops a commit"],
    steps.map(({ title, answers }) => {
      const cell = (figure: (answer: BatchStepsMeasurement) => number) => range(over(answers, figure), times);
      return [
        title,
        ...[cell(({ queueMicroseconds }) => queueMicroseconds), cell(({ callMicroseconds }) => callMicroseconds)],
        ...[cell(({ linkMicroseconds }) => linkMicroseconds), cell(({ commitMicroseconds }) => commitMicroseconds)],
        ...[cell(sumOf), whole(over(answers, ({ meanGroup }) => meanGroup).median)],
      ];
    }),
  );
}

function tellWaits(waits: LatencyCase[]): void {
  printTable(
    ["batches", "adds/s", "p50 ms", "p99 ms", "mean batch", "deepest", "linked/s"],
    waits.map(({ title, task, answers }) => {
      const cell = (figure: (answer: LatencyMeasurement) => number) => range(over(answers, figure), times);
      return [
        ...[title, whole(task.rate), cell(({ p50Ms }) => p50Ms), cell(({ p99Ms }) => p99Ms)],
        times(over(answers, ({ meanBatch }) => meanBatch).median),
        whole(over(answers, ({ deepest }) => deepest).median),
        whole(over(answers, ({ linkedPerSecond }) => linkedPerSecond).median),
      ];
    }),
  );
}
