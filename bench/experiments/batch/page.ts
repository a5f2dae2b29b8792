// What do batches bring, and how long do ops wait? From the suite of that name.

import type { Plot, Saved, Section } from "../../experiment.ts";
import type { Case } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import type { CostsTask } from "../../kit/worker-costs.ts";
import { short, table, whole } from "../../report/markdown.ts";
import { lines } from "../../report/plots.ts";
import type { LatencyMeasurement, LatencyTask } from "./latency.ts";
import { type BatchStepsMeasurement, type BatchStepsTask, sumOf } from "./steps.ts";

const COSTS = "100 / 85 / 25 µs an item at batches of 1 / 100 / 500";
const ADAPTIVE = "adaptive batches keep within 10 ms at low load and 100 ms at high load";

interface Step extends BatchStepsMeasurement {
  size: number;
  durable: boolean;
}

interface Small {
  set: string;
  n: number;
  steps: Step[];
  sizes: { size: number; microseconds: number }[];
  acceptMicroseconds: number;
  waits: { batches: string; rate: number; p50Ms: number; p99Ms: number; meanBatch: number; deepest: number }[];
}

interface Result {
  set: string;
  n: number;
  sizes: { task: CostsTask; linkMicroseconds: number[]; acceptMicroseconds: number[] }[];
  steps: Case<BatchStepsTask, BatchStepsMeasurement>[];
  waits: Case<LatencyTask, LatencyMeasurement>[];
}

export const batch: Section<Small> = {
  suite: "batch",
  title: "Batches",
  claims: [COSTS, ADAPTIVE],
  command: "bun run bench batch --set synth128",
  condense: ({ results }: { results: Result[] }) => {
    const { set, n, sizes, steps, waits } = results[0]!;
    return {
      ...{ set, n },
      sizes: sizes.map(({ task, linkMicroseconds }) => ({
        size: task.batch,
        microseconds: spread(linkMicroseconds).median,
      })),
      acceptMicroseconds: spread(sizes.flatMap(({ acceptMicroseconds }) => acceptMicroseconds)).median,
      steps: steps.map(condenseStep),
      waits: waits.map(({ title, task, answers }) => {
        const median = (figure: (answer: LatencyMeasurement) => number) => spread(answers.map(figure)).median;
        return {
          ...{ batches: title.split(",")[0]!, rate: task.rate },
          ...{ p50Ms: median(({ p50Ms }) => p50Ms), p99Ms: median(({ p99Ms }) => p99Ms) },
          ...{ meanBatch: median(({ meanBatch }) => meanBatch), deepest: median(({ deepest }) => deepest) },
        };
      }),
    };
  },
  page: (small: Small & Saved) => {
    const at = (size: number) => small.sizes.find((one) => one.size === size)?.microseconds ?? 0;
    const durable = small.steps.filter((step) => step.durable);
    const toDisk = [1, 100, 500].flatMap((size) => durable.filter((step) => step.size === size).map(sumOf));
    const adaptive = small.waits.filter(({ batches }) => batches === "adaptive");
    const [low, high] = [adaptive[0]?.p99Ms ?? 0, adaptive.at(-1)?.p99Ms ?? 0]; // the lowest rate, the highest
    return {
      findings: [
        {
          claim: COSTS,
          measured: `${short(at(1))} / ${short(at(100))} / ${short(at(500))} µs to link; ${toDisk.map(short).join(" / ")} µs from its add until it is linked and on the disk`,
          verdict: at(1) > 2 * at(500) ? "holds" : at(1) > 1.2 * at(500) ? "holds in part" : "does not hold",
          why: "a vector is never copied or posted, so a batch saves only a turn of the event loop and a claim; the rest is the graph, which does not get cheaper in batches. What batches do share is a commit.",
        },
        {
          claim: ADAPTIVE,
          measured: `p99 from accepted to linked ${short(low)} ms at the lowest rate, ${short(high)} ms at the highest`,
          verdict: low <= 10 && high <= 100 ? "holds" : "holds in part",
          why: "waiting included, which is more than the batch itself that the targets are for.",
        },
      ],
      text: [
        `${small.set}, ${whole(small.n)} vectors, one worker. Processor time to link an op; accepting it takes ${short(small.acceptMicroseconds)} µs more.`,
        table(
          ["batch", "µs an op"],
          small.sizes.map(({ size, microseconds }) => [whole(size), short(microseconds)]),
        ),
        stepsText(small.steps),
        table(
          ["batches", "adds/s", "p50 ms", "p99 ms", "mean batch", "deepest"],
          small.waits.map((row) => [
            ...[row.batches, whole(row.rate), short(row.p50Ms), short(row.p99Ms), short(row.meanBatch)],
            whole(row.deepest),
          ]),
        ),
      ].join("\n\n"),
      plots: [
        lines(
          "batch-cost",
          "Microseconds of processor time to link an op, by batch size",
          small.sizes.map(({ size, microseconds }) => ({ x: size, y: microseconds, kind: "one worker" })),
          { x: { title: "ops in a batch", log: true }, y: { title: "microseconds" }, kind: "workers" },
        ),
        stepsPlot(durable),
        lines(
          "batch-latency",
          "From accepted to linked, p99, by rate and batches",
          small.waits.map((row) => ({ x: row.rate, y: row.p99Ms, kind: row.batches })),
          { x: { title: "adds a second" }, y: { title: "milliseconds", log: true }, kind: "batches" },
        ),
      ],
    };
  },
};

function condenseStep({ task, answers }: Result["steps"][number]): Step {
  const median = (figure: (answer: BatchStepsMeasurement) => number) => spread(answers.map(figure)).median;
  return {
    ...{ size: task.batch, durable: task.durable },
    queueMicroseconds: median(({ queueMicroseconds }) => queueMicroseconds),
    callMicroseconds: median(({ callMicroseconds }) => callMicroseconds),
    linkMicroseconds: median(({ linkMicroseconds }) => linkMicroseconds),
    commitMicroseconds: median(({ commitMicroseconds }) => commitMicroseconds),
    meanGroup: median(({ meanGroup }) => meanGroup),
  };
}

function stepsText(steps: Step[]): string {
  const rows = steps.map((step) => [
    ...[whole(step.size), step.durable ? "in a folder" : "in memory", short(step.queueMicroseconds)],
    ...[short(step.callMicroseconds), short(step.linkMicroseconds)],
    ...(step.durable
      ? [short(step.commitMicroseconds), short(sumOf(step)), short(step.meanGroup)]
      : ["-", short(sumOf(step)), "-"]),
  ]);
  return `Step by step, in microseconds an op, medians over the batches; one batch goes all the way before the next one comes. Queue: the \`add\`, until the op waits in its slot. Call: a claim, the way into the core and out, a turn of the event loop. Commit: the journal's thread, from the ring to the disk.\n\n${table(
    ["batch", "kept", "queue", "call", "link", "commit", "sum", "ops a commit"],
    rows,
  )}`;
}

function stepsPlot(durable: Step[]): Plot {
  const points = durable.flatMap((step) => [
    { x: step.size, y: step.queueMicroseconds, kind: "queue" },
    { x: step.size, y: step.callMicroseconds, kind: "call" },
    { x: step.size, y: step.linkMicroseconds, kind: "link" },
    { x: step.size, y: step.commitMicroseconds, kind: "commit" },
  ]);
  const titles = { x: { title: "ops in a batch", log: true }, y: { title: "microseconds", log: true }, kind: "step" };
  return lines("batch-steps", "Microseconds an op takes in a folder, step by step, by batch size", points, titles);
}
