// What does it cost that nothing is lost? Ingest in memory and in a folder, waits for the disk, opening, snapshots.

import { type DatasetName, sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds, ratio } from "../../kit/rounds.ts";
import type { DurableIngestMeasurement, DurableIngestTask } from "./ingest.ts";
import type { DurableLatencyMeasurement, DurableLatencyTask } from "./latency.ts";
import type { DurableOpenMeasurement, DurableOpenTask } from "./open.ts";

const FLAT_VECTORS = 100_000;
const FLAT_SETS: DatasetName[] = ["synth128", "synth768"]; // vectors of 512 bytes and of 3 KB
const CALLERS = [1, 10, 100, 1000];
const ADDS_A_CALLER = 200;

export const durable: Suite = {
  question: "what does it cost that nothing is lost? Ingest, waits for the disk, opening, snapshots",
  quick: ["--n", "20000", "--repeats", "1"],
  peers: false,
  run,
};

async function run(options: Options): Promise<void> {
  const cores = Math.min(2, allowedCores().length);
  const graphs = await ingests(options, cores);
  const flats = await flatIngests(options, cores);
  const latencies = await waits(options, cores);
  const openings = await opens(options, cores);
  await saveResult("durable", options.json, { repeats: options.repeats, cores, graphs, flats, latencies, openings });
}

type IngestCase = Case<DurableIngestTask, DurableIngestMeasurement>;
const rate = ({ insertsPerSecond }: DurableIngestMeasurement) => insertsPerSecond;

function ingestCase(title: string, cores: number, task: DurableIngestTask): IngestCase {
  return { title, task, cores, answers: [] };
}

function cell<Answer>(answers: Answer[], figure: (answer: Answer) => number, format: (value: number) => string) {
  return range(over(answers, figure), format);
}

async function ingests({ sets, n, repeats }: Options, cores: number): Promise<object[]> {
  const groups = sets.map((set) => {
    const task = { set, n: Math.min(n ?? sources[set].size, sources[set].size), flat: false, checkpoint: false };
    return [
      ingestCase(`${set}, in memory`, cores, { ...task, durability: "memory" }),
      ingestCase(`${set}, commit`, cores, { ...task, durability: "commit" }),
      ingestCase(`${set}, relaxed`, cores, { ...task, durability: "relaxed" }),
      ingestCase(`${set}, commit, checkpoint half-way`, cores, { ...task, durability: "commit", checkpoint: true }),
    ];
  });
  await playRounds(
    "experiments/durable/ingest.ts",
    groups.flat(),
    repeats,
    (answer) => `${whole(rate(answer))} inserts/s`,
  );
  console.log(`\ningest until linked and durable, one worker, ${cores} cores; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "inserts/s", "x in memory", "ops a group", "ms a commit", "journal bytes/vector", "snapshot MiB", "in ms"],
    groups.flatMap((group) =>
      group.map(({ title, answers }) => [
        title,
        cell(answers, rate, whole),
        range(ratio(answers, (group[0] as IngestCase).answers, rate), times),
        cell(answers, ({ meanGroup }) => meanGroup, whole),
        cell(answers, ({ meanCommitMs }) => meanCommitMs, times),
        cell(answers, ({ journalBytesPerVector }) => journalBytesPerVector, whole),
        cell(answers, ({ snapshotMiB }) => snapshotMiB, whole),
        cell(answers, ({ snapshotMs }) => snapshotMs, whole),
      ]),
    ),
  );
  return groups.flat();
}

async function flatIngests({ n, repeats }: Options, cores: number): Promise<object[]> {
  const cases = FLAT_SETS.flatMap((set) => {
    const task = { set, n: Math.min(n ?? FLAT_VECTORS, sources[set].size), flat: true, checkpoint: false };
    const bytes = set === "synth128" ? "512 bytes" : "3 KB";
    return [
      ingestCase(`vectors of ${bytes}, in memory`, cores, { ...task, durability: "memory" }),
      ingestCase(`vectors of ${bytes}, commit`, cores, { ...task, durability: "commit" }),
    ];
  });
  await playRounds("experiments/durable/ingest.ts", cases, repeats, (answer) => `${whole(rate(answer))} vectors/s`);
  console.log(`\ninto flat spaces, until acknowledged, one caller; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "vectors/s", "MiB/s of journal", "the disk's own MiB/s", "ops a group", "ms a commit"],
    cases.map(({ title, answers }) => [
      title,
      cell(answers, rate, whole),
      cell(answers, (answer) => (rate(answer) * answer.journalBytesPerVector) / 2 ** 20, whole),
      cell(answers, ({ diskMiBPerSecond }) => diskMiBPerSecond, whole),
      cell(answers, ({ meanGroup }) => meanGroup, whole),
      cell(answers, ({ meanCommitMs }) => meanCommitMs, times),
    ]),
  );
  return cases;
}

async function waits({ n, repeats }: Options, cores: number): Promise<object[]> {
  const cases = CALLERS.map((callers): Case<DurableLatencyTask, DurableLatencyMeasurement> => {
    const adds = Math.min(n ?? Number.POSITIVE_INFINITY, callers * ADDS_A_CALLER);
    return { title: `${whole(callers)} at a time`, task: { callers, adds }, cores, answers: [] };
  });
  const tell = ({ latencyMs }: DurableLatencyMeasurement) => `p50 ${times(latencyMs.p50)} ms`;
  await playRounds("experiments/durable/latency.ts", cases, repeats, tell);
  console.log(`\nadds of 512 bytes, each waits for the disk; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["callers", "p50 ms", "p99 ms", "adds/s", "ops a group"],
    cases.map(({ title, answers }) => [
      title,
      cell(answers, ({ latencyMs }) => latencyMs.p50, times),
      cell(answers, ({ latencyMs }) => latencyMs.p99, times),
      cell(answers, ({ addsPerSecond }) => addsPerSecond, whole),
      cell(answers, ({ meanGroup }) => meanGroup, times),
    ]),
  );
  return cases;
}

async function opens({ sets, n, repeats }: Options, cores: number): Promise<object[]> {
  const cases = sets.flatMap((set) =>
    (["snapshot", "journal"] as const).map((from): Case<DurableOpenTask, DurableOpenMeasurement> => {
      const task = { set, n: Math.min(n ?? sources[set].size, sources[set].size), from };
      return { title: `${set}, from the ${from}`, task, cores, answers: [] };
    }),
  );
  const tell = ({ openMs }: DurableOpenMeasurement) => `open after ${whole(openMs)} ms`;
  await playRounds("experiments/durable/open.ts", cases, repeats, tell);
  console.log(`\nopening, one worker, ${cores} cores; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "ms to open", "ms until linked", "MiB", "ms to read the files"],
    cases.map(({ title, answers }) => [
      title,
      cell(answers, ({ openMs }) => openMs, whole),
      cell(answers, ({ linkedMs }) => linkedMs, whole),
      cell(answers, ({ mib }) => mib, whole),
      cell(answers, ({ readMs }) => readMs, whole),
    ]),
  );
  return cases;
}
