// What does it cost that nothing is lost? From the suite of that name.

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { type Case, over, ratio } from "../../kit/rounds.ts";
import type { Spread } from "../../kit/statistics.ts";
import { short, table, whole } from "../../report/markdown.ts";
import { dots, lines, spreadDots } from "../../report/plots.ts";
import type { DurableIngestMeasurement, DurableIngestTask } from "./ingest.ts";
import type { DurableLatencyMeasurement, DurableLatencyTask } from "./latency.ts";
import type { DurableOpenMeasurement, DurableOpenTask } from "./open.ts";

const INGEST = "commits hardly slow an ingest down (beyond the thread)";
const WAITS = "who waits for the disk shares its commits: the more at a time, the larger a group (beyond the thread)";
const ALMOST = 0.8; // of the rate in memory

interface Ingest {
  title: string;
  durability: DurableIngestTask["durability"];
  checkpoint: boolean;
  rate: number;
  /** Over the rate in memory, within each round. */
  ofMemory: Spread;
  meanGroup: number;
  commitMs: number;
  journalBytes: number;
}

interface Wait {
  callers: number;
  group: number;
  p50Ms: number;
  p99Ms: number;
  addsPerSecond: number;
}

interface Opening {
  title: string;
  openMs: number;
  linkedMs: number;
  mib: number;
  readMs: number;
}

interface Small {
  /** What is linked, and what stays flat; the case in memory is before those that are set against it. */
  ingests: Ingest[];
  flats: Ingest[];
  waits: Wait[];
  openings: Opening[];
}

type IngestCase = Case<DurableIngestTask, DurableIngestMeasurement>;

interface Result {
  graphs: IngestCase[];
  flats: IngestCase[];
  latencies: Case<DurableLatencyTask, DurableLatencyMeasurement>[];
  openings: Case<DurableOpenTask, DurableOpenMeasurement>[];
}

export const durable: Section<Small> = {
  suite: "durable",
  title: "Durability",
  claims: [INGEST, WAITS],
  command: "bun run bench durable",
  condense: ({ graphs, flats, latencies, openings }: Result) => ({
    ingests: condenseIngests(graphs),
    flats: condenseIngests(flats),
    waits: latencies.map(({ task: { callers }, answers }) => ({
      callers,
      group: over(answers, ({ meanGroup }) => meanGroup).median,
      p50Ms: over(answers, ({ latencyMs }) => latencyMs.p50).median,
      p99Ms: over(answers, ({ latencyMs }) => latencyMs.p99).median,
      addsPerSecond: over(answers, ({ addsPerSecond }) => addsPerSecond).median,
    })),
    openings: openings.map(({ title, answers }) => ({
      title,
      openMs: over(answers, ({ openMs }) => openMs).median,
      linkedMs: over(answers, ({ linkedMs }) => linkedMs).median,
      mib: over(answers, ({ mib }) => mib).median,
      readMs: over(answers, ({ readMs }) => readMs).median,
    })),
  }),
  page: (small: Small & Saved) => ({
    findings: [ingestFinding(small), waitsFinding(small)],
    text: [
      "Ingest until everything is linked and on the disk, one worker. Commit waits for the disk, relaxed does not.",
      ingestTable(small.ingests),
      "Into flat spaces, where accepting and the journal are all there is:",
      ingestTable(small.flats),
      "Callers that add one vector after the other, each waiting for the disk:",
      table(
        ["at a time", "p50 ms", "p99 ms", "adds/s", "ops a commit"],
        small.waits.map((row) => [
          ...[whole(row.callers), short(row.p50Ms), short(row.p99Ms), whole(row.addsPerSecond), short(row.group)],
        ]),
      ),
      "Opening, and reading the same files for comparison:",
      table(
        ["from", "ms to open", "ms until linked", "MiB", "ms to read"],
        small.openings.map((row) => [
          ...[row.title, whole(row.openMs), whole(row.linkedMs), short(row.mib), short(row.readMs)],
        ]),
      ),
    ].join("\n\n"),
    plots: plots(small),
  }),
};

function condenseIngests(cases: IngestCase[]): Ingest[] {
  const rate = ({ insertsPerSecond }: DurableIngestMeasurement) => insertsPerSecond;
  return cases.map(({ title, task, answers }) => {
    const inMemory = cases.find((one) => one.task.set === task.set && one.task.durability === "memory")!;
    return {
      ...{ title, durability: task.durability, checkpoint: task.checkpoint },
      rate: over(answers, rate).median,
      ofMemory: ratio(answers, inMemory.answers, rate),
      meanGroup: over(answers, ({ meanGroup }) => meanGroup).median,
      commitMs: over(answers, ({ meanCommitMs }) => meanCommitMs).median,
      journalBytes: over(answers, ({ journalBytesPerVector }) => journalBytesPerVector).median,
    };
  });
}

function ingestTable(rows: Ingest[]): string {
  return table(
    ["case", "inserts/s", "times in memory", "ops a commit", "ms a commit", "journal bytes a vector"],
    rows.map(({ title, durability, rate, ofMemory, meanGroup, commitMs, journalBytes }) => [
      ...[title, whole(rate), `${short(ofMemory.median)} (${short(ofMemory.min)}–${short(ofMemory.max)})`],
      ...(durability === "memory" ? ["-", "-", "-"] : [short(meanGroup), short(commitMs), whole(journalBytes)]),
    ]),
  );
}

function ingestFinding({ ingests }: Small): Finding {
  const { ofMemory, meanGroup, commitMs } = ingests.find(({ durability }) => durability === "commit")!;
  const { median, min, max } = ofMemory;
  return {
    claim: INGEST,
    measured: `${short(median)} times the rate in memory (${short(min)} to ${short(max)}), ${short(meanGroup)} ops a commit of ${short(commitMs)} ms`,
    verdict: median >= ALMOST ? "holds" : median >= 0.5 ? "holds in part" : "does not hold",
    why: "a thread of its own commits what has come meanwhile, and linking takes longer than that.",
  };
}

function waitsFinding({ waits }: Small): Finding {
  const [first, last] = [waits[0]!, waits.at(-1)!];
  return {
    claim: WAITS,
    measured: `alone ${short(first.p50Ms)} ms (p99 ${short(first.p99Ms)}), ${whole(last.callers)} at a time ${short(last.p50Ms)} ms (p99 ${short(last.p99Ms)}) in commits of ${short(last.group)} ops, ${whole(last.addsPerSecond)} adds a second`,
    verdict: last.addsPerSecond > 10 * first.addsPerSecond ? "holds" : "holds in part",
    why: "",
  };
}

function plots({ ingests, flats, waits }: Small): Plot[] {
  const ofMemory = [...ingests, ...flats].filter(({ durability }) => durability !== "memory");
  return [
    dots(
      "durable-ingest",
      "Inserts a second in a folder over those in memory",
      ofMemory.flatMap(({ title, ofMemory }) => spreadDots(title, ofMemory)),
      { value: { title: "times in memory" }, kind: "of the rounds" },
    ),
    lines(
      "durable-latency",
      "From an add until it is on the disk, by the ops of a commit (1 to 1,000 callers)",
      waits.flatMap(({ group: x, p50Ms, p99Ms }) => [
        { x, y: p50Ms, kind: "p50" },
        { x, y: p99Ms, kind: "p99" },
      ]),
      { x: { title: "ops a commit", log: true, base: 10 }, y: { title: "milliseconds", log: true }, kind: "wait" },
    ),
  ];
}
