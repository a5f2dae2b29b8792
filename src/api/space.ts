/* One tenant's vectors: what can be done with them? */
import { addMany, removeMany } from "../engine/bulk.ts";
import type { Handle } from "../engine/handle.ts";
import { add, remove } from "../engine/ops.ts";
import { get, has, keys, search, searchMany, size } from "../engine/query.ts";
import { tooMany } from "../options/checks.ts";
import type { SearchOptions } from "../options/search.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { Hit } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { SearchSpreader } from "../workers/search-shares.ts";

/**
 * A named set of vectors; searches never leave it. It is created by its first `add`, and any number of `Space` objects,
 * on any thread, may stand for the same one. `K`: the keys that the program uses in it; they are not checked against it.
 */
export class Space<K extends Key = Key> {
  /** @internal Use `index.space(name)`. */
  constructor(
    readonly name: string,
    private readonly handle: Handle,
    private readonly spread: SearchSpreader | null,
  ) {}

  /**
   * Adds a vector under a key, or replaces the one there. It is accepted before the promise resolves, and searches see
   * it from then on; with a `path` and `durability: "commit"` the promise resolves once it is on the disk. Waits in line
   * while the space has `maxPending` ops to be linked.
   *
   * Rejects with BAD_KEY, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR, OUT_OF_MEMORY, TIMEOUT,
   * CLOSED, DAMAGED or, with a `path`, JOURNAL_FAILED or PATH_LOST: then nothing has changed. After JOURNAL_UNCERTAIN the vector is
   * accepted, but not known to be on the disk; after INTERNAL it is in as a whole or not at all, as the message says.
   */
  add(key: K, vector: Vector): Promise<void>;
  add(key: K, vector: Vector, extra?: unknown): Promise<void> {
    if (extra !== undefined) return Promise.reject(tooMany("add(key, vector)", extra));
    return add(this.handle, this.name, key, vector);
  }

  /**
   * Adds many vectors: one flat typed array of keys.length × dimensions, or an array of vectors. All are checked, and
   * memory for all is set aside, before the first is accepted; then they go in by slices of 2 ms, in order, and the event
   * loop runs between them. The keys are copied; the vectors are read until the promise settles, so do not change them
   * before.
   *
   * Rejects like `add`, with DUPLICATE_KEY when a key appears twice, with INPUT_CHANGED when a vector became invalid or the
   * vectors fewer during the call, and with SPACE_DROPPED; the last two say how many were accepted. TIMEOUT, CLOSED, DAMAGED,
   * JOURNAL_FAILED, PATH_LOST, JOURNAL_UNCERTAIN and INTERNAL may leave some accepted.
   */
  addMany(keys: readonly K[], vectors: NumberArray | readonly Vector[]): Promise<void>;
  addMany(keys: readonly K[], vectors: NumberArray | readonly Vector[], extra?: unknown): Promise<void> {
    if (extra !== undefined) return Promise.reject(tooMany("addMany(keys, vectors)", extra));
    return addMany(this.handle, this.name, keys, vectors);
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

  /** Whether the key is there. Rejects with BAD_KEY, TIMEOUT or CLOSED. */
  has(key: K): Promise<boolean> {
    return has(this.handle, this.name, key);
  }

  /** The vector added under the key, bit for bit as 32-bit floats, or undefined. Rejects with BAD_KEY, TIMEOUT, CLOSED. */
  get(key: K): Promise<Float32Array | undefined> {
    return get(this.handle, this.name, key);
  }

  /** Live vectors. Throws CLOSED, or TIMEOUT when the partition's lock is not free for about a second. */
  get size(): number {
    return size(this.handle, this.name);
  }

  /** Every key, oldest vector first. Rejects with OUT_OF_MEMORY, TIMEOUT or CLOSED. */
  keys(): Promise<K[]> {
    return keys(this.handle, this.name) as Promise<K[]>;
  }

  /**
   * The k nearest to a query, nearest first; fewer when the space holds fewer. Sees everything accepted before the
   * call. Runs on the calling thread. Rejects with BAD_K, BAD_OPTION, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE,
   * NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR, OUT_OF_MEMORY, TIMEOUT or CLOSED.
   */
  search(query: Vector, options?: SearchOptions<K>): Promise<Hit<K>[]>;
  search(query: Vector, options?: SearchOptions<K>, extra?: unknown): Promise<Hit<K>[]> {
    if (extra !== undefined) return Promise.reject(tooMany("search(query, options)", extra));
    return search(this.handle, this.name, query, options as SearchOptions) as Promise<Hit<K>[]>;
  }

  /**
   * Searches for many queries (one flat typed array or an array of vectors), spread over the workers, which put them
   * before their linking; with a filter, or where there are no workers, on the calling thread by slices. Resolves to one
   * list of hits per query. The queries are read until the promise settles: do not change them before.
   *
   * Rejects as `search`, and with INPUT_CHANGED when the queries became fewer, or one no vector, during the call.
   */
  searchMany(queries: NumberArray | readonly Vector[], options?: SearchOptions<K>): Promise<Hit<K>[][]>;
  searchMany(
    queries: NumberArray | readonly Vector[],
    options?: SearchOptions<K>,
    extra?: unknown,
  ): Promise<Hit<K>[][]> {
    if (extra !== undefined) return Promise.reject(tooMany("searchMany(queries, options)", extra));
    return searchMany(this.handle, this.name, queries, options as SearchOptions, this.spread) as Promise<Hit<K>[][]>;
  }
}
