/* What does a search of usearch return? Keys and distances in typed arrays, for one query or for many. */
import type { Hit } from "../index.ts";

/** The nearest to one query. */
export class Matches {
  constructor(
    public keys: BigUint64Array,
    public distances: Float32Array,
  ) {}
}

/** The nearest to many: `k` places each, of which `counts` are filled. */
export class BatchMatches {
  constructor(
    public keys: BigUint64Array,
    public distances: Float32Array,
    public counts: BigUint64Array,
    public k: number,
  ) {}

  get(i: number): Matches {
    const from = i * this.k;
    const to = from + Number(this.counts[i]);
    return new Matches(this.keys.slice(from, to), this.distances.slice(from, to));
  }
}

export function matchesOf(hits: readonly Hit<number | bigint>[]): Matches {
  const keys = new BigUint64Array(hits.length);
  const distances = new Float32Array(hits.length);
  for (let i = 0; i < hits.length; i++) {
    keys[i] = BigInt(hits[i]!.key);
    distances[i] = hits[i]!.distance;
  }
  return new Matches(keys, distances);
}

/** Places that no hit fills have the key 0 and the distance NaN, as usearch leaves them. */
export function batchOf(hits: readonly (readonly Hit<number | bigint>[])[], k: number): BatchMatches {
  const keys = new BigUint64Array(hits.length * k);
  const distances = new Float32Array(hits.length * k).fill(Number.NaN);
  const counts = new BigUint64Array(hits.length);
  for (const [query, found] of hits.entries()) {
    counts[query] = BigInt(found.length);
    for (const [i, { key, distance }] of found.entries()) {
      keys[query * k + i] = BigInt(key);
      distances[query * k + i] = distance;
    }
  }
  return new BatchMatches(keys, distances, counts, k);
}
