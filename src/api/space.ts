/* One tenant's entries: what can be done with them? */

import type { Entry, FieldPath, Include, Patch, Where } from "../documents/types.ts";
import { addMany, removeMany } from "../engine/bulk.ts";
import { deleteWhere, update, updateWhere } from "../engine/changes.ts";
import { count, entries, getEntries, getEntry, page } from "../engine/entries.ts";
import { facets } from "../engine/facets.ts";
import type { Handle } from "../engine/handle.ts";
import { add, remove } from "../engine/ops.ts";
import { get, has, keys, size } from "../engine/query.ts";
import { measureRecall, spaceStats } from "../engine/recall.ts";
import { search } from "../engine/search.ts";
import { searchMany } from "../engine/search-many.ts";
import { tooMany } from "../options/checks.ts";
import type {
  AddOptions,
  CountOptions,
  EntryOptions,
  FacetOptions,
  GetOptions,
  PageOptions,
  UpdateOptions,
} from "../options/entries.ts";
import type { SearchOptions } from "../options/search.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { RecallReport, SpaceStats } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { SearchSpreader } from "../workers/search-shares.ts";
import type { AddManyRest, AddRest, Facet, Hit, Page, SearchResult } from "./results.ts";

/**
 * A named set of entries: keys, each with a vector, a document, or both; searches never leave it. It is created by its
 * first `add`, and any number of `Space` objects, on any thread, may stand for the same one. `K`: the keys that the program
 * uses in it; they are not checked against it. `M`: what documents look like; `Absent`: never if every entry has one.
 */
export class Space<K extends Key = Key, M = unknown, Absent extends undefined = undefined> {
  /** @internal Use `index.space(name)`. */
  constructor(
    readonly name: string,
    private readonly handle: Handle,
    private readonly spread: SearchSpreader | null,
  ) {}

  /**
   * Adds a vector and a document under a key, or replaces what is there as a whole: what is not given is gone. `vector`
   * null, with a document: an entry that is listed, counted and filtered, but never a hit. It is accepted before the promise resolves, and
   * searches see it from then on; with a `path` and `durability: "commit"` the promise resolves once it is on the disk.
   * Waits in line while the space has `maxPending` ops to be linked.
   *
   * Rejects with BAD_KEY, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR, BAD_METADATA,
   * BAD_FIELD, DOCUMENT_TOO_LARGE, BAD_OPTION, OUT_OF_MEMORY, TIMEOUT, CLOSED, DAMAGED or, with a `path`, JOURNAL_FAILED or
   * PATH_LOST: then nothing has changed. After JOURNAL_UNCERTAIN the entry is accepted, but not known to be on the disk;
   * after INTERNAL it is in as a whole or not at all, as the message says.
   */
  add(key: K, vector: Vector | null, ...rest: AddRest<M, Absent>): Promise<void>;
  add(key: K, vector: Vector | null, metadata?: unknown, options?: AddOptions, extra?: unknown): Promise<void> {
    if (extra !== undefined) return Promise.reject(tooMany("add(key, vector, metadata, options)", extra));
    return add(this.handle, this.name, key, vector, metadata, options);
  }

