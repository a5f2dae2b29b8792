// What do documents cost, and what does a condition on them? Ingest with and without them, and bitmaps over a million entries.

import { countOf } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short } from "../../kit/table.ts";
import type { BitmapsMeasurement, BitmapsTask } from "./bitmaps.ts";
import type { IngestMeasurement, IngestTask } from "./ingest.ts";
import { section } from "./page.ts";

const VECTORS = 100_000;
/** For each vector of the ingests. */
const ENTRIES = 10;

export const documents: Experiment = {
  ...section,
  question: "what do documents cost an ingest, and a condition over a million of them?",
  quick: ["--set", "synth128", "--n", "10000", "--repeats", "1"],
  run,
};

async function run({ n, sets, repeats }: Options): Promise<object> {
  const cores = twoCores();
  const ingests = sets.flatMap((set) => {
    const count = countOf(set, n, VECTORS);
    return [false, true].flatMap((flat) =>
      [false, true].map((durable): Case<IngestTask, IngestMeasurement> => {
        const title = `${set}, ${flat ? "flat" : "a graph"}${durable ? ", in a folder" : ""}`;
        return { title, task: { set, n: count, flat, durable }, cores, answers: [] };
      }),
    );
  });
  await playRounds("experiments/documents/ingest.ts", ingests, repeats, ({ ratio }) => `${short(ratio)} times without`);
  const entries = (n ?? VECTORS) * ENTRIES;
  const bitmaps: Case<BitmapsTask, BitmapsMeasurement> = { title: "bitmaps", task: { entries }, cores, answers: [] };
  const slowest = ({ rows }: BitmapsMeasurement) => `at most ${short(Math.max(...rows.map(({ ms }) => ms)))} ms`;
  await playRounds("experiments/documents/bitmaps.ts", [bitmaps], repeats, slowest);
  return { cores, ingests, entries, bitmaps: bitmaps.answers };
}
