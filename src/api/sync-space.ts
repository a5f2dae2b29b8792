/* One tenant's entries: what can a program do with them that can't wait? */
import type { Entry, Include } from "../documents/types.ts";
import { size } from "../engine/query.ts";
import { measureRecallNow, spaceStats } from "../engine/recall.ts";
import { tooMany } from "../options/checks.ts";
import type { AddOptions, GetOptions } from "../options/entries.ts";
import type { SearchOptions } from "../options/search.ts";
import type { SyncHandle } from "../sync/handle.ts";
import { addManyNow, addNow, removeManyNow, removeNow } from "../sync/ops.ts";
import { getEntryNow, getNow, hasNow, keysNow } from "../sync/reads.ts";
import { searchManyNow, searchNow } from "../sync/search.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { RecallReport, SpaceStats } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { AddManyRest, AddRest, Hit, SearchResult } from "./results.ts";

/**
 * A named set of entries, as a `Space` is: arguments, results and errors are those of its methods, which return them when
 * they are done. Each may throw CLOSED, and OUT_OF_MEMORY where it needs any.
 */
export class SyncSpace<K extends Key = Key, M = unknown, Absent extends undefined = undefined> {
  /** @internal Use `index.space(name)`. */
  constructor(
    readonly name: string,
    private readonly handle: SyncHandle,
  ) {}

  /** Adds an entry under a key, or replaces what is there as a whole. It is linked when the call returns. */
  add(key: K, vector: Vector | null, ...rest: AddRest<M, Absent>): void;
  add(key: K, vector: Vector | null, metadata?: unknown, options?: AddOptions, extra?: unknown): void {
    if (extra !== undefined) throw tooMany("add(key, vector, metadata, options)", extra);
    addNow(this.handle, this.name, key, vector, metadata, options);
  }

  /** Adds many entries. All are checked, and memory for all is set aside, before the first is accepted. */
  addMany(keys: readonly K[], vectors: NumberArray | readonly Vector[] | null, ...rest: AddManyRest<M, Absent>): void;
  addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    metadata?: readonly unknown[],
    options?: AddOptions,
    extra?: unknown,
  ): void {
    if (extra !== undefined) throw tooMany("addMany(keys, vectors, metadata, options)", extra);
    addManyNow(this.handle, this.name, keys, vectors, metadata, options);
  }

  /** Deletes a key. Returns whether it was there. */
  delete(key: K): boolean;
  delete(key: K, extra?: unknown): boolean {
    if (extra !== undefined) throw tooMany("delete(key)", extra);
    return removeNow(this.handle, this.name, key);
  }

  /** Deletes keys, in order. Returns how many were there. Throws BAD_KEY or DUPLICATE_KEY before the first is deleted. */
  deleteMany(keys: readonly K[]): number;
  deleteMany(keys: readonly K[], extra?: unknown): number {
    if (extra !== undefined) throw tooMany("deleteMany(keys)", extra);
    return removeManyNow(this.handle, this.name, keys);
  }

  /** Whether the key is there. Throws BAD_KEY. */
  has(key: K): boolean {
    return hasNow(this.handle, this.name, key);
  }

  /** The vector under the key, bit for bit, or undefined; with options the entry, with what is to be included. */
  get(key: K): Float32Array | undefined;
  get<I extends Include = never>(key: K, options: GetOptions<I>): Entry<K, M, Absent, I> | undefined;
  get(key: K, options?: GetOptions<Include>): unknown {
    if (options === undefined) return getNow(this.handle, this.name, key);
    return getEntryNow(this.handle, this.name, key, options);
  }

  /** Live entries. */
  get size(): number {
    return size(this.handle, this.name);
  }

  /** What `index.stats().spaces` says of this space; null where there is none. */
  stats(): SpaceStats | null {
    return spaceStats(this.handle, this.name);
  }

  /**
   * Measures which share of the nearest a search finds; those that follow choose their `ef` by it. Null where all is compared
   * anyway.
   */
  measureRecall(): RecallReport | null {
    return measureRecallNow(this.handle, this.name);
  }

  /** Every key, oldest entry first. */
  keys(): K[] {
    return keysNow(this.handle, this.name) as K[];
  }

  /** The k nearest to a query, nearest first; fewer when fewer match. */
  search<I extends Include = never, E extends boolean = false>(
    query: Vector,
    options?: SearchOptions<K, M, I, E>,
  ): SearchResult<Hit<K, M, Absent, I>, E>;
  search(query: Vector, options?: unknown, extra?: unknown): never {
    if (extra !== undefined) throw tooMany("search(query, options)", extra);
    return searchNow(this.handle, this.name, query, options as SearchOptions) as never;
  }

  /** Searches for many queries: one list of hits for each. */
  searchMany<I extends Include = never>(
    queries: NumberArray | readonly Vector[],
    options?: SearchOptions<K, M, I, false>,
  ): Hit<K, M, Absent, I>[][];
  searchMany(queries: NumberArray | readonly Vector[], options?: unknown, extra?: unknown): never {
    if (extra !== undefined) throw tooMany("searchMany(queries, options)", extra);
    return searchManyNow(this.handle, this.name, queries, options as SearchOptions) as never;
  }
}