  /**
   * Adds many entries: vectors as one flat typed array of keys.length × dimensions, as an array of vectors, or null for
   * entries without any; documents as an array of as many. All are checked, and memory for all is set aside, before the
   * first is accepted; then they go in by slices of 2 ms, in order, and the event loop runs between them. Keys and documents
   * are copied; the vectors are read until the promise settles, so do not change them before.
   *
   * Rejects like `add`, with DUPLICATE_KEY when a key appears twice, with INPUT_CHANGED when a vector became invalid or the
   * vectors fewer during the call, and with SPACE_DROPPED; the last two say how many were accepted. TIMEOUT, CLOSED, DAMAGED,
   * JOURNAL_FAILED, PATH_LOST, JOURNAL_UNCERTAIN and INTERNAL may leave some accepted.
   */
  addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    ...rest: AddManyRest<M, Absent>
  ): Promise<void>;
  addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    metadata?: readonly unknown[],
    options?: AddOptions,
    extra?: unknown,
  ): Promise<void> {
    if (extra !== undefined) return Promise.reject(tooMany("addMany(keys, vectors, metadata, options)", extra));
    return addMany(this.handle, this.name, keys, vectors, metadata, options);
  }

  /**
   * Changes top-level properties of a document; one that is undefined is removed. The vector stays, and so does the expiry
   * unless it is given. Resolves, when `add` would, to whether the key was there. Rejects as `add` does.
   */
  update(key: K, patch: Patch<M>, options?: UpdateOptions): Promise<boolean>;
  update(key: K, patch: Patch<M>, options?: UpdateOptions, extra?: unknown): Promise<boolean> {
    if (extra !== undefined) return Promise.reject(tooMany("update(key, patch, options)", extra));
    return update(this.handle, this.name, key, patch, options);
  }

  /**
   * The same for every entry that matches at the call; each is changed as a whole. Resolves to how many. What it rejects
   * with says how many were changed before; also BAD_WHERE.
   */
  updateWhere(where: Where<M>, patch: Patch<M>, options?: UpdateOptions): Promise<number>;
  updateWhere(where: Where<M>, patch: Patch<M>, options?: UpdateOptions, extra?: unknown): Promise<number> {
    if (extra !== undefined) return Promise.reject(tooMany("updateWhere(where, patch, options)", extra));
    return updateWhere(this.handle, this.name, where, patch, options);
  }

  /**
   * Deletes a key. Resolves, when `add` would, to whether it was there. Rejects with BAD_KEY, TIMEOUT, CLOSED, DAMAGED,
   * JOURNAL_FAILED, PATH_LOST, JOURNAL_UNCERTAIN or INTERNAL, as `add` does.
   */
  delete(key: K): Promise<boolean>;
  delete(key: K, extra?: unknown): Promise<boolean> {
    if (extra !== undefined) return Promise.reject(tooMany("delete(key)", extra));
    return remove(this.handle, this.name, key);
  }

  /**
   * Deletes keys, in order; resolves to how many were there. Rejects with BAD_KEY or DUPLICATE_KEY before the first is
   * deleted; with what else `delete` rejects with, some may be deleted.
   */
  deleteMany(keys: readonly K[]): Promise<number>;
  deleteMany(keys: readonly K[], extra?: unknown): Promise<number> {
    if (extra !== undefined) return Promise.reject(tooMany("deleteMany(keys)", extra));
    return removeMany(this.handle, this.name, keys);
  }

  /** Deletes every entry that matches at the call. Resolves to how many, and rejects, as `updateWhere` does. */
  deleteWhere(where: Where<M>, options?: { now?: number | undefined }): Promise<number>;
  deleteWhere(where: Where<M>, options?: { now?: number | undefined }, extra?: unknown): Promise<number> {
    if (extra !== undefined) return Promise.reject(tooMany("deleteWhere(where, options)", extra));
    return deleteWhere(this.handle, this.name, where, options);
  }

  /** Whether the key is there. Rejects with BAD_KEY, TIMEOUT or CLOSED. */
  has(key: K): Promise<boolean> {
    return has(this.handle, this.name, key);
  }

  /**
   * The vector added under the key, bit for bit as 32-bit floats, or undefined; with options the entry, with what is to be
   * included. Rejects with BAD_KEY, BAD_OPTION, TIMEOUT or CLOSED.
   */
  get(key: K): Promise<Float32Array | undefined>;
  get<I extends Include = never>(key: K, options: GetOptions<I>): Promise<Entry<K, M, Absent, I> | undefined>;
  get(key: K, options?: GetOptions<Include>): Promise<unknown> {
    if (options === undefined) return get(this.handle, this.name, key);
    return getEntry(this.handle, this.name, key, options);
  }

  /** The entries under keys, in their order, with what is to be included; undefined where there is none. */
  getMany<I extends Include = never>(
    keys: readonly K[],
    options?: GetOptions<I>,
  ): Promise<(Entry<K, M, Absent, I> | undefined)[]>;
  getMany(keys: readonly K[], options?: GetOptions<Include>): Promise<never> {
    return getEntries(this.handle, this.name, keys, options) as Promise<never>;
  }

  /** Live entries. Throws CLOSED, or TIMEOUT when the partition's lock is not free for about a second. */
  get size(): number {
    return size(this.handle, this.name);
  }

  /** What `index.stats().spaces` says of this space; null where there is none. Throws CLOSED or TIMEOUT. */
  stats(): SpaceStats | null {
    return spaceStats(this.handle, this.name);
  }

  /**
   * Measures now which share of the nearest a search finds, as the index does by itself from time to time: about 300 stored
   * vectors are compared with all. Resolves to null where all is compared anyway. Rejects with TIMEOUT or CLOSED.
   */
  measureRecall(): Promise<RecallReport | null> {
    return measureRecall(this.handle, this.name);
  }

  /** Every key, oldest entry first. Rejects with OUT_OF_MEMORY, TIMEOUT or CLOSED. */
  keys(): Promise<K[]> {
    return keys(this.handle, this.name) as Promise<K[]>;
  }

  /** How many entries match. Rejects with BAD_WHERE, BAD_OPTION, OUT_OF_MEMORY, TIMEOUT or CLOSED. */
  count(options?: CountOptions<M>): Promise<number> {
    return count(this.handle, this.name, options as CountOptions<unknown>);
  }

  /**
   * Every entry that matches when the first is asked for, in order. Each is as it is when its turn comes; one that was
   * deleted by then, or changed so that it does not match, is left out. Throws as `count` does.
   */
  entries<I extends Include = never>(options?: EntryOptions<M, I>): AsyncGenerator<Entry<K, M, Absent, I>, void>;
  entries(options?: EntryOptions<M, Include>): AsyncGenerator<never, void> {
    return entries(this.handle, this.name, options as EntryOptions<unknown, Include>) as AsyncGenerator<never, void>;
  }

  /** Some of the entries that match, in order, as they are at one moment. Rejects as `count` does. */
  page<I extends Include = never>(options?: PageOptions<M, I>): Promise<Page<Entry<K, M, Absent, I>>>;
  page(options?: PageOptions<M, Include>): Promise<Page<never>> {
    return page(this.handle, this.name, options as PageOptions<unknown, Include>) as Promise<Page<never>>;
  }

  /** The most frequent values of a field among the entries that match; of a list each counts. Rejects as `count` does. */
  facets(field: FieldPath<M>, options?: FacetOptions<M>): Promise<Facet[]> {
    return facets(this.handle, this.name, field, options as FacetOptions<unknown>);
  }

  /**
   * The k nearest to a query, nearest first; fewer when fewer match. Sees everything accepted before the call. Runs on the
   * calling thread. Rejects with BAD_K, BAD_OPTION, BAD_WHERE, BAD_KEY, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE,
   * NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR, OUT_OF_MEMORY, TIMEOUT or CLOSED.
   */
  search<I extends Include = never, E extends boolean = false>(
    query: Vector,
    options?: SearchOptions<K, M, I, E>,
  ): Promise<SearchResult<Hit<K, M, Absent, I>, E>>;
  search(query: Vector, options?: unknown, extra?: unknown): Promise<never> {
    if (extra !== undefined) return Promise.reject(tooMany("search(query, options)", extra));
    return search(this.handle, this.name, query, options as SearchOptions) as Promise<never>;
  }

  /**
   * Searches for many queries (one flat typed array or an array of vectors), spread over the workers, which put them
   * before their linking; with a filter, or where there are no workers, on the calling thread by slices. Resolves to one
   * list of hits per query. The queries are read until the promise settles: do not change them before.
   *
   * Rejects as `search`, and with INPUT_CHANGED when the queries became fewer, or one no vector, during the call.
   */
  searchMany<I extends Include = never>(
    queries: NumberArray | readonly Vector[],
    options?: SearchOptions<K, M, I, false>,
  ): Promise<Hit<K, M, Absent, I>[][]>;
  searchMany(queries: NumberArray | readonly Vector[], options?: unknown, extra?: unknown): Promise<never> {
    if (extra !== undefined) return Promise.reject(tooMany("searchMany(queries, options)", extra));
    return searchMany(this.handle, this.name, queries, options as SearchOptions, this.spread) as Promise<never>;
  }
}
