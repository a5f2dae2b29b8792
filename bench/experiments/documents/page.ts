// What do documents cost, and what does a condition on them?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, type Spread } from "../../kit/statistics.ts";
import { short, table, whole } from "../../kit/table.ts";
import { dots, spreadDots } from "../../report/plots.ts";
import type { BitmapsMeasurement, Kind } from "./bitmaps.ts";
import type { IngestMeasurement, IngestTask } from "./ingest.ts";

const INGEST = "documents cost an ingest into graphs less than a tenth (beyond the source)";
const BITMAPS = "what matches among a million entries is known in a millisecond, on lists in ten (beyond the source)";
const ENTRIES = 1_000_000;
const MOST_MS: Record<Kind, number> = { scalar: 1, array: 10 };

/** The least that is left of the rate without documents. */
function leastOf({ flat, durable }: Pick<IngestTask, "flat" | "durable">): number {
  if (flat) return durable ? 0.5 : 0.35;
  return durable ? 0.85 : 0.9;
}

interface Ingest extends Pick<IngestTask, "flat" | "durable"> {
  title: string;
  withoutPerSecond: Figure;
  withPerSecond: Figure;
  ratio: Spread;
}

interface Condition {
  kind: Kind;
  title: string;
  matches: number;
  ms: Figure;
}

interface Small {
  ingests: Ingest[];
  entries: number;
  conditions: Condition[];
}

interface Result {
  ingests: Case<IngestTask, IngestMeasurement>[];
  entries: number;
  bitmaps: BitmapsMeasurement[];
}

export const section = {
  title: "Documents",
  claims: [INGEST, BITMAPS],
  command: "bun run bench documents",
  condense: ({ ingests, entries, bitmaps }: Result): Small => ({
    ingests: ingests.map(({ title, task: { flat, durable }, answers }) => ({
      ...{ title, flat, durable, ratio: over(answers, ({ ratio }) => ratio) },
      ...figures(answers, "withoutPerSecond", "withPerSecond"),
    })),
    entries,
    conditions: bitmaps[0]!.rows.map(({ kind, title, matches }, i) => ({
      ...{ kind, title, matches },
      ms: over(bitmaps, ({ rows }) => rows[i]!.ms),
    })),
  }),
  page: (small: Small & Saved) => ({
    findings: [ingestFinding(small.ingests), bitmapsFinding(medians(small))],
    body: [
      "Ingest with documents of 200 bytes with three fields, one worker, until everything is linked and acknowledged. With and without in turn, within one process:",
      table(small.ingests, [
        ["into", "title"],
        ["without/s", "withoutPerSecond", whole],
        ["with/s", "withPerSecond", whole],
        ["times without", "ratio", short, "with extremes"],
      ]),
      `Counting what matches among ${whole(small.entries)} entries, on the calling thread:`,
      table(small.conditions, [
        ["condition", "title"],
        ["on", "kind"],
        ["matches", ({ matches }) => matches, whole],
        ["ms", "ms", short],
      ]),
    ],
    plots: plots(small),
  }),
} satisfies Section;

function ingestFinding(ingests: Ingest[]): Finding {
  const missed = ingests.filter((one) => one.ratio.median < leastOf(one));
  return {
    claim: INGEST,
    measured: ingests.map(({ title, ratio }) => `${title} ${short(ratio.median)} times the rate without`).join(", "),
    verdict: missed.length === 0 ? "holds" : missed.every(({ flat }) => flat) ? "holds in part" : "does not hold",
    why: "linking takes far longer than a document; into flat spaces, writing one as JSON costs as much as adding the vector.",
  };
}

function bitmapsFinding({ entries, conditions }: Medians<Small>): Finding {
  const most = (kind: Kind) => Math.max(...conditions.filter((one) => one.kind === kind).map(({ ms }) => ms));
  const [scalar, array] = [most("scalar"), most("array")];
  const holds = scalar <= MOST_MS.scalar && array <= MOST_MS.array;
  return {
    claim: BITMAPS,
    measured: `at most ${short(scalar)} ms, on lists ${short(array)} ms, among ${whole(entries)}`,
    verdict: entries < ENTRIES ? "cannot be judged here" : holds ? "holds" : "does not hold",
    why: "values lie in columns that SIMD goes through.",
  };
}

function plots({ ingests }: Small): Plot[] {
  return [
    dots(
      "documents-ingest",
      "Inserts a second with documents over those without",
      ingests.flatMap(({ title, ratio }) => spreadDots(title, ratio)),
      { value: { title: "times without" }, kind: "of the rounds" },
    ),
  ];
}
