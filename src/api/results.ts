/* What do calls of a space take and return, by the type of its documents? Types only. */
import type { Include, Included } from "../documents/types.ts";
import type { AddOptions } from "../options/entries.ts";
import type { Key } from "../values/keys.ts";
import type { Explanation, Hit as PlainHit } from "../values/reports.ts";

/** A key near a query. `M`: what documents look like; `Absent`: never where every entry has one; `I`: what was included. */
export type Hit<K extends Key = Key, M = unknown, Absent = undefined, I extends Include = never> = PlainHit<K> &
  Included<M, Absent, I>;

/** A hit of a search over spaces. */
export type SpaceHit<K extends Key = Key, M = unknown, Absent = undefined, I extends Include = never> = Hit<
  K,
  M,
  Absent,
  I
> & { space: string };

/** What a search resolves to: hits, with `explain` also which way it took. */
export type SearchResult<H, E extends boolean> = E extends true ? { hits: H[]; explain: Explanation } : H[];

/** Entries in order, and where the next page begins: null after the last. */
export interface Page<E> {
  entries: E[];
  next: string | null;
}

/** A value of a field and how many entries have it. */
export interface Facet<T extends string | number | boolean = string | number | boolean> {
  value: T;
  count: number;
}

/** What `add` takes beside key and vector. */
export type AddRest<M, Absent> = [Absent] extends [never]
  ? [metadata: M, options?: AddOptions]
  : [metadata?: M | undefined, options?: AddOptions];

/** What `addMany` takes beside keys and vectors. */
export type AddManyRest<M, Absent> = [Absent] extends [never]
  ? [metadata: readonly M[], options?: AddOptions]
  : [metadata?: readonly (M | undefined)[] | undefined, options?: AddOptions];
