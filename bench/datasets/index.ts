// Which data sets are there, and where do they come from? Vectors of unit length, for cosine, prepared once and cached.

import { cachePath, readCached, writeCached } from "./cache.ts";
import { synth128, synth768 } from "./gaussian.ts";
import { glove, glove340 } from "./glove.ts";
import { exactNeighbours } from "./ground-truth.ts";
import { QUERY_COUNT, type Source } from "./source.ts";
import { wordnet } from "./wordnet.ts";

export const TRUTH_K = 10;

export const sources = { glove, synth128, synth768, glove340, wordnet } satisfies Record<string, Source>;
export type DatasetName = keyof typeof sources;
export const datasetNames = Object.keys(sources) as DatasetName[];

/** How many vectors of a set are meant: `wanted`, or else `usual`, or else all; never more than there are. */
export function countOf(name: DatasetName, wanted: number | null, usual = Number.POSITIVE_INFINITY): number {
  return Math.min(wanted ?? usual, sources[name].size);
}

export interface Dataset {
  name: DatasetName;
  n: number;
  dimensions: number;
  /** n x dimensions */
  base: Float32Array;
  /** queryCount x dimensions */
  queries: Float32Array;
  queryCount: number;
  /** queryCount x TRUTH_K row numbers of the base, nearest first */
  truth: Int32Array;
}

/** The first n vectors of the set's base, its queries, and the exact neighbours among those n. */
export async function loadDataset(name: DatasetName, n: number): Promise<Dataset> {
  const source: Source = sources[name];
  const { dimensions } = source;
  if (!Number.isInteger(n) || n < TRUTH_K || n > source.size) {
    throw new Error(`${name} has ${source.size} vectors; n must be between ${TRUTH_K} and that, not ${n}`);
  }
  const { base, queries } = await loadVectors(name, source, n);
  const path = cachePath(`${name}-truth-${n}`, source.recipe);
  const cached = await readCached(path, QUERY_COUNT * TRUTH_K * 4);
  let truth: Int32Array | null = cached && new Int32Array(cached);
  if (!truth) {
    console.error(`preparing ${name}: exact neighbours of ${QUERY_COUNT} queries among ${n} vectors, once ...`);
    truth = exactNeighbours(base, queries, dimensions, TRUTH_K);
    await writeCached(path, truth);
  }
  return { name, n, dimensions, base, queries, queryCount: QUERY_COUNT, truth };
}

async function loadVectors(name: DatasetName, source: Source, n: number) {
  const basePath = cachePath(`${name}-base`, source.recipe);
  const queriesPath = cachePath(`${name}-queries`, source.recipe);
  const base = await readCached(basePath, n * source.dimensions * 4);
  const queries = await readCached(queriesPath, QUERY_COUNT * source.dimensions * 4);
  if (base && queries) return { base: new Float32Array(base), queries: new Float32Array(queries) };
  console.error(`preparing ${name}: ${source.size} x ${source.dimensions}, once ...`);
  const made = await source.make();
  await writeCached(basePath, made.base);
  await writeCached(queriesPath, made.queries);
  return { base: made.base.slice(0, n * source.dimensions), queries: made.queries };
}
