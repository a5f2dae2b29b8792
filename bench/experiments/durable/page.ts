// What does it cost that nothing is lost?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over, ratio } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, type Spread } from "../../kit/statistics.ts";
import { short, type Table, table, whole } from "../../kit/table.ts";
import { dots, lines, spreadDots } from "../../report/plots.ts";
import type { DurableIngestMeasurement, DurableIngestTask } from "./ingest.ts";
import type { DurableLatencyMeasurement, DurableLatencyTask } from "./latency.ts";
import type { DurableOpenMeasurement, DurableOpenTask } from "./open.ts";

const INGEST = "commits hardly slow an ingest down (beyond the source)";
const WAITS = "callers that wait for the disk share its commits: more at a time, larger groups (beyond the source)";
const ALMOST = 0.8; // of the rate in memory

interface Ingest {
  title: string;
  durability: DurableIngestTask["durability"];
  checkpoint: boolean;
  rate: Figure;
  /** Over the rate in memory, within each round. */
  ofMemory: Spread;
  meanGroup: Figure;
  commitMs: Figure;
  /** Of a vector. */
  journalBytes: Figure;
  journalMiBPerSecond?: Figure;
  diskMiBPerSecond?: Figure;
  snapshotMiB?: Figure;
  snapshotMs?: Figure;
}

interface Wait extends Record<"group" | "p50Ms" | "p99Ms" | "addsPerSecond", Figure> {
  callers: number;
}

interface Opening extends Record<keyof DurableOpenMeasurement, Figure> {
  title: string;
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

export const section = {
  title: "Durability",
  claims: [INGEST, WAITS],
  command: "bun run bench durable",
  condense: ({ graphs, flats, latencies, openings }: Result): Small => ({
    ingests: condenseIngests(graphs),
    flats: condenseIngests(flats),
    waits: latencies.map(({ task: { callers }, answers }) => ({
      callers,
      group: over(answers, ({ meanGroup }) => meanGroup),
      p50Ms: over(answers, ({ latencyMs }) => latencyMs.p50),
      p99Ms: over(answers, ({ latencyMs }) => latencyMs.p99),
      addsPerSecond: over(answers, ({ addsPerSecond }) => addsPerSecond),
    })),
    openings: openings.map(({ title, answers }) => ({
      title,
      ...figures(answers, "openMs", "linkedMs", "mib", "readMs"),
    })),
  }),
  page: (small: Small & Saved) => ({
    findings: [ingestFinding(small), waitsFinding(medians(small))],
    body: [
      "Ingest until everything is linked and on the disk, one worker. Commit waits for the disk, relaxed does not.",
      ingestTable(small.ingests),
      "Into flat spaces, where accepting and the journal are all there is:",
      ingestTable(small.flats),
      "Callers that add one vector after the other, each waiting for the disk:",
      table(small.waits, [
        ["at a time", "callers", whole],
        ["p50 ms", "p50Ms", short],
        ["p99 ms", "p99Ms", short],
        ["adds/s", "addsPerSecond", whole],
        ["ops a commit", "group", short],
      ]),
      "Opening, and reading the same files for comparison:",
      table(small.openings, [
        ["from", "title"],
        ["ms to open", "openMs", whole],
        ["ms until linked", "linkedMs", whole],
        ["MiB", "mib", short],
        ["ms to read", "readMs", short],
      ]),
    ],
    plots: plots(small),
  }),
} satisfies Section;

function condenseIngests(cases: IngestCase[]): Ingest[] {
  const rate = ({ insertsPerSecond }: DurableIngestMeasurement) => insertsPerSecond;
  return cases.map(({ title, task, answers }) => {
    const inMemory = cases.find((one) => one.task.set === task.set && one.task.durability === "memory")!;
    return {
      ...{ title, durability: task.durability, checkpoint: task.checkpoint },
      rate: over(answers, rate),
      ofMemory: ratio(answers, inMemory.answers, rate),
      commitMs: over(answers, ({ meanCommitMs }) => meanCommitMs),
      journalBytes: over(answers, ({ journalBytesPerVector }) => journalBytesPerVector),
      journalMiBPerSecond: over(answers, (answer) => (rate(answer) * answer.journalBytesPerVector) / 2 ** 20),
      ...figures(answers, "meanGroup", "diskMiBPerSecond", "snapshotMiB", "snapshotMs"),
    };
  });
}

function ingestTable(rows: Ingest[]): Table {
  const journal = (figure: keyof Ingest) => (row: Ingest) =>
    row.durability === "memory" ? null : (row[figure] as Figure);
  const snapshot = (figure: keyof Ingest) => (row: Ingest) => (row.checkpoint ? (row[figure] as Figure) : null);
  return table(rows, [
    ["case", "title"],
    ["inserts/s", "rate", whole],
    ["times in memory", "ofMemory", short, "with extremes"],
    ["ops a commit", journal("meanGroup"), short],
    ["ms a commit", journal("commitMs"), short],
    ["journal bytes a vector", journal("journalBytes"), whole],
    ["MiB/s", journal("journalMiBPerSecond"), short, "detail"],
    ["the disk's own", journal("diskMiBPerSecond"), short, "detail"],
    ["snapshot MiB", snapshot("snapshotMiB"), short, "detail"],
    ["in ms", snapshot("snapshotMs"), short, "detail"],
  ]);
}

function ingestFinding({ ingests }: Small): Finding {
  const commit = ingests.find(({ durability }) => durability === "commit")!;
  const { median, min, max } = commit.ofMemory;
  const { meanGroup, commitMs } = medians(commit);
  return {
    claim: INGEST,
    measured: `${short(median)} times the rate in memory (${short(min)} to ${short(max)}), ${short(meanGroup)} ops a commit of ${short(commitMs)} ms`,
    verdict: median >= ALMOST ? "holds" : median >= 0.5 ? "holds in part" : "does not hold",
    why: "a thread of its own commits what has come in the meantime, and linking takes longer than that.",
  };
}

function waitsFinding({ waits }: Medians<Small>): Finding {
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
      medians(waits).flatMap(({ group: x, p50Ms, p99Ms }) => [
        { x, y: p50Ms, kind: "p50" },
        { x, y: p99Ms, kind: "p99" },
      ]),
      { x: { title: "ops a commit", log: true, base: 10 }, y: { title: "milliseconds", log: true }, kind: "wait" },
    ),
  ];
}
