/* What `import … from "hnsw-workers/usearch"` offers: the classes of usearch, without native code. */
import { HnswError } from "../errors.ts";
import { readUsearch } from "../foreign/usearch.ts";
import { type Key, type Metric, openSync, type SyncIndex, type SyncSpace } from "../index.ts";
import { readFileNow, writeFileNow } from "../runtime/user-file.ts";
import { candidatesFor, expectNumbers, isOwnFile, numberIn, openOwnBytes, ownBytes, VECTORS } from "./own-file.ts";
import {
  badArgument,
  expectNeighbours,
  expectScalar,
  expectThreads,
  isOneKey,
  type Keys,
  keysOf,
  MetricKind,
  metricNamed,
  ScalarKind,
  type UsearchVector,
  type VectorOrMatrix,
  vectorsOf,
} from "./usearch-input.ts";
import { BatchMatches, batchOf, Matches, matchesOf } from "./usearch-matches.ts";

export type { Keys, UsearchVector, VectorOrMatrix };
export { BatchMatches, Matches, MetricKind, ScalarKind };

export interface IndexConfig {
  dimensions: number | bigint;
  metric?: MetricKind;
  quantization?: ScalarKind;
  connectivity?: number;
  expansion_add?: number;
  expansion_search?: number;
  multi?: boolean;
}

/** What stands for 0. */
const DEFAULTS = { connectivity: 16, expansion_add: 128, expansion_search: 64 };
/** Spaces up to `flatBelow` are compared as a whole, and so are searches wider than 4,096. */
const EVERYTHING = 5000;
const MOST_FLAT = 1_000_000;

interface Shape {
  dimensions: number;
  metric: Metric;
  connectivity: number;
  expansion_add: number;
  expansion_search: number;
}

const within = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
/** The next power of two. */
const ceil2 = (value: number) => (value <= 1 ? value : 2 ** Math.ceil(Math.log2(value)));

export class Index {
  private shape: Shape;
  private index: SyncIndex;
  private room = 0;
  private isView = false;

  constructor(
    dimensionsOrConfigs: number | bigint | IndexConfig,
    metric?: MetricKind,
    quantization?: ScalarKind,
    connectivity?: number,
    expansion_add?: number,
    expansion_search?: number,
    multi?: boolean,
  ) {
    const config =
      typeof dimensionsOrConfigs === "object" && dimensionsOrConfigs !== null
        ? dimensionsOrConfigs
        : {
            dimensions: dimensionsOrConfigs,
            metric,
            quantization,
            connectivity,
            expansion_add,
            expansion_search,
            multi,
          };
    this.shape = shapeOf(config);
    this.index = openSync(optionsOf(this.shape));
  }

  private get space(): SyncSpace<number | bigint> {
    return this.index.space(VECTORS);
  }

  /** Adds vectors, all or none: a key that is there already is refused. */
  add(keys: Keys, vectors: VectorOrMatrix, threads = 0): void {
    this.expectMutable("add to");
    const { space } = this;
    let own = keysOf(keys);
    const { vectors: list, count } = vectorsOf(vectors, this.shape.dimensions);
    if (own.length === 1 && count > 1) own = new Array(count).fill(own[0]);
    if (own.length !== count) {
      const rule = `must match the number of vectors (${count}) or be a single key`;
      throw badArgument(`The length of keys (${own.length}) ${rule}.`);
    }
    expectThreads(threads);
    if (space.size + count >= this.room) this.room = ceil2(space.size + count);
    if (new Set(own).size !== count || own.some((key) => space.has(key))) {
      throw new HnswError("DUPLICATE_KEY", "Duplicate keys not allowed in high-level wrappers");
    }
    space.addMany(own, list);
  }

