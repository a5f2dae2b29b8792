/* Where is what in a store's folder, and which formats of its catalog are read? For what opens a store, and what copies one. */

/** The catalog's file. */
export const CATALOG = "store.json";
/** Folders of indexes: of one collection each, and of those that collections share. */
export const COLLECTIONS = "collections";
export const GROUPS = "groups";

/** Of the catalog: what is written, and what else is read. */
export const FORMAT = 2;
export const FORMER = 1;

/** "groups/3" or "collections/7". */
export type Place = string;

/** Where a collection's index is. `group`: the number of one that it shares, or null. */
export function placeOf({ number, group }: { number: number; group: number | null }): Place {
  return group === null ? `${COLLECTIONS}/${number}` : `${GROUPS}/${group}`;
}
