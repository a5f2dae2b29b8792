// What does an export cost in other runtimes?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { figures, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { mebibytes, short, table, whole } from "../../kit/table.ts";
import { dots } from "../../report/plots.ts";
import type { EdgeMeasurement } from "./edge.js";
import type { FreshMemoryMeasurement } from "./fresh-memory.ts";

const CLAIM = "an index that was exported opens and is searched wherever JavaScript runs (beyond the source)";
const RUNTIMES = 5; // that the suite knows

interface Row {
  runtime: string;
  entry: string;
  openMs: Figure;
  searchesPerSecond: Figure;
  /** To load, compressed. */
  bytes: number;
}

interface Small {
  snapshotBytes: number;
  /** What the index takes when it is open, and how long it takes to write to as much fresh memory. */
  memoryBytes: number;
  memoryMs: Figure;
  rows: Row[];
}

interface Result extends Pick<Small, "snapshotBytes" | "memoryBytes"> {
  memory: FreshMemoryMeasurement[];
  /** Titles are "RUNTIME, ENTRY". */
  cases: { title: string; bytes: number; answers: EdgeMeasurement[] }[];
}

export const section = {
  title: "Other runtimes",
  claims: [CLAIM],
  command: "bun run bench edge --repeats 9",
  condense: ({ snapshotBytes, memoryBytes, memory, cases }: Result): Small => ({
    ...{ snapshotBytes, memoryBytes },
    memoryMs: over(memory, ({ firstMs }) => firstMs),
    rows: cases.map(({ title, bytes, answers }) => {
      const [runtime = "", entry = ""] = title.split(", ");
      return { runtime, entry, bytes, ...figures(answers, "openMs", "searchesPerSecond") };
    }),
  }),
  page: (small: Small & Saved) => {
    const { memoryMs, rows } = medians(small);
    return {
      findings: [finding(rows)],
      body: [
        `An export of ${mebibytes(small.snapshotBytes)} MiB, opened and searched on one thread, medians of ${small.repeats}. Index: the whole package; search: its part for searching. Bytes are those of code and core, compressed. An isolate's clock stands still while it computes, so that one is timed from outside. Once open it takes ${mebibytes(small.memoryBytes)} MiB; writing to as much fresh memory takes ${short(memoryMs)} ms in Bun, and nothing opens in less.`,
        table(small.rows, [
          ["runtime", ({ runtime, entry }) => `${runtime}, ${entry}`],
          ["ms to open", "openMs", short],
          ["searches/s", "searchesPerSecond", whole],
          ["bytes to load", "bytes", whole],
        ]),
      ],
      plots: plots(rows),
    };
  },
} satisfies Section;

function finding(rows: Medians<Row>[]): Finding {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  const [open, searches] = [rows.map(({ openMs }) => openMs), rows.map((row) => row.searchesPerSecond)];
  const bytes = Math.min(...rows.map((row) => row.bytes));
  return {
    claim: CLAIM,
    measured: `${runtimes.join(", ")}: open after ${short(Math.min(...open))} to ${short(Math.max(...open))} ms, ${whole(Math.min(...searches))} to ${whole(Math.max(...searches))} searches a second, from ${short(bytes / 1024)} KiB to load`,
    verdict: runtimes.length >= RUNTIMES ? "holds" : "cannot be judged here",
    why: runtimes.length >= RUNTIMES ? "" : "the others were not there.",
  };
}

function plots(rows: Medians<Row>[]): Plot[] {
  const plot = (name: string, alt: string, title: string, figure: (row: Medians<Row>) => number) => {
    const points = rows.map((row) => ({ thing: row.runtime, value: figure(row), kind: row.entry }));
    return dots(`edge-${name}`, alt, points, { value: { title }, kind: "entry" });
  };
  return [
    plot("open", "Milliseconds to open an export, by runtime", "milliseconds", ({ openMs }) => openMs),
    plot("searches", "Searches a second, by runtime", "searches a second", (row) => row.searchesPerSecond),
    plot("bytes", "KiB to load, compressed, by runtime", "KiB", ({ bytes }) => bytes / 1024),
  ];
}
