/* One space of an export: what can be asked of it? As of a `Space`, without what changes it. */
import type { Entry, FieldPath, Include } from "../documents/types.ts";
import { count, entries, getEntries, getEntry, page } from "../engine/entries.ts";
import { facets } from "../engine/facets.ts";
import type { Host } from "../engine/host.ts";
import { get, has, keys, size } from "../engine/query.ts";
import { measureRecall } from "../engine/recall.ts";
import { search } from "../engine/search.ts";
import { tooMany } from "../options/checks.ts";
import type { CountOptions, EntryOptions, FacetOptions, GetOptions, PageOptions } from "../options/entries.ts";
import type { SearchOptions } from "../options/search.ts";
import type { Key } from "../values/keys.ts";
import type { RecallReport } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { Facet, Hit, Page, SearchResult } from "./results.ts";

/** A named set of entries, to be searched. */
export class SearchSpace<K extends Key = Key, M = unknown, Absent extends undefined = undefined> {
  /** @internal Use `index.space(name)`. */
  constructor(
    readonly name: string,
    private readonly host: Host,
  ) {}

  /** Entries. Throws CLOSED. */
  get size(): number {
    return size(this.host, this.name);
  }

  /**
   * Measures which share of the nearest a search finds; those that follow choose their `ef` by it. Resolves to null where all is
   * compared anyway. Rejects with CLOSED.
   */
  measureRecall(): Promise<RecallReport | null> {
    return measureRecall(this.host, this.name);
  }

  /** Every key, oldest entry first. Rejects with OUT_OF_MEMORY or CLOSED. */
  keys(): Promise<K[]> {
    return keys(this.host, this.name) as Promise<K[]>;
  }

  /** Whether the key is there. Rejects with BAD_KEY or CLOSED. */
  has(key: K): Promise<boolean> {
    return has(this.host, this.name, key);
  }

  /**
   * The vector under the key, bit for bit as 32-bit floats, or undefined; with options the entry, with what is to be
   * included. Rejects with BAD_KEY, BAD_OPTION or CLOSED.
   */
  get(key: K): Promise<Float32Array | undefined>;
  get<I extends Include = never>(key: K, options: GetOptions<I>): Promise<Entry<K, M, Absent, I> | undefined>;
  get(key: K, options?: GetOptions<Include>): Promise<unknown> {
    if (options === undefined) return get(this.host, this.name, key);
    return getEntry(this.host, this.name, key, options);
  }

  /** The entries under keys, in their order, with what is to be included; undefined where there is none. */
  getMany<I extends Include = never>(
    keys: readonly K[],
    options?: GetOptions<I>,
  ): Promise<(Entry<K, M, Absent, I> | undefined)[]>;
  getMany(keys: readonly K[], options?: GetOptions<Include>): Promise<never> {
    return getEntries(this.host, this.name, keys, options) as Promise<never>;
  }

  /** How many entries match. Rejects with BAD_WHERE, BAD_OPTION, OUT_OF_MEMORY or CLOSED. */
  count(options?: CountOptions<M>): Promise<number> {
    return count(this.host, this.name, options as CountOptions<unknown>);
  }

  /** Every entry that matches, in order. Throws as `count` does. */
  entries<I extends Include = never>(options?: EntryOptions<M, I>): AsyncGenerator<Entry<K, M, Absent, I>, void>;
  entries(options?: EntryOptions<M, Include>): AsyncGenerator<never, void> {
    return entries(this.host, this.name, options as EntryOptions<unknown, Include>) as AsyncGenerator<never, void>;
  }

  /** Some of the entries that match, in order. Rejects as `count` does. */
  page<I extends Include = never>(options?: PageOptions<M, I>): Promise<Page<Entry<K, M, Absent, I>>>;
  page(options?: PageOptions<M, Include>): Promise<Page<never>> {
    return page(this.host, this.name, options as PageOptions<unknown, Include>) as Promise<Page<never>>;
  }

  /** The most frequent values of a field among the entries that match. Rejects as `count` does. */
  facets(field: FieldPath<M>, options?: FacetOptions<M>): Promise<Facet[]> {
    return facets(this.host, this.name, field, options as FacetOptions<unknown>);
  }

  /**
   * The k nearest to a query, nearest first; fewer when fewer match. Rejects with BAD_K, BAD_OPTION, BAD_WHERE, BAD_KEY,
   * BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, NORM_UNDERFLOW, ZERO_VECTOR, OUT_OF_MEMORY or CLOSED.
   */
  search<I extends Include = never, E extends boolean = false>(
    query: Vector,
    options?: SearchOptions<K, M, I, E>,
  ): Promise<SearchResult<Hit<K, M, Absent, I>, E>>;
  search(query: Vector, options?: unknown, extra?: unknown): Promise<never> {
    if (extra !== undefined) return Promise.reject(tooMany("search(query, options)", extra));
    return search(this.host, this.name, query, options as SearchOptions) as Promise<never>;
  }
}
