/* Has an import brought over what it read? A random sample of entries is read back, and searched for. */
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Key } from "../../values/keys.ts";
import type { Metric } from "../../values/metric.ts";
import type { Batch } from "../formats/sources.ts";

export const EXACT = 5000; // an `ef` above 4,096 is an exact scan

const SIZE = 10;

/** Of all that is offered, each is kept with the same chance. */
export class Reservoir<T> {
  readonly kept: T[] = [];
  private offered = 0;

  offer(one: T): void {
    const place = this.offered < SIZE ? this.offered : Math.floor(Math.random() * (this.offered + 1));
    if (place < SIZE) this.kept[place] = one;
    this.offered++;
  }
}

interface Entry {
  space: string;
  key: Key;
  vector: Float32Array;
}

export class EntrySample {
  private readonly entries = new Reservoir<Entry>();

  get size(): number {
    return this.entries.kept.length;
  }

  /** Entries without a vector, or that expire, are left out. */
  offer(space: string, { keys, vectors, expiresAt }: Batch): void {
    if (vectors === null || expiresAt !== undefined) return;
    const kept = this.entries.kept.filter((entry) => entry.space === space);
    for (const [i, key] of keys.entries()) {
      const same = kept.find((entry) => entry.key === key);
      if (same !== undefined)
        same.vector = Float32Array.from(vectors[i]!); // it replaces the one before
      else this.entries.offer({ space, key, vector: Float32Array.from(vectors[i]!) });
    }
  }

  /** How many have other floats in the index, or other distances to the rest of the sample. */
  async differing(index: VectorIndex): Promise<number> {
    let differing = 0;
    for (const [space, entries] of Map.groupBy(this.entries.kept, ({ space }) => space)) {
      for (const entry of entries) if (!(await isHeld(index, space, entry, entries))) differing++;
    }
    return differing;
  }
}

async function isHeld(index: VectorIndex, name: string, { key, vector }: Entry, all: Entry[]): Promise<boolean> {
  const space = index.space(name);
  const held = await space.get(key);
  if (held === undefined || !held.every((value, i) => Object.is(value, vector[i]))) return false;
  const { metric } = index.options;
  if (metric === "cosine" && vector.every((value) => value === 0)) return true; // it is kept, and has no direction
  const hits = await space.search(vector, { k: all.length, ef: EXACT, keys: all.map((entry) => entry.key) });
  return hits.every(({ key, distance }) => {
    const other = all.find((entry) => entry.key === key)!.vector;
    const { exact, scale } = distanceOf(metric, vector, other);
    return Math.abs(distance - exact) <= 1e-4 * Math.max(1, scale); // sums of 32-bit floats in another order
  });
}

/** `scale`: what rounding goes with. */
function distanceOf(metric: Metric, a: Float32Array, b: Float32Array): { exact: number; scale: number } {
  let [dot, aa, bb, squares] = [0, 0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i]!;
    dot += x * y;
    aa += x * x;
    bb += y * y;
    squares += (x - y) ** 2;
  }
  if (metric === "l2") return { exact: squares, scale: squares };
  const norms = Math.sqrt(aa) * Math.sqrt(bb);
  return metric === "dot" ? { exact: 1 - dot, scale: norms } : { exact: 1 - dot / norms, scale: 1 };
}
