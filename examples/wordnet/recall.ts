// How many of the true nearest neighbours does the index find?

import { type Corpus, idOf, vectorOf } from "./corpus.ts";
import type { Index } from "./library.ts";
import { gaussian, type Random } from "./random.ts";
import type { Synset } from "./synsets.ts";

export const RECALL_QUERIES = 200;
export const RECALL_EF = 64;
/** Length of the noise added to a synset's vector, whose own length is 1. */
export const NOISE = 0.2;
const K = 10;
/** Distances this close count as equal: the index does not round as brute force here does. */
const EQUAL = 1e-4;

/**
 * Mean recall@10 over queries that are vectors of the corpus with a little noise, each asked in its own space. Rows are
 * grouped by space, so one row from each of equal stretches gives every space its share. A hit counts if it is as near as
 * the tenth nearest: copies and other ties are equally good.
 */
export async function measureRecall(
  index: Index,
  corpus: Corpus,
  repeat: number,
  random: Random,
): Promise<{ recall: number; millisecondsMean: number }> {
  const rowById = new Map(corpus.synsets.map(({ id }, row) => [id, row]));
  let found = 0;
  let wanted = 0;
  let milliseconds = 0;
  for (let i = 0; i < RECALL_QUERIES; i++) {
    const row = Math.floor(((i + random()) / RECALL_QUERIES) * corpus.synsets.length);
    const { space } = corpus.synsets[row] as Synset;
    const query = withNoise(vectorOf(corpus, row), random);
    const distances = (corpus.rowsOf.get(space) as number[]).map((other) => distance(query, vectorOf(corpus, other)));
    const expected = Math.min(K, distances.length * repeat);
    const farthest = distances.sort((a, b) => a - b)[Math.ceil(expected / repeat) - 1] as number;
    const start = performance.now();
    const hits = await index.space(space).search(query, { k: K, ef: RECALL_EF });
    milliseconds += performance.now() - start;
    wanted += expected;
    found += hits.filter(({ key }) => {
      const hit = rowById.get(idOf(String(key)));
      return hit !== undefined && distance(query, vectorOf(corpus, hit)) <= farthest + EQUAL;
    }).length;
  }
  return { recall: found / wanted, millisecondsMean: milliseconds / RECALL_QUERIES };
}

/** A unit vector `NOISE` or so away from the unit vector given. */
function withNoise(vector: Float32Array, random: Random): Float32Array {
  const noisy = vector.map((value) => value + (NOISE / Math.sqrt(vector.length)) * gaussian(random));
  const length = Math.hypot(...noisy);
  return noisy.map((value) => value / length);
}

/** Cosine distance of two unit vectors. */
function distance(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += (a[i] as number) * (b[i] as number);
  return 1 - product;
}
