// What does a filter cost, and what does it miss?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { over, overKnown } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { percent, short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import type { LanceMeasurement } from "./lancedb.ts";
import type { FiltersMeasurement } from "./measure.ts";

const FOUND = "filtered searches find what matches, whatever share that is (beyond the source)";
const QUICK = "a filter that few pass makes a search quicker (beyond the source)";
const LEAST_RECALL = 0.95;
/** Of the vectors: below, results are exact. */
const EXACT_BELOW = 0.01;

export interface SetResult {
  set: string;
  n: number;
  ours: FiltersMeasurement[];
  lancedb: LanceMeasurement[];
}

interface Row {
  kind: string;
  share: number;
  matches: number;
  ms: Figure;
  recall: Figure;
  walked: Figure;
  visited: Figure;
  short: Figure;
  loopMs: Figure;
  lanceMs?: Figure | undefined;
  lanceRecall?: Figure | undefined;
}

interface SetRows {
  set: string;
  n: number;
  plainMs: Figure;
  rows: Row[];
}

interface Small {
  results: SetRows[];
  missing: { name: string; reason: string }[];
}

export const section = {
  title: "Filters",
  claims: [FOUND, QUICK],
  command: "bun run bench filters --set all",
  condense: ({ results, missing }: { results: SetResult[]; missing: Small["missing"] }): Small => ({
    results: results.map(rowsOf),
    missing,
  }),
  page: (small: Small & Saved) => {
    const { results } = medians<Small>(small);
    return {
      findings: [found(results), quick(results)],
      body: [
        ...small.results.flatMap(({ set, n, plainMs, rows }) => [
          `${set}, ${whole(n)} vectors; ${short(medians({ plainMs }).plainMs)} ms a search without a filter. Fields are drawn independently of the vectors, or say on which side of the set a vector lies: then matches are those that lie on the query's side, or on the other one.`,
          table(rows, [
            ["matches", "kind"],
            ["share", ({ share }) => share, percentOf],
            ["ms", "ms", short],
            ["recall@10", "recall", recallOf],
            ["by the graph", "walked", percent],
            ["visited ÷ matches", "visited", short, "detail"],
            ["plain loop ms", "loopMs", short],
            ["LanceDB ms", "lanceMs", short],
            ["its recall@10", "lanceRecall", recallOf],
          ]),
        ]),
        ...small.missing.map(({ name, reason }) => `${name} was not measured: ${reason}.`),
      ],
      plots: [plot(results[0]!)],
    };
  },
} satisfies Section;

function rowsOf({ set, n, ours, lancedb }: SetResult): SetRows {
  const rows = ours[0]!.rows.map(({ kind, share, matches }, i): Row => {
    const figure = (name: "ms" | "recall" | "walked" | "visited" | "short" | "loopMs") =>
      over(ours, (answer) => answer.rows[i]![name]);
    return {
      ...{ kind, share, matches, ms: figure("ms"), recall: figure("recall"), walked: figure("walked") },
      ...{ visited: figure("visited"), short: figure("short"), loopMs: figure("loopMs") },
      lanceMs: overKnown(lancedb, (answer) => answer.rows[i]!.ms),
      lanceRecall: overKnown(lancedb, (answer) => answer.rows[i]!.recall),
    };
  });
  return { set, n, plainMs: over(ours, ({ plainMs }) => plainMs), rows };
}

function found(results: Medians<SetRows>[]): Finding {
  const all = results.flatMap(({ rows }) => rows);
  const least = Math.min(...all.map(({ recall }) => recall));
  const few = all.filter(({ share }) => share < EXACT_BELOW);
  const leastOfFew = Math.min(...few.map(({ recall }) => recall));
  const short = all.filter((row) => row.short > 0).length;
  const holds = least >= LEAST_RECALL && leastOfFew > 1 - 1e-9 && short === 0;
  return {
    claim: FOUND,
    measured: `recall@10 at least ${recallOf(least)}, ${recallOf(leastOfFew)} where fewer than 1 % match; ${short === 0 ? "no search" : "some searches"} with fewer hits than there are matches`,
    verdict: holds ? "holds" : "does not hold",
    why: "matches are counted before the search; few are compared one by one, else the graph is walked through all that does not match, and what it visits is bounded by the number of matches.",
  };
}

function quick(results: Medians<SetRows>[]): Finding {
  const ratios = results.flatMap(({ plainMs, rows }) =>
    rows.filter(({ share }) => share <= EXACT_BELOW).map(({ ms }) => ms / plainMs),
  );
  const most = Math.max(...ratios);
  return {
    claim: QUICK,
    measured: `at most ${short(most)} times a search without a filter where at most 1 % match`,
    verdict: most <= 1 ? "holds" : most <= 2 ? "holds in part" : "does not hold",
    why: "the cost is that of the columns, about a nanosecond for every few vectors, and of the matches.",
  };
}

function plot({ set, n, rows }: Medians<SetRows>): Plot {
  const points = rows.map(({ kind, share, ms }) => ({ x: share, y: ms, kind }));
  const loop = rows
    .filter(({ kind }) => kind === "one field")
    .map((row) => ({ x: row.share, y: row.loopMs, kind: "plain loop" }));
  const alt = `Time of a search by the share that matches, ${set}, ${whole(n)} vectors`;
  return lines("filters-time", alt, [...points, ...loop], {
    ...{ x: { title: "share that matches", log: true, base: 10 }, y: { title: "milliseconds", log: true } },
    kind: "matches",
  });
}

function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function recallOf(recall: number): string {
  return recall.toFixed(3);
}
