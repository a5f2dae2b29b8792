// What do batches bring, and how long do ops wait?

import type { Plot, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, spread } from "../../kit/statistics.ts";
import { short, type Table, table, whole } from "../../kit/table.ts";
import type { CostsTask } from "../../kit/worker-costs.ts";
import { lines } from "../../report/plots.ts";
import type { LatencyMeasurement, LatencyTask } from "./latency.ts";
import { type BatchStepsMeasurement, type BatchStepsTask, sumOf } from "./steps.ts";

const COSTS = "100 / 85 / 25 µs an item at batches of 1 / 100 / 500";
const ADAPTIVE = "adaptive batches keep within 10 ms at low load and 100 ms at high load";

type Step = { size: number; durable: boolean } & Record<keyof BatchStepsMeasurement, Figure>;
type Wait = { batches: string; rate: number } & Record<keyof LatencyMeasurement, Figure>;

interface Small {
  set: string;
  n: number;
  steps: Step[];
  sizes: { size: number; microseconds: Figure }[];
  acceptMicroseconds: Figure;
  waits: Wait[];
}

interface Result {
  set: string;
  n: number;
  sizes: { task: CostsTask; linkMicroseconds: number[]; acceptMicroseconds: number[] }[];
  steps: Case<BatchStepsTask, BatchStepsMeasurement>[];
  waits: Case<LatencyTask, LatencyMeasurement>[];
}

export const section = {
  title: "Batches",
  claims: [COSTS, ADAPTIVE],
  command: "bun run bench batch --set synth128",
  condense: ({ results }: { results: Result[] }): Small => {
    const { set, n, sizes, steps, waits } = results[0]!;
    return {
      ...{ set, n },
      sizes: sizes.map(({ task, linkMicroseconds }) => ({ size: task.batch, microseconds: spread(linkMicroseconds) })),
      acceptMicroseconds: spread(sizes.flatMap(({ acceptMicroseconds }) => acceptMicroseconds)),
      steps: steps.map(({ task, answers }) => ({
        ...{ size: task.batch, durable: task.durable },
        ...figures(answers, "queueMicroseconds", "callMicroseconds", "linkMicroseconds", "commitMicroseconds"),
        meanGroup: over(answers, ({ meanGroup }) => meanGroup),
      })),
      waits: waits.map(({ title, task, answers }) => ({
        ...{ batches: title.split(",")[0]!, rate: task.rate },
        ...figures(answers, "p50Ms", "p99Ms", "meanBatch", "deepest", "linkedPerSecond"),
      })),
    };
  },
  page: (small: Small & Saved) => {
    const { sizes, steps, waits, acceptMicroseconds } = medians(small);
    return {
      findings: [costsFinding(sizes, steps), adaptiveFinding(waits)],
      body: [
        `${small.set}, ${whole(small.n)} vectors, one worker. Processor time to link an op; accepting it takes ${short(acceptMicroseconds)} µs more.`,
        table(small.sizes, [
          ["batch", "size", whole],
          ["µs an op", "microseconds", short],
        ]),
        "Step by step, in microseconds an op, medians over the batches; each batch goes all the way before the next one comes. Queue: the `add`, until the op waits in its slot. Call: a claim, the way into the core and out, a turn of the event loop. Commit: the journal's thread, from the ring to the disk.",
        stepsTable(small.steps),
        table(small.waits, [
          ["batches", "batches"],
          ["adds/s", "rate", whole],
          ["p50 ms", "p50Ms", short],
          ["p99 ms", "p99Ms", short],
          ["mean batch", "meanBatch", short],
          ["deepest", "deepest", whole],
          ["linked/s", "linkedPerSecond", whole, "detail"],
        ]),
      ],
      plots: [
        lines(
          "batch-cost",
          "Microseconds of processor time to link an op, by batch size",
          sizes.map(({ size, microseconds }) => ({ x: size, y: microseconds, kind: "one worker" })),
          { x: { title: "ops in a batch", log: true }, y: { title: "microseconds" }, kind: "workers" },
        ),
        stepsPlot(steps.filter(({ durable }) => durable)),
        lines(
          "batch-latency",
          "From accepted to linked, p99, by rate and batches",
          waits.map((row) => ({ x: row.rate, y: row.p99Ms, kind: row.batches })),
          { x: { title: "adds a second" }, y: { title: "milliseconds", log: true }, kind: "batches" },
        ),
      ],
    };
  },
} satisfies Section;

function costsFinding(sizes: Medians<Small["sizes"]>, steps: Medians<Step>[]) {
  const at = (size: number) => sizes.find((one) => one.size === size)?.microseconds ?? 0;
  const toDisk = [1, 100, 500].flatMap((size) => steps.filter((step) => step.durable && step.size === size).map(sumOf));
  return {
    claim: COSTS,
    measured: `${short(at(1))} / ${short(at(100))} / ${short(at(500))} µs to link; ${toDisk.map(short).join(" / ")} µs from its add until it is linked and on the disk`,
    verdict: at(1) > 2 * at(500) ? "holds" : at(1) > 1.2 * at(500) ? "holds in part" : "does not hold",
    why: "a vector is never copied or posted, so a batch saves only a turn of the event loop and a claim; the rest is the graph, which does not get cheaper in batches. What the ops of a batch do share is a commit.",
  } as const;
}

function adaptiveFinding(waits: Medians<Wait>[]) {
  const adaptive = waits.filter(({ batches }) => batches === "adaptive");
  const [low, high] = [adaptive[0]?.p99Ms ?? 0, adaptive.at(-1)?.p99Ms ?? 0]; // the lowest rate, the highest
  return {
    claim: ADAPTIVE,
    measured: `p99 from accepted to linked ${short(low)} ms at the lowest rate, ${short(high)} ms at the highest`,
    verdict: low <= 10 && high <= 100 ? "holds" : "holds in part",
    why: "waiting is included, although the targets are for the batch itself.",
  } as const;
}

function stepsTable(steps: Step[]): Table {
  const ifDurable = (figure: "commitMicroseconds" | "meanGroup") => (step: Step) =>
    step.durable ? step[figure] : null;
  return table(steps, [
    ["batch", "size", whole],
    ["kept", ({ durable }) => (durable ? "in a folder" : "in memory")],
    ["queue", "queueMicroseconds", short],
    ["call", "callMicroseconds", short],
    ["link", "linkMicroseconds", short],
    ["commit", ifDurable("commitMicroseconds"), short],
    ["sum", (step) => sumOf(medians(step)), short],
    ["ops a commit", ifDurable("meanGroup"), short],
  ]);
}

function stepsPlot(durable: Medians<Step>[]): Plot {
  const points = durable.flatMap((step) => [
    { x: step.size, y: step.queueMicroseconds, kind: "queue" },
    { x: step.size, y: step.callMicroseconds, kind: "call" },
    { x: step.size, y: step.linkMicroseconds, kind: "link" },
    { x: step.size, y: step.commitMicroseconds, kind: "commit" },
  ]);
  const titles = { x: { title: "ops in a batch", log: true }, y: { title: "microseconds", log: true }, kind: "step" };
  return lines("batch-steps", "Microseconds an op takes in a folder, step by step, by batch size", points, titles);
}
