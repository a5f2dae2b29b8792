/* What do the core's tests share? A space on one thread without workers, exact answers, and data from a seed. */
import { expect } from "bun:test";
import {
  BARE,
  CHUNK_BITS,
  CODE_HEADER,
  G_COUNT,
  G_GRAPH,
  LIST_COUNT,
  LIST_DIVERSE,
  LIST_HEADER,
  NOT_FOUND,
  OK,
  OK_WAKE,
  S_GENERATIONS,
} from "../../assembly/layout.ts";
import { type Build, bestVariant, compileCore, type Variant } from "../../src/core/build.ts";
import { type PartitionSettings, Seat } from "../../src/core/seat.ts";
import type { Hit } from "../../src/values/hit.ts";
import type { Key } from "../../src/values/keys.ts";
import type { Metric } from "../../src/values/metric.ts";

export type { Metric };

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** A compiled build of the core, compiled once per process. */
export function coreModule(build: Build = "release", variant: Variant = bestVariant()): Promise<WebAssembly.Module> {
  const name = `${build}.${variant}`;
  const known = modules.get(name) ?? compileCore(build, variant);
  modules.set(name, known);
  return known;
}

export function partitionSettings(changes: Partial<PartitionSettings> = {}): PartitionSettings {
  return {
    dimensions: 8,
    metric: "l2",
    M: 16,
    efConstruction: 64,
    seed: 1,
    flatBelow: 256,
    maxPending: 1e9,
    partitionLimit: 2 ** 32 - 2 * 65536,
    quantization: "auto",
    ...changes,
  };
}

/** A partition of its own with this thread in seat 0. */
export async function partition(
  changes: Partial<PartitionSettings> = {},
  build: Build = "release",
  variant: Variant = bestVariant(),
): Promise<Seat> {
  return Seat.create(await coreModule(build, variant), partitionSettings(changes), 0, true);
}

/** Figures of `spaceInfo` that tests look at. */
export interface SpaceFigures {
  live: number;
  dead: number;
  pending: number;
  bytes: number;
  graph: boolean;
  f32Beam: boolean;
  compactions: number;
  quarantined: number;
}

/** One space, driven by calling the core directly. */
export class CoreSpace {
  readonly seat: Seat;
  readonly name: string;
  readonly at: number;
  readonly incarnation: number;

  constructor(seat: Seat, name: string) {
    this.seat = seat;
    this.name = name;
    const answer = seat.core.openSpace(seat.putKey(name), 0, 1);
    if (answer !== OK) throw new Error(`openSpace answered ${answer}`);
    this.at = seat.infoAt(0);
    this.incarnation = seat.infoAt(1);
  }

  /** The core's answer to an upsert, whatever it is. */
  tryAdd(key: Key, vector: ArrayLike<number>, mine = 0): number {
    this.seat.putVector(vector, 0);
    return this.seat.core.add(this.at, this.incarnation, this.seat.putKey(key), 0, mine);
  }

  add(key: Key, vector: ArrayLike<number>): void {
    const answer = this.tryAdd(key, vector);
    if (answer !== OK && answer !== OK_WAKE) throw new Error(`add of ${String(key)} answered ${answer}`);
  }

  /** Adds the vectors of a flat array under the keys 0, 1, 2, … */
  addAll(set: VectorSet): void {
    for (let i = 0; i < set.count; i++) this.add(i, set.at(i));
  }

  /** Whether the key was there. */
  remove(key: Key): boolean {
    const answer = this.seat.core.remove(this.at, this.incarnation, this.seat.putKey(key));
    if (answer !== OK && answer !== OK_WAKE && answer !== NOT_FOUND) throw new Error(`remove answered ${answer}`);
    return answer !== NOT_FOUND;
  }

  get(key: Key): Float32Array | undefined {
    const answer = this.seat.core.get(this.at, this.incarnation, this.seat.putKey(key), 1);
    if (answer === NOT_FOUND) return undefined;
    if (answer !== OK) throw new Error(`get answered ${answer}`);
    return this.seat.takeVector();
  }

  search(query: ArrayLike<number>, k: number, ef = 64): Hit[] {
    return this.ask(query, k, ef, false);
  }

  searchExactly(query: ArrayLike<number>, k: number): Hit[] {
    return this.ask(query, k, 1, true);
  }

  private ask(query: ArrayLike<number>, k: number, ef: number, exactly: boolean): Hit[] {
    this.seat.putVector(query, 0);
    const count = this.seat.core.search(this.at, this.incarnation, k, ef, exactly ? 1 : 0);
    if (count < 0) throw new Error(`search answered ${count}`);
    const hits = this.seat.readHits(count);
    this.seat.core.endSearch();
    return hits;
  }

