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
import type { SpaceLike } from "./space-like.ts";

/**
 * A named set of entries: keys, each with a vector, a document, or both; searches never leave it. It is created by its
 * first `add`, and any number of `Space` objects, on any thread, may stand for the same one. `K`: the keys that the program
 * uses in it; they are not checked against it. `M`: what documents look like; `Absent`: never if every entry has one.
 *
 * Every method also rejects with CLOSED, or with TIMEOUT when a lock is not free for about a second.
 */
export class Space<K extends Key = Key, M = unknown, Absent extends undefined = undefined>
  implements SpaceLike<K, M, Absent>
{
  /** @internal Use `index.space(name)`. */
  constructor(
    readonly name: string,
    private readonly handle: Handle,
    private readonly spread: SearchSpreader | null,
  ) {}

  /**
   * It is accepted before the promise resolves, and searches see it from then on; with a `path` and `durability: "commit"` the
   * promise resolves once it is on the disk. Waits in line while the space has `maxPending` ops to be linked.
   *
   * Also rejects with DAMAGED or, with a `path`, JOURNAL_FAILED or PATH_LOST: then nothing has changed, either. After
   * JOURNAL_UNCERTAIN the entry is accepted, but not known to be on the disk; after INTERNAL it is in as a whole or not at all,
   * as the message says.
   * @inheritDoc
   */
  add(key: K, vector: Vector | null, ...rest: AddRest<M, Absent>): Promise<void>;
  add(key: K, vector: Vector | null, metadata?: unknown, options?: AddOptions, extra?: unknown): Promise<void> {
    if (extra !== undefined) return Promise.reject(tooMany("add(key, vector, metadata, options)", extra));
    return add(this.handle, this.name, key, vector, metadata, options);
  }

  /**
   * All are checked, and memory for all is set aside, before the first is accepted; then they go in by slices of 2 ms, in order,
   * and the event loop runs between them. Keys and documents are copied.
   *
   * Also rejects with INPUT_CHANGED when a vector became invalid or the vectors fewer during the call, and with SPACE_DROPPED;
   * both say how many were accepted. TIMEOUT, CLOSED, DAMAGED, JOURNAL_FAILED, PATH_LOST, JOURNAL_UNCERTAIN and INTERNAL may
   * leave some accepted.
   * @inheritDoc
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
   * Resolves when `add` would.
   * @inheritDoc
   */
  update(key: K, patch: Patch<M>, options?: UpdateOptions): Promise<boolean>;
  update(key: K, patch: Patch<M>, options?: UpdateOptions, extra?: unknown): Promise<boolean> {
    if (extra !== undefined) return Promise.reject(tooMany("update(key, patch, options)", extra));
    return update(this.handle, this.name, key, patch, options);
  }

  /**
   * Every entry that matches at the call is changed as a whole. What it rejects with says how many were changed before.
   * @inheritDoc
   */
  updateWhere(where: Where<M>, patch: Patch<M>, options?: UpdateOptions): Promise<number>;
  updateWhere(where: Where<M>, patch: Patch<M>, options?: UpdateOptions, extra?: unknown): Promise<number> {
    if (extra !== undefined) return Promise.reject(tooMany("updateWhere(where, patch, options)", extra));
    return updateWhere(this.handle, this.name, where, patch, options);
  }

  /**
   * Resolves when `add` would. Also rejects with DAMAGED, JOURNAL_FAILED, PATH_LOST, JOURNAL_UNCERTAIN or INTERNAL, as `add` does.
   * @inheritDoc
   */
  delete(key: K): Promise<boolean>;
  delete(key: K, extra?: unknown): Promise<boolean> {
    if (extra !== undefined) return Promise.reject(tooMany("delete(key)", extra));
    return remove(this.handle, this.name, key);
  }

  /**
   * With what else `delete` rejects with, some may be deleted.
   * @inheritDoc
   */
  deleteMany(keys: readonly K[]): Promise<number>;
  deleteMany(keys: readonly K[], extra?: unknown): Promise<number> {
    if (extra !== undefined) return Promise.reject(tooMany("deleteMany(keys)", extra));
    return removeMany(this.handle, this.name, keys);
  }

  /**
   * Every entry that matches at the call. Rejects as `updateWhere` does.
   * @inheritDoc
   */
  deleteWhere(where: Where<M>, options?: { now?: number | undefined }): Promise<number>;
  deleteWhere(where: Where<M>, options?: { now?: number | undefined }, extra?: unknown): Promise<number> {
    if (extra !== undefined) return Promise.reject(tooMany("deleteWhere(where, options)", extra));
    return deleteWhere(this.handle, this.name, where, options);
  }

  has(key: K): Promise<boolean> {
    return has(this.handle, this.name, key);
  }

  get(key: K): Promise<Float32Array | undefined>;
  get<I extends Include = never>(key: K, options: GetOptions<I>): Promise<Entry<K, M, Absent, I> | undefined>;
  get(key: K, options?: GetOptions<Include>): Promise<unknown> {
    if (options === undefined) return get(this.handle, this.name, key);
    return getEntry(this.handle, this.name, key, options);
  }

  getMany<I extends Include = never>(
    keys: readonly K[],
    options?: GetOptions<I>,
  ): Promise<(Entry<K, M, Absent, I> | undefined)[]>;
  getMany(keys: readonly K[], options?: GetOptions<Include>): Promise<never> {
    return getEntries(this.handle, this.name, keys, options) as Promise<never>;
  }

  /** Live entries. Throws CLOSED or TIMEOUT. */
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

  keys(): Promise<K[]> {
    return keys(this.handle, this.name) as Promise<K[]>;
  }

  count(options?: CountOptions<M>): Promise<number> {
    return count(this.handle, this.name, options as CountOptions<unknown>);
  }

  /**
   * Those that match when the first is asked for. One that was deleted when its turn comes, or changed so that it does not match, is
   * left out.
   * @inheritDoc
   */
  entries<I extends Include = never>(options?: EntryOptions<M, I>): AsyncGenerator<Entry<K, M, Absent, I>, void>;
  entries(options?: EntryOptions<M, Include>): AsyncGenerator<never, void> {
    return entries(this.handle, this.name, options as EntryOptions<unknown, Include>) as AsyncGenerator<never, void>;
  }

  page<I extends Include = never>(options?: PageOptions<M, I>): Promise<Page<Entry<K, M, Absent, I>>>;
  page(options?: PageOptions<M, Include>): Promise<Page<never>> {
    return page(this.handle, this.name, options as PageOptions<unknown, Include>) as Promise<Page<never>>;
  }

  facets(field: FieldPath<M>, options?: FacetOptions<M>): Promise<Facet[]> {
    return facets(this.handle, this.name, field, options as FacetOptions<unknown>);
  }

  /**
   * Sees everything accepted before the call. Runs on the calling thread. Takes a `filter` function as well.
   * @inheritDoc
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
   * They are spread over the workers, which put them before their linking; with a filter, or where there are no workers, they run on
   * the calling thread by slices. Also rejects with INPUT_CHANGED when the queries became fewer, or one no vector, during the call.
   * @inheritDoc
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
