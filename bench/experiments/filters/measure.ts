// How fast and how good are our filtered searches? With a plain loop over the same vectors beside each, which is exact.
// The program of a child process.

import { open } from "../../../src/index.ts";
import { type Dataset, type DatasetName, loadDataset, TRUTH_K } from "../../datasets/index.ts";
import { SLICE } from "../../kit/rows.ts";
import { spread } from "../../kit/statistics.ts";
import { type Columns, type Condition, columnsOf, conditionsOf, FIELDS } from "./conditions.ts";
import { loopOver } from "./loop.ts";

export interface FiltersTask {
  set: DatasetName;
  n: number;
  /** Of each condition. */
  queries: number;
}

export interface FiltersMeasurement {
  rows: FilteredRow[];
  /** Milliseconds of a search without a filter. */
  plainMs: number;
}

export interface FilteredRow extends Pick<Condition, "kind" | "share"> {
  matches: number;
  /** Milliseconds of a search, the median of the queries. */
  ms: number;
  /** At 10, against the loop. */
  recall: number;
  /** Searches with fewer hits than min(k, matches). */
  short: number;
  /** Of the searches that walked the graph to the end. */
  walked: number;
  /** The most vectors that one search looked at, for each match. */
  visited: number;
  loopMs: number;
}

async function measure({ set, n, queries }: FiltersTask): Promise<FiltersMeasurement> {
  const data = await loadDataset(set, n);
  const columns = columnsOf(data);
  await using index = await open({ dimensions: data.dimensions, fields: { a: "number", b: "number", side: "number" } });
  const space = index.space("filtered");
  for (let first = 0; first < n; first += SLICE) {
    const keys = Array.from({ length: Math.min(SLICE, n - first) }, (_, i) => first + i);
    const vectors = data.base.subarray(first * data.dimensions, (first + keys.length) * data.dimensions);
    await space.addMany(
      keys,
      vectors,
      keys.map((key) => documentOf(columns, key)),
    );
  }
  await index.flush();
  const vectorOf = (query: number) => data.queries.subarray(query * data.dimensions, (query + 1) * data.dimensions);

  const search = async (query: number, { below }: Condition) => {
    const where = Object.fromEntries(Object.entries(below).map(([field, bound]) => [field, { $lt: bound }]));
    return await space.search(vectorOf(query), { k: TRUTH_K, where, explain: true });
  };
  const conditions = conditionsOf(data, queries);
  const plain = await timed(conditions[0]!.queries, (query) => space.search(vectorOf(query), { k: TRUTH_K }));
  const rows: FilteredRow[] = [];
  for (const condition of conditions) rows.push(await rowOf(condition, data, columns, search));
  return { rows, plainMs: plain.ms };
}

type Search = (
  query: number,
  condition: Condition,
) => Promise<{
  hits: { key: unknown }[];
  explain: { way: string; matches: number; visited: number };
}>;

async function rowOf(condition: Condition, data: Dataset, columns: Columns, search: Search): Promise<FilteredRow> {
  const { kind, share, queries } = condition;
  const ours = await timed(queries, (query) => search(query, condition));
  const loop = await timed(queries, async (query) => loopOver(data, columns, condition, query, TRUTH_K));
  const row = { kind, share, matches: ours.results[0]!.explain.matches, ms: ours.ms, loopMs: loop.ms };
  const tally = { recall: 0, short: 0, walked: 0, visited: 0 };
  for (const [i, { hits, explain }] of ours.results.entries()) {
    const wanted = loop.results[i]!;
    const found = hits.filter(({ key }) => wanted.includes(key as number)).length;
    tally.recall += (wanted.length === 0 ? 1 : found / wanted.length) / queries.length;
    if (hits.length < Math.min(TRUTH_K, explain.matches)) tally.short++;
    if (explain.way === "graph") tally.walked += 1 / queries.length;
    tally.visited = Math.max(tally.visited, explain.visited / Math.max(1, explain.matches));
  }
  return { ...row, ...tally };
}

/** Each query once for nothing, then once more for the time. */
export async function timed<T>(
  queries: number[],
  work: (query: number) => Promise<T>,
): Promise<{ ms: number; results: T[] }> {
  for (const query of queries) await work(query);
  const results: T[] = [];
  const times: number[] = [];
  for (const query of queries) {
    const start = performance.now();
    results.push(await work(query));
    times.push(performance.now() - start);
  }
  return { ms: spread(times).median, results };
}

export function documentOf(columns: Columns, row: number): Record<string, number> {
  return Object.fromEntries(FIELDS.map((field) => [field, columns[field][row]!]));
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