  keys(): Key[] {
    const count = this.seat.core.listKeys(this.at, this.incarnation);
    if (count < 0) throw new Error(`listKeys answered ${count}`);
    const keys = this.seat.readKeys(count);
    this.seat.core.endSearch();
    return keys;
  }

  /** Links and compacts until nothing is left to do in the seat's partition. */
  linkAll(): void {
    linkAll(this.seat);
  }

  /** A whole census: how many slots it did not reach from the entry point. */
  census(mend: boolean): number {
    const { core } = this.seat;
    if (core.startCensus(this.at, this.incarnation, 1) !== 1) return 0;
    let answer = 1;
    while (answer === 1) answer = core.continueCensus(10_000, mend ? 1 : 0);
    if (answer !== 0) throw new Error(`census answered ${answer}`);
    return this.seat.infoAt(0);
  }

  figures(): SpaceFigures {
    const answer = this.seat.core.spaceInfo(this.at, this.incarnation);
    if (answer !== OK) throw new Error(`spaceInfo answered ${answer}`);
    const word = (i: number) => this.seat.infoAt(i);
    return {
      live: word(0),
      dead: word(1),
      pending: word(2),
      bytes: word(3),
      graph: word(4) === 1,
      f32Beam: word(5) === 1,
      compactions: word(6),
      quarantined: word(7),
    };
  }

  /** Fails unless every invariant of assembly/upkeep/check.ts holds and this thread holds no lock. */
  expectWhole(context: string): void {
    const broken = this.seat.core.check(this.at, this.incarnation);
    const where = [0, 1, 2].map((i) => this.seat.infoAt(i));
    expect({ broken, where: broken === 0 ? [] : where, context }).toEqual({ broken: 0, where: [], context });
    expect({ locks: this.seat.core.holdsLocks(), context }).toEqual({ locks: 0, context });
  }

  drop(): void {
    const answer = this.seat.core.dropSpace(this.at, this.incarnation);
    if (answer !== OK) throw new Error(`dropSpace answered ${answer}`);
  }
}

export function linkAll(seat: Seat): void {
  let rounds = 0;
  while (seat.core.claim(0, 500, 1) !== 0) {
    while (seat.core.link(100) !== 0) if (++rounds > 1e6) throw new Error("linking does not come to an end");
    if (++rounds > 1e6) throw new Error("claiming does not come to an end");
  }
}

/** Bytes that the partition's blocks take now. */
export function usedBytes(seat: Seat): number {
  seat.core.partitionInfo();
  return seat.infoAt(0);
}

// ── data ────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── exact answers ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The metric in 64-bit floats. */
export function trueDistance(metric: Metric, a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  let apart = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
    apart += (x - y) * (x - y);
  }
  if (metric === "l2") return apart;
  if (metric === "dot") return 1 - product;
  return 1 - product / Math.sqrt(squaresA * squaresB);
}

/** Distance of the k-th nearest of a set. */
export function kthDistance(metric: Metric, set: VectorSet, query: Float32Array, k: number): number {
  const distances = new Float64Array(set.count);
  for (let i = 0; i < set.count; i++) distances[i] = trueDistance(metric, set.at(i), query);
  return distances.sort()[Math.min(k, set.count) - 1]!;
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
    let found = 0;
    for (let q = 0; q < this.queries.count; q++) {
      const query = this.queries.at(q);
      const keys = new Set(ask(query, this.k).map((hit) => hit.key as number));
      for (const key of keys) {
        if (notFarther(trueDistance(this.metric, this.set.at(key), query), this.worst[q]!)) found++;
      }
    }
    return found / (this.queries.count * this.k);
  }
}

/** Empties the level-0 lists of the chosen slots of a graph with M 16, as assembly/graph/links.ts and settings.ts lay them out. */
export function cutLists(space: CoreSpace, chosen: (slot: number) => boolean): number {
  const words = new Uint32Array(space.seat.memory.buffer);
  const generation = words[(space.at + S_GENERATIONS) >>> 2]!;
  const directory = words[(generation + G_GRAPH) >>> 2]!;
  const codeStride = (CODE_HEADER + space.seat.dimensions + 3) & ~3;
  const linksOffset = (1024 * codeStride + 31) & ~15;
  const listStride = LIST_HEADER + 4 * 16 * 4;
  const count = words[(generation + G_COUNT) >>> 2]!;
  let cut = 0;
  for (let slot = 0; slot < count; slot++) {
    if (!chosen(slot)) continue;
    const chunk = words[(directory >>> 2) + (slot >>> CHUNK_BITS)]!;
    const list = chunk + linksOffset + (slot & 1023) * listStride;
    words[(list + LIST_COUNT) >>> 2] = 0;
    words[(list + LIST_DIVERSE) >>> 2]! &= BARE;
    cut++;
  }
  return cut;
}
