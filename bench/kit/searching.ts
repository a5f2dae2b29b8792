// How well and how fast does a graph find what is near, by how much a search looks through?

import { TRUTH_K } from "../datasets/index.ts";
import { type CurvePoint, MAIN_EF } from "./curve.ts";
import { spread } from "./statistics.ts";

/** Each over all queries or PASS_SECONDS of them: so short that an interruption spoils one of three. */
const PASSES = 3;
const PASS_SECONDS = 0.5;
/** Above this recall only MAIN_EF is still measured. */
const ENOUGH = 0.99;

/** Anything that can be searched. */
export interface Searcher {
  /** What the next searches look through. Not timed. */
  setEf(ef: number): void;
  /** The keys of the k nearest. Timed, one at a time on one thread. */
  search(query: Float32Array, k: number): number[] | Promise<number[]>;
}

export interface Queries {
  dimensions: number;
  /** queryCount x dimensions */
  queries: Float32Array;
  queryCount: number;
  /** queryCount x TRUTH_K keys, nearest first */
  truth: Int32Array;
}

export interface CurveMeasurement extends CurvePoint {
  ef: number;
}

export async function measureCurve(
  store: Searcher,
  data: Queries,
  efs: readonly number[],
): Promise<CurveMeasurement[]> {
  const curve: CurveMeasurement[] = [];
  for (const ef of efs) {
    if (ef !== MAIN_EF && curve.some((point) => point.ef < ef && point.recall >= ENOUGH)) continue;
    store.setEf(ef);
    // The recall pass comes first and warms the code up for the timed ones.
    const recall = await measureRecall(store, data);
    const rates: number[] = [];
    for (let pass = 0; pass < PASSES; pass++) rates.push(await measureSearchRate(store, data));
    curve.push({ ef, recall, searchesPerSecond: spread(rates).median });
  }
  return curve;
}

/** Share of the true TRUTH_K neighbours among the TRUTH_K found. */
async function measureRecall(store: Searcher, data: Queries): Promise<number> {
  let found = 0;
  for (let query = 0; query < data.queryCount; query++) {
    const truth = data.truth.subarray(query * TRUTH_K, (query + 1) * TRUTH_K);
    const ids = await store.search(queryVector(data, query), TRUTH_K);
    found += new Set(ids.slice(0, TRUTH_K)).intersection(new Set(truth)).size;
  }
  return found / (data.queryCount * TRUTH_K);
}

async function measureSearchRate(store: Searcher, data: Queries): Promise<number> {
  const start = performance.now();
  let seconds = 0;
  let query = 0;
  while (query < data.queryCount && seconds < PASS_SECONDS) {
    const answer = store.search(queryVector(data, query++), TRUTH_K);
    // A synchronous library is called as its users call it, without the price of an await.
    if (answer instanceof Promise) await answer;
    seconds = (performance.now() - start) / 1e3;
  }
  return query / seconds;
}

export function queryVector({ queries, dimensions }: Omit<Queries, "truth">, query: number): Float32Array {
  return queries.subarray(query * dimensions, (query + 1) * dimensions);
}
