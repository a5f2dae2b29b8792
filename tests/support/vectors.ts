/* What do tests search, and what should they find? Sets of vectors from a seed, and exact results by brute force. */

import type { Metric } from "../../src/values/metric.ts";
import type { Hit } from "../../src/values/reports.ts";

/** `count` vectors of `dimensions` in one flat array. */
export class VectorSet {
  readonly values: Float32Array;
  readonly dimensions: number;
  readonly count: number;

  constructor(values: Float32Array, dimensions: number) {
    this.values = values;
    this.dimensions = dimensions;
    this.count = values.length / dimensions;
  }

  static make(count: number, dimensions: number, value: (i: number, j: number) => number): VectorSet {
    const values = new Float32Array(count * dimensions);
    for (let i = 0; i < count; i++) for (let j = 0; j < dimensions; j++) values[i * dimensions + j] = value(i, j);
    return new VectorSet(values, dimensions);
  }

  /** The vectors from `from` up to, not including, `to`. */
  part(from: number, to: number): VectorSet {
    return new VectorSet(this.values.subarray(from * this.dimensions, to * this.dimensions), this.dimensions);
  }

  at(i: number): Float32Array {
    return this.values.subarray(i * this.dimensions, (i + 1) * this.dimensions);
  }
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  below(bound: number): number;
  /** Standard normal. */
  gaussian(): number;
}

/** mulberry32 (T. Ettinger, public domain). */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return { next, below: (bound) => Math.floor(next() * bound), gaussian };
}

export function uniform(count: number, dimensions: number, seed: number): VectorSet {
  const { next } = random(seed);
  return VectorSet.make(count, dimensions, () => next() * 2 - 1);
}

/** Gaussian clusters whose centres are `apart` from one another, each `wide`; members come in random order. */
export function clustered(count: number, dimensions: number, seed: number, clusters = 30, apart = 1, wide = 0.3) {
  const source = random(seed);
  const centres = VectorSet.make(clusters, dimensions, () => source.gaussian() * apart);
  let centre = centres.at(0);
  return VectorSet.make(count, dimensions, (_, j) => {
    if (j === 0) centre = centres.at(source.below(clusters));
    return centre[j]! + source.gaussian() * wide;
  });
}

// ── exact results ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The metric in 64-bit floats. */
export function trueDistance(metric: Metric, a: Float32Array, b: Float32Array): number {
  return distanceAt(metric, a, 0, b);
}

/** Of the vector that begins at `from` in a flat array: exams compute millions of these. */
function distanceAt(metric: Metric, values: Float32Array, from: number, b: Float32Array): number {
  const { length } = b;
  if (metric === "l2") {
    let apart = 0;
    for (let i = 0; i < length; i++) {
      const difference = values[from + i]! - b[i]!;
      apart += difference * difference;
    }
    return apart;
  }
  let product = 0;
  for (let i = 0; i < length; i++) product += values[from + i]! * b[i]!;
  if (metric === "dot") return 1 - product;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < length; i++) {
    squaresA += values[from + i]! * values[from + i]!;
    squaresB += b[i]! * b[i]!;
  }
  return 1 - product / Math.sqrt(squaresA * squaresB);
}

/** Distance of the k-th nearest of a set. */
export function kthDistance(metric: Metric, set: VectorSet, query: Float32Array, k: number): number {
  const nearest = new Float64Array(Math.min(k, set.count)).fill(Number.POSITIVE_INFINITY); // sorted
  const last = nearest.length - 1;
  for (let i = 0; i < set.count; i++) {
    const distance = distanceAt(metric, set.values, i * set.dimensions, query);
    if (distance >= nearest[last]!) continue;
    let place = last;
    for (; place > 0 && nearest[place - 1]! > distance; place--) nearest[place] = nearest[place - 1]!;
    nearest[place] = distance;
  }
  return nearest[last]!;
}

/** What a tie may differ by: the core's distances are f32. */
const ROUNDING = 1e-6;

/** Whether two distances are the same but for rounding to f32. */
export function notFarther(distance: number, than: number): boolean {
  return distance <= than + ROUNDING * Math.max(Math.abs(than), 1e-3);
}

/** Queries to a set whose vectors have the keys 0, 1, 2, …, with the distance of the k-th nearest to each. */
export class Exam {
  readonly metric: Metric;
  readonly set: VectorSet;
  readonly queries: VectorSet;
  readonly k: number;
  private readonly worst: number[];

  constructor(metric: Metric, set: VectorSet, queries: VectorSet, k = 10) {
    this.metric = metric;
    this.set = set;
    this.queries = queries;
    this.k = k;
    this.worst = Array.from({ length: queries.count }, (_, q) => kthDistance(metric, set, queries.at(q), k));
  }

  /** Mean share of the k nearest that searches find; a hit counts if it is no farther than the k-th nearest. */
  recall(ask: (query: Float32Array, k: number) => Hit[]): number {
    return this.shareOf(Array.from({ length: this.queries.count }, (_, q) => ask(this.queries.at(q), this.k)));
  }

  /** The same, one search after the other. */
  async recallOf(ask: (query: Float32Array) => Promise<Hit[]>): Promise<number> {
    const lists: Hit[][] = [];
    for (let q = 0; q < this.queries.count; q++) lists.push(await ask(this.queries.at(q)));
    return this.shareOf(lists);
  }

  /** The same of hits that were found, a list a query. */
  shareOf(lists: Hit[][]): number {
    let found = 0;
    for (const [q, hits] of lists.entries()) {
      for (const key of new Set(hits.map((hit) => hit.key as number))) {
        if (notFarther(trueDistance(this.metric, this.set.at(key), this.queries.at(q)), this.worst[q]!)) found++;
      }
    }
    return found / (this.queries.count * this.k);
  }
}
