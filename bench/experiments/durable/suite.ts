// What does it cost that nothing is lost? Ingest in memory and in a folder, waits for the disk, opening, snapshots.

import { countOf, type DatasetName } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short, whole } from "../../kit/table.ts";
import type { DurableIngestMeasurement, DurableIngestTask } from "./ingest.ts";
import type { DurableLatencyMeasurement, DurableLatencyTask } from "./latency.ts";
import type { DurableOpenMeasurement, DurableOpenTask } from "./open.ts";
import { section } from "./page.ts";

const FLAT_VECTORS = 100_000;
const FLAT_SETS = { synth128: "vectors of 512 bytes", synth768: "vectors of 3 KB" };
const CALLERS = [1, 10, 100, 1000];
const ADDS_A_CALLER = 200;

export const durable: Experiment = {
  ...section,
  question: "what does it cost that nothing is lost? Ingest, waits for the disk, opening, snapshots",
  quick: ["--n", "20000", "--repeats", "1"],
  run,
};

async function run({ sets, n, repeats }: Options): Promise<object> {
  const cores = twoCores();
  const graphs = sets.flatMap((set) => {
    const task = { set, n: countOf(set, n), flat: false, checkpoint: false };
    return [
      ingestCase(`${set}, in memory`, { ...task, durability: "memory" }),
      ingestCase(`${set}, commit`, { ...task, durability: "commit" }),
      ingestCase(`${set}, relaxed`, { ...task, durability: "relaxed" }),
      ingestCase(`${set}, commit, checkpoint half-way`, { ...task, durability: "commit", checkpoint: true }),
    ];
  });
  const flats = (Object.keys(FLAT_SETS) as (keyof typeof FLAT_SETS)[]).flatMap((set) => {
    const task = { set, n: countOf(set, n, FLAT_VECTORS), flat: true, checkpoint: false };
    return [
      ingestCase(`${FLAT_SETS[set]}, in memory`, { ...task, durability: "memory" }),
      ingestCase(`${FLAT_SETS[set]}, commit`, { ...task, durability: "commit" }),
    ];
  });
  const inserts = ({ insertsPerSecond }: DurableIngestMeasurement) => `${whole(insertsPerSecond)} inserts/s`;
  await playRounds("experiments/durable/ingest.ts", graphs, repeats, inserts);
  await playRounds("experiments/durable/ingest.ts", flats, repeats, inserts);
  return { cores, graphs, flats, latencies: await waits(n, repeats), openings: await opens(sets, n, repeats) };
}

function ingestCase(title: string, task: DurableIngestTask): Case<DurableIngestTask, DurableIngestMeasurement> {
  return { title, task, cores: twoCores(), answers: [] };
}

async function waits(n: number | null, repeats: number): Promise<object[]> {
  const cases = CALLERS.map((callers): Case<DurableLatencyTask, DurableLatencyMeasurement> => {
    const adds = Math.min(n ?? Number.POSITIVE_INFINITY, callers * ADDS_A_CALLER);
    return { title: `${whole(callers)} at a time`, task: { callers, adds }, cores: twoCores(), answers: [] };
  });
  const progress = ({ latencyMs }: DurableLatencyMeasurement) => `p50 ${short(latencyMs.p50)} ms`;
  await playRounds("experiments/durable/latency.ts", cases, repeats, progress);
  return cases;
}

async function opens(sets: DatasetName[], n: number | null, repeats: number): Promise<object[]> {
  const cases = sets.flatMap((set) =>
    (["snapshot", "journal"] as const).map((from): Case<DurableOpenTask, DurableOpenMeasurement> => {
      const task = { set, n: countOf(set, n), from };
      return { title: `${set}, from the ${from}`, task, cores: twoCores(), answers: [] };
    }),
  );
  const progress = ({ openMs }: DurableOpenMeasurement) => `open after ${whole(openMs)} ms`;
  await playRounds("experiments/durable/open.ts", cases, repeats, progress);
  return cases;
}