  /** The k nearest: `Matches` for one query, `BatchMatches` for more or none. */
  search(vectors: UsearchVector, k: number, threads?: number): Matches;
  search(vectors: VectorOrMatrix, k: number, threads?: number): Matches | BatchMatches;
  search(vectors: VectorOrMatrix, k: number, threads = 0): Matches | BatchMatches {
    const { dimensions, expansion_search } = this.shape;
    expectNeighbours(k, 1);
    expectThreads(threads);
    const { vectors: queries, count } = vectorsOf(vectors, dimensions);
    expectNeighbours(k, count);
    const options = { k, ef: Math.max(k, expansion_search) };
    if (count !== 1) return batchOf(this.space.searchMany(queries, options), k);
    const [query] = Array.isArray(queries) ? queries : [queries as UsearchVector];
    return matchesOf(this.space.search(query!, options));
  }

  contains(keys: number | bigint): boolean;
  contains(keys: readonly (number | bigint)[] | BigUint64Array): boolean[];
  contains(keys: Keys): boolean | boolean[] {
    return this.each(keys, (key) => this.space.has(key));
  }

  /** How many vectors a key has: 1 or 0. */
  count(keys: number | bigint): number;
  count(keys: readonly (number | bigint)[] | BigUint64Array): number[];
  count(keys: Keys): number | number[] {
    return this.each(keys, (key) => Number(this.space.has(key)));
  }

  /** How many vectors of a key were removed: 1 or 0. */
  remove(keys: number | bigint): number;
  remove(keys: readonly (number | bigint)[] | BigUint64Array): number[];
  remove(keys: Keys): number | number[] {
    this.expectMutable("remove from");
    return this.each(keys, (key) => Number(this.space.delete(key)));
  }

  dimensions(): number {
    return this.shape.dimensions;
  }

  connectivity(): number {
    return this.shape.connectivity;
  }

  size(): number {
    return this.space.size;
  }

  /** The next power of two, as usearch would reserve it. Nothing is refused beyond. */
  capacity(): number {
    return this.room;
  }

  /** Saves to a file of this package, which usearch does not read. */
  save(path: string): void {
    expectPath(path, "write");
    const { connectivity, expansion_add, expansion_search } = this.shape;
    writeFileNow(path, ownBytes(this.index, { connectivity, expansion_add, expansion_search }));
  }

  /** What a file holds, of this package or of usearch, whatever dimensions and metric the index had. */
  load(path: string): void {
    expectPath(path, "read");
    const bytes = readFileNow(path);
    const { index, shape } = isOwnFile(bytes) ? fromOwn(bytes, this.shape) : fromUsearch(bytes, this.shape);
    this.index = index;
    this.shape = shape;
    this.isView = false;
    this.room = ceil2(this.size());
  }

  /** The same, to be read only. The file is read into memory as well. */
  view(path: string): void {
    this.load(path);
    this.isView = true;
  }

  private each<T>(keys: Keys, look: (key: number | bigint) => T): T | T[] {
    const found = keysOf(keys).map(look);
    return isOneKey(keys) ? found[0]! : found;
  }

  private expectMutable(verb: string): void {
    if (this.isView) throw badArgument(`Can't ${verb} an immutable index`);
  }
}

/** The `count` nearest of a dataset, by comparing all. Keys are places in it. */
export function exactSearch(
  dataset: VectorOrMatrix,
  queries: VectorOrMatrix,
  dimensions: number,
  count: number,
  metric: MetricKind,
  threads = 0,
): Matches | BatchMatches {
  const [own, k] = [Number(dimensions), Number(count)];
  if (!Number.isInteger(own) || !Number.isInteger(k) || own <= 0 || k <= 0) {
    throw badArgument("Dimensions and count must be positive integers.");
  }
  expectThreads(threads);
  const index = openSync({ dimensions: own, metric: metricNamed(metric), flatBelow: MOST_FLAT });
  const { vectors, count: size } = vectorsOf(dataset, own);
  const { vectors: asked, count: times } = vectorsOf(queries, own);
  if (k > size) throw badArgument("Count must be equal or smaller than the number of vectors in the dataset.");
  expectNeighbours(k, times);
  const space = index.space<number>(VECTORS);
  space.addMany(
    Array.from({ length: size }, (_, i) => i),
    vectors,
  );
  const found = batchOf(space.searchMany(asked, { k, ef: Math.max(k, EVERYTHING) }), k);
  return times === 1 ? found.get(0) : found;
}

