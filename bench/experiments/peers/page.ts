// How does it compare with other libraries?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { MAIN_EF } from "../../kit/curve.ts";
import { fourDigits, short, type Table, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import { type Row, title } from "./comparison.ts";

const CLAIM = "faster than the fastest peer at equal recall (beyond the source)";
/** Ours has equal recall if it is not lower than the peer's by more than this. */
const RECALL_TOLERANCE = 0.002;
/** A plot begins here. */
const LEAST_RECALL = 0.8;

interface OneSet {
  set: string;
  n: number;
  dimensions: number;
  rows: Row[];
}

interface Small {
  missing: { name: string; reason: string }[];
  equalRecall: number;
  sets: OneSet[];
}

export const section = {
  title: "Peers",
  claims: [CLAIM],
  command: "bun run bench peers --set glove,synth768",
  condense: ({ missing, equalRecall, results }: Omit<Small, "sets"> & { results: OneSet[] }): Small => ({
    ...{ missing, equalRecall },
    sets: results.map(({ set, n, dimensions, rows }) => ({ set, n, dimensions, rows })),
  }),
  page: (small: Small & Saved) => ({
    findings: [finding(small)],
    body: [
      `Each build in a fresh process, contenders in turn; medians of ${small.repeats}, the ones in WebAssembly once. Searches run on one thread, and their rates at recall ${small.equalRecall} are read off each one's curve. "Times" is against the fastest peer with no more threads, within each round. Bytes are the growth of the process, threads and compiled code included, which weigh less the more vectors there are. Files are not synced; loading ends with the first hit.`,
      ...small.sets.flatMap((one) => [heading(one), tableOf(one, small.equalRecall)]),
      remarks(small),
    ],
    plots: small.sets.flatMap(plotsOf),
  }),
} satisfies Section;

function finding({ sets, equalRecall }: Small): Finding {
  const mains = sets.flatMap(({ set, rows }) => {
    const row = rows.find(({ name, threads, cores }) => name === "ours" && threads === 1 && cores === 1);
    return row?.inserting ? [{ set, row, inserting: row.inserting, searching: row.searching }] : [];
  });
  const wins = mains.flatMap(({ row, inserting, searching }) => [
    inserting.times.median > 1 && row.recall >= inserting.recall - RECALL_TOLERANCE,
    searching !== undefined && searching.times.median > 1,
  ]);
  const measured = mains.map(({ set, row, inserting, searching }) => {
    const inserts = `inserts ${short(inserting.times.median)} times ${inserting.peer} (recall@10 ${row.recall.toFixed(3)}, its ${inserting.recall.toFixed(3)})`;
    const searches = searching ? `, searches ${short(searching.times.median)} times ${searching.peer}` : "";
    return `${set}: ${inserts}${searches}`;
  });
  const verdict = wins.every(Boolean) ? "holds" : wins.some(Boolean) ? "holds in part" : "does not hold";
  return {
    claim: CLAIM,
    measured: mains.length > 0 ? `on one core, ${measured.join("; ")}` : "there was no peer to compare with",
    verdict: mains.length > 0 ? verdict : "cannot be judged here",
    why: `searches at recall ${equalRecall}, everything on one core. A second core is for the thread that adds, or for another worker; the table has both.`,
  };
}

function heading({ set, n, dimensions }: OneSet): string {
  return `${set}, ${whole(n)} × ${dimensions}, ${whole(4 * dimensions)} bytes a vector:`;
}

function tableOf({ rows }: OneSet, equalRecall: number): Table {
  const milliseconds = (seconds: number) => short(seconds * 1e3);
  return table(rows, [
    ["contender", title],
    ["inserts/s", "insertsPerSecond", whole],
    ["times", ({ inserting }) => inserting?.times, short],
    ["that of", ({ inserting }) => inserting?.peer, undefined, "detail"],
    ["CPU s", "cpuSeconds", short, "detail"],
    ["bytes a vector", "bytesPerVector", whole],
    [`recall@10 at ef ${MAIN_EF}`, "recall", fourDigits],
    [`searches/s at ${equalRecall}`, "searchesPerSecond", whole],
    ["times", ({ searching }) => searching?.times, short],
    ["that of", ({ searching }) => searching?.peer, undefined, "detail"],
    ["save ms", ({ saved }) => saved?.saveSeconds, milliseconds],
    ["load ms", ({ saved }) => saved?.loadSeconds, milliseconds],
    ["MB", ({ saved }) => saved && saved.bytes / 1e6, short],
  ]);
}

function remarks({ missing, sets }: Small): string {
  const settings = new Map(sets.flatMap(({ rows }) => rows.map((row) => [row.name, row.settings] as const)));
  return [
    ...[...settings].map(([name, chosen]) => `- ${name}: ${chosen}.`),
    ...missing.map(({ name, reason }) => `- ${name} is not measured: ${reason}.`),
  ].join("\n");
}

function plotsOf({ set, rows }: OneSet): Plot[] {
  const points = rows
    .filter(({ threads, cores }) => threads === 1 && cores === 1)
    .flatMap(({ name, curve }) =>
      curve.map(({ recall, searchesPerSecond }) => ({ x: recall, y: searchesPerSecond, kind: name })),
    );
  const axes = {
    x: { title: "recall@10", close: true },
    y: { title: "searches a second", log: true },
    kind: "contender",
  };
  const shown = points.filter(({ x }) => x >= LEAST_RECALL);
  return [lines(`peers-${set}`, `Searches a second by recall on one core, ${set}`, shown, axes)];
}
