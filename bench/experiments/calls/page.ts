// How long does each public call keep the event loop waiting?

import type { Finding, Saved, Section } from "../../experiment.ts";
import { type Case, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { short, type Table, table, whole } from "../../kit/table.ts";
import { dots } from "../../report/plots.ts";
import type { CallsMeasurement, CallsTask } from "./measure.ts";
import type { CallGap } from "./meter.ts";

const FREE = "no call keeps the event loop for more than 10 ms (beyond the source)";
const MOST_MS = 10;
/** Before it has ended there is no index that others could use. */
const isOpening = ({ call }: { call: string }) => call.startsWith("open");

interface Row extends Record<"gapMs" | "workMs" | "tookMs", Figure> {
  call: string;
}

interface Small {
  vectors: number;
  spaces: number;
  large: Row[];
  many: Row[];
  /** Of as many entries with documents as there are vectors; missing in older results. */
  documents?: Row[];
}

interface Result {
  cases: Case<CallsTask, CallsMeasurement>[];
}

export const section = {
  title: "Calls",
  claims: [FREE],
  command: "bun run bench calls",
  condense: ({ cases: [large, many, documents] }: Result): Small => ({
    vectors: large!.task.vectors!,
    spaces: many!.task.spaces!,
    large: rows(large!.answers),
    many: rows(many!.answers),
    documents: rows(documents!.answers),
  }),
  page: (small: Small & Saved) => ({
    findings: [finding(medians(small))],
    body: [
      `The longest time between two turns of the event loop while a call runs; one worker, one partition, in a folder. It includes times when other programs, or the disk, had the thread wait. A space of ${whole(small.vectors)} vectors of 32 dimensions:`,
      rowsTable(small.large),
      `${whole(small.spaces)} spaces of one vector each:`,
      rowsTable(small.many),
      ...(small.documents === undefined
        ? []
        : [
            `A space of ${whole(small.vectors)} entries with vectors of 32 dimensions and documents of four properties, three of them fields:`,
            rowsTable(small.documents),
          ]),
    ],
    plots: [plot(medians(small))],
  }),
} satisfies Section;

function rows(answers: CallsMeasurement[]): Row[] {
  return answers[0]!.gaps.map(({ call }, i) => {
    const figure = (name: keyof Omit<CallGap, "call">) => over(answers, ({ gaps }) => gaps[i]![name]);
    return { call, gapMs: figure("gapMs"), workMs: figure("workMs"), tookMs: figure("tookMs") };
  });
}

function rowsTable(all: Row[]): Table {
  return table(all, [
    ["call", "call"],
    ["longest gap, ms", "gapMs", short, "with extremes"],
    ["longest work, ms", "workMs", short, "detail"],
    ["whole call, ms", "tookMs", short],
  ]);
}

function finding({ large, many, documents = [] }: Medians<Small>): Finding {
  const all = [...large, ...many, ...documents];
  const above = all.filter(({ gapMs }) => gapMs > MOST_MS);
  const names = above.map(({ call, gapMs }) => `${call} ${short(gapMs)} ms`).join(", ");
  const isOpen = above.filter((row) => !isOpening(row)).length === 0;
  return {
    claim: FREE,
    measured: `${all.length - above.length} of ${all.length} calls within ${MOST_MS} ms${names && `; above: ${names}`}`,
    verdict:
      above.length === 0 ? "holds" : isOpen || above.length * 4 <= all.length ? "holds in part" : "does not hold",
    why: "one search of the graph is not cut up, and `k` of 4,096 is the widest; nor are what SQLite checks while a folder is opened, and the list in `stats().spaces`, at about half a microsecond a space.",
  };
}

function plot({ large, many, documents = [] }: Medians<Small>) {
  const points = [
    ...large.map(({ call, gapMs }) => ({ thing: call, value: gapMs, kind: "one space" })),
    ...many.map(({ call, gapMs }) => ({ thing: call, value: gapMs, kind: "many spaces" })),
    ...documents.map(({ call, gapMs }) => ({ thing: call, value: gapMs, kind: "documents" })),
  ];
  const alt = "Longest time between two turns of the event loop, by call";
  return dots("calls-gap", alt, points, { value: { title: "milliseconds" }, kind: "index" });
}
