/* What can a user choose for one search? */
import { HnswError } from "../errors.ts";
import type { Key } from "../values/keys.ts";
import { badOption, isObject, refuseUnknown, show } from "./checks.ts";

export interface SearchOptions<K extends Key = Key> {
  /** How many neighbours, a positive integer. Default 10. */
  k?: number | undefined;
  /** Candidates kept while searching; below `k` it is raised to `k`. Above 4,096 the scan is exact. */
  ef?: number | undefined;
  /** Only keys for which this returns true are hits; at once, not as a promise. Called at most once per key and search. */
  filter?: ((key: K) => boolean) | undefined;
}

type Search = SearchOptions & { k: number; ef: number };

const MOST = 0xfffffff; // what the core takes; no space holds as many

/** @internal The options of a search, with defaults. Throws BAD_OPTION or BAD_K. */
export function resolveSearch(given: SearchOptions | undefined, defaultEf: number): Search {
  if (given === undefined) return { k: 10, ef: Math.max(10, defaultEf) };
  if (!isObject(given)) throw badOption("Search options must be an object.");
  for (const name in given) {
    if (name !== "k" && name !== "ef" && name !== "filter") refuseUnknown(given, ["k", "ef", "filter"], "search");
  }
  const { k = 10, ef = defaultEf, filter } = given;
  if (!Number.isSafeInteger(k) || k < 1)
    throw new HnswError("BAD_K", `\`k\` must be a positive integer, not ${show(k)}.`);
  if (!Number.isSafeInteger(ef) || ef < 1) throw badOption(`\`ef\` must be a positive integer, not ${show(ef)}.`);
  if (filter !== undefined && typeof filter !== "function") throw badOption("`filter` must be a function on keys.");
  return { k: Math.min(k, MOST), ef: Math.min(Math.max(k, ef), MOST), filter };
}