/** As `import usearch from "usearch"` has it. */
export default { Index, MetricKind, ScalarKind, Matches, BatchMatches, exactSearch };

function shapeOf(config: IndexConfig): Shape {
  const { dimensions, metric = "cos", quantization = "f32", multi = false } = config;
  const number = (name: keyof typeof DEFAULTS) => Number(config[name] ?? 0) || DEFAULTS[name];
  const counts = [
    dimensions,
    ...(["connectivity", "expansion_add", "expansion_search"] as const).map((name) => config[name] ?? 0),
  ];
  if (!counts.every((value) => Number.isSafeInteger(Number(value)) && Number(value) >= 0) || !isCount(dimensions)) {
    const names = "`dimensions`, `connectivity`, `expansion_add`, and `expansion_search`";
    throw badArgument(`${names} must be non-negative integers, with \`dimensions\` being positive.`);
  }
  if (typeof multi !== "boolean") throw badArgument("`multi` must be a boolean value.");
  const own = metricNamed(metric);
  expectScalar(quantization);
  if (multi) throw new HnswError("UNSUPPORTED", "`multi` is not supported here: a key has one vector.");
  return {
    ...{ dimensions: Number(dimensions), metric: own, connectivity: number("connectivity") },
    ...{ expansion_add: number("expansion_add"), expansion_search: number("expansion_search") },
  };
}

function isCount(value: unknown): boolean {
  return (typeof value === "number" || typeof value === "bigint") && Number(value) > 0;
}

function optionsOf({ dimensions, metric, connectivity, expansion_add }: Shape) {
  return { dimensions, metric, M: within(connectivity, 4, 64), efConstruction: candidatesFor(expansion_add) };
}

const isKey = (key: Key) => typeof key !== "string" && key >= 0 && key < 2n ** 64n;

function fromOwn(bytes: Uint8Array, before: Shape) {
  const { index, about } = openOwnBytes(bytes, { efConstruction: candidatesFor(before.expansion_add) });
  expectNumbers(index.space(VECTORS).keys(), isKey, "keys are integers from 0 to 2^64 − 1");
  const { dimensions, metric, M } = index.options;
  const said = (name: keyof typeof DEFAULTS, otherwise: number) => numberIn(about, name, 1, 2 ** 31) ?? otherwise;
  const shape: Shape = {
    ...{ dimensions, metric, connectivity: said("connectivity", M) },
    expansion_add: said("expansion_add", before.expansion_add),
    expansion_search: said("expansion_search", before.expansion_search),
  };
  return { index, shape };
}

function fromUsearch(bytes: Uint8Array, before: Shape) {
  const file = readUsearch(bytes);
  const unsupported = (what: string) =>
    new HnswError("EXPORT_FOREIGN", `The usearch file ${what} is not supported here.`);
  if (file.multi) throw unsupported("of an index with `multi`");
  if (file.scalar === "f64") throw unsupported("with vectors of 64-bit floats");
  const { dimensions, metric, connectivity } = file;
  const shape = { ...before, dimensions, metric, connectivity };
  const live = Array.from({ length: file.count }, (_, i) => i).filter((i) => !file.isDeleted(i));
  const index = openSync(optionsOf(shape));
  const vectors = new Float32Array(live.length * dimensions);
  for (const [place, i] of live.entries()) vectors.set(file.vectorAt(i), place * dimensions);
  const keys = live.map((i) => file.keyAt(i));
  index.space<number | bigint>(VECTORS).addMany(keys, vectors);
  return { index, shape };
}

function expectPath(path: unknown, verb: string): void {
  if (typeof path === "string") return;
  throw badArgument(`\`path\` must be a string representing the file path to ${verb}.`);
}
