/*
 * What can a program rely on wherever its entries are: in this process, on a server or in a cluster? What the indexes and spaces of
 * all three have in common. Types only; what each of them does besides stands at its class.
 */
import type { Entry, FieldPath, Fields, Include, Patch, Where } from "../documents/types.ts";
import type {
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
import type { Vector } from "../values/vectors.ts";
import type { AddManyRest, AddRest, Facet, Hit, Page, SearchResult, SpaceHit } from "./results.ts";

/** Options of a search that are data: a function can't be sent to where the entries are. */
export type PlainSearchOptions<K extends Key, M, I extends Include, E extends boolean> = Omit<
  SearchOptions<K, M, I, E>,
  "filter"
>;

/**
 * What `VectorIndex`, `RemoteIndex` and `ClusterIndex` have in common. `M`: what documents look like; `Absent`: never where every
 * entry has one.
 */
export interface IndexLike<M = unknown, Absent extends undefined = undefined> {
  /**
   * The space of that name. Costs nothing: a space is created by its first `add`. `space<string>(name)` has keys of that
   * type only.
   */
  space<K extends Key = Key>(name: string): SpaceLike<K, M, Absent>;

  /**
   * The k nearest to a query in several spaces, nearest first; each hit says its `space`. A space that does not exist has
   * none. Rejects as `search` of a space does.
   */
  search<I extends Include = never>(
    query: Vector,
    options: PlainSearchOptions<Key, M, I, false> & { spaces: readonly string[] | "all" },
  ): Promise<SpaceHit<Key, M, Absent, I>[]>;

  /** Adds a field; resolves once a `where` knows it. Rejects with BAD_OPTION, also where a field of that name has another type. */
  addField<P extends FieldPath<M>>(name: P, type: NonNullable<Fields<M>[P & keyof Fields<M>]>): Promise<void>;

  /** Names of the spaces that the program can see there. `await` takes them from either. */
  spaces(): string[] | Promise<string[]>;

  /** Deletes a space with everything in it. Resolves to whether there was one. Rejects with BAD_SPACE, and as `delete`. */
  dropSpace(name: string): Promise<boolean>;

  /** Resolves when everything accepted so far is linked and, where there is a disk, on it. Searches don't need it. */
  flush(): Promise<void>;
}

/**
 * What `Space`, `RemoteSpace` and `ClusterSpace` have in common: a program that is written against it runs with any of them. Each
 * rejects with the codes that stand here, and with those of the way to its entries. `K`: the keys that the program uses in it; `M`:
 * what documents look like; `Absent`: never where every entry has one.
 */
export interface SpaceLike<K extends Key = Key, M = unknown, Absent extends undefined = undefined> {
  readonly name: string;

  /**
   * Adds a vector and a document under a key, or replaces what is there as a whole: what is not given is gone. `vector`
   * null, with a document: an entry that is listed, counted and filtered, but never a hit. Once it has resolved, searches that begin
   * after it see it.
   *
   * Rejects with BAD_KEY, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR, BAD_METADATA,
   * BAD_FIELD, DOCUMENT_TOO_LARGE, BAD_OPTION or OUT_OF_MEMORY: then nothing has changed.
   */
  add(key: K, vector: Vector | null, ...rest: AddRest<M, Absent>): Promise<void>;

  /**
   * Adds many entries: vectors as one flat typed array of keys.length × dimensions, as an array of vectors, or null for
   * entries without any; documents as an array of as many. The vectors are read until the promise settles, so do not change them
   * before. Rejects like `add`, and with DUPLICATE_KEY when a key appears twice; some may be added then.
   */
  addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    ...rest: AddManyRest<M, Absent>
  ): Promise<void>;

  /**
   * Changes top-level properties of a document; one that is undefined is removed. The vector stays, and so does the expiry
   * unless it is given. Resolves to whether the key was there. Rejects as `add` does.
   */
  update(key: K, patch: Patch<M>, options?: Pick<UpdateOptions, "expiresAt">): Promise<boolean>;

  /** The same for every entry that matches. Resolves to how many. Rejects as `add` does, and with BAD_WHERE. */
  updateWhere(where: Where<M>, patch: Patch<M>, options?: Pick<UpdateOptions, "expiresAt">): Promise<number>;

  /** Deletes a key. Resolves to whether it was there. Rejects with BAD_KEY. */
  delete(key: K): Promise<boolean>;

  /** Deletes keys, in order; resolves to how many were there. Rejects with BAD_KEY or DUPLICATE_KEY before the first is deleted. */
  deleteMany(keys: readonly K[]): Promise<number>;

  /** Deletes every entry that matches. Resolves to how many. Rejects with BAD_WHERE. */
  deleteWhere(where: Where<M>): Promise<number>;

  /** Whether the key is there. Rejects with BAD_KEY. */
  has(key: K): Promise<boolean>;

  /**
   * The vector added under the key, bit for bit as 32-bit floats, or undefined; with options the entry, with what is to be
   * included. Rejects with BAD_KEY or BAD_OPTION.
   */
  get(key: K): Promise<Float32Array | undefined>;
  get<I extends Include = never>(key: K, options: GetOptions<I>): Promise<Entry<K, M, Absent, I> | undefined>;

  /** The entries under keys, in their order, with what is to be included; undefined where there is none. Rejects as `get` does. */
  getMany<I extends Include = never>(
    keys: readonly K[],
    options?: GetOptions<I>,
  ): Promise<(Entry<K, M, Absent, I> | undefined)[]>;

  /** Every key, oldest entry first. Rejects with OUT_OF_MEMORY. */
  keys(): Promise<K[]>;

  /** How many entries match. Rejects with BAD_WHERE, BAD_OPTION or OUT_OF_MEMORY. */
  count(options?: CountOptions<M>): Promise<number>;

  /** Every entry that matches, in order. Each is as it is when its turn comes. Throws as `count` does. */
  entries<I extends Include = never>(options?: EntryOptions<M, I>): AsyncGenerator<Entry<K, M, Absent, I>, void>;

  /** Some of the entries that match, in order, as they are at one moment. Rejects as `count` does. */
  page<I extends Include = never>(options?: PageOptions<M, I>): Promise<Page<Entry<K, M, Absent, I>>>;

  /** The most frequent values of a field among the entries that match; of a list each counts. Rejects as `count` does. */
  facets(field: FieldPath<M>, options?: FacetOptions<M>): Promise<Facet[]>;

  /**
   * The k nearest to a query, nearest first; fewer when fewer match. Rejects with BAD_K, BAD_OPTION, BAD_WHERE, BAD_KEY,
   * BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR or OUT_OF_MEMORY.
   */
  search<I extends Include = never, E extends boolean = false>(
    query: Vector,
    options?: PlainSearchOptions<K, M, I, E>,
  ): Promise<SearchResult<Hit<K, M, Absent, I>, E>>;

  /**
   * Searches for many queries (one flat typed array or an array of vectors). Resolves to one list of hits per query. The queries
   * are read until the promise settles: do not change them before. Rejects as `search` does.
   */
  searchMany<I extends Include = never>(
    queries: NumberArray | readonly Vector[],
    options?: PlainSearchOptions<K, M, I, false>,
  ): Promise<Hit<K, M, Absent, I>[][]>;
}
