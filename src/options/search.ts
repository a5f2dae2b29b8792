/* What can a user choose for one search? */
import type { Include, Where } from "../documents/types.ts";
import { HnswError } from "../errors.ts";
import type { Key } from "../values/keys.ts";
import { badOption, isObject, readRecall, refuseUnknown, show } from "./checks.ts";
import { readFlag, readInclude, readNow } from "./entries.ts";

/** Of a method, whose arguments the compiler compares both ways: so a `Space<string>` is a `Space<Key>`. */
type Filter<K extends Key> = { passes(key: K): boolean }["passes"];

export interface SearchOptions<
  K extends Key = Key,
  M = unknown,
  I extends Include = Include,
  E extends boolean = boolean,
> {
  /** How many neighbours, a positive integer. Default 10. */
  k?: number | undefined;
  /** Candidates kept while searching; below `k` it is raised to `k`. Above 4,096 the scan is exact. Wins over the index's `recall`. */
  ef?: number | undefined;
  /** Share of the k nearest that this search is to find, .5 to .999, or `"exact"` for all of them. Not together with `ef`. */
  recall?: number | "exact" | undefined;
  /** Only entries whose documents match are hits, always min(k, matches) of them. */
  where?: Where<M> | undefined;
  /** Only these are hits, 100,000 keys at most. */
  keys?: readonly K[] | undefined;
  /** Only keys for which this returns true are hits; at once, not as a promise. Called at most once per key and search. */
  filter?: Filter<K> | undefined;
  /** What comes beside key and distance. */
  include?: readonly I[] | undefined;
  /** Whether to say which way the search took; it resolves to `{ hits, explain }` then. */
  explain?: E | undefined;
  /** The time, in milliseconds since 1970, by which entries are expired or not. Default: now. */
  now?: number | undefined;
}

/** @internal What a search is asked, with defaults. */
export interface Asked {
  k: number;
  /** At least k, or MOST_EF for an exact scan; null: it follows from `recall`. */
  ef: number | null;
  recall: number;
  filter: ((key: Key) => boolean) | undefined;
  where: unknown;
  keys: readonly Key[] | undefined;
  include: ReadonlySet<Include>;
  explain: boolean;
  now: number;
}

/** @internal What an index says of searches that say nothing themselves. */
export type SearchDefaults = Pick<Asked, "ef" | "recall">;

const NAMES = ["k", "ef", "recall", "where", "keys", "filter", "include", "explain", "now"];
const MOST = 0xfffffff; // what the core takes; no space holds as many
const MOST_KEYS = 100_000;
const REST = { filter: undefined, where: undefined, keys: undefined, include: readInclude(undefined), explain: false };

/** @internal The options of a search, with defaults. `also`: names that it takes besides. Throws BAD_OPTION or BAD_K. */
export function resolveSearch(
  given: SearchOptions | undefined,
  defaults: SearchDefaults,
  also: readonly string[] = [],
): Asked {
  if (given === undefined) return { k: 10, ...widthOf(10, {}, defaults), ...REST, now: Date.now() };
  if (!isObject(given)) throw badOption("Search options must be an object.");
  for (const name in given) {
    if (!NAMES.includes(name) && !also.includes(name)) refuseUnknown(given, [...NAMES, ...also], "search");
  }
  const { k = 10, filter, where, keys, include, explain, now } = given;
  if (!Number.isSafeInteger(k) || k < 1)
    throw new HnswError("BAD_K", `\`k\` must be a positive integer, not ${show(k)}.`);
  if (filter !== undefined && typeof filter !== "function") throw badOption("`filter` must be a function on keys.");
  const asked: Asked = {
    ...{ k: Math.min(k, MOST), ...widthOf(k, given, defaults), filter, where },
    keys: keys === undefined ? undefined : readKeys(keys),
    include: readInclude(include),
    explain: readFlag("explain", explain),
    now: readNow(now),
  };
  const other = where !== undefined ? "where" : keys !== undefined ? "keys" : asked.explain ? "explain" : null;
  if (filter === undefined || other === null) return asked;
  throw badOption(`\`filter\` and \`${other}\` exclude each other: let \`where\` or \`keys\` choose.`);
}

/** How wide a search is to walk, or what decides it. */
function widthOf(k: number, { ef, recall }: SearchOptions, defaults: SearchDefaults): SearchDefaults {
  if (ef !== undefined && recall !== undefined) {
    throw badOption("`ef` and `recall` exclude each other: a given `ef` decides how much is found.");
  }
  if (recall === "exact") return { ef: MOST, recall: 1 };
  if (recall !== undefined) return { ef: null, recall: readRecall("recall", recall, 1, ' or "exact"') };
  const chosen = ef === undefined ? defaults.ef : ef;
  if (chosen === null && ef === undefined) return { ef: null, recall: defaults.recall };
  if (!Number.isSafeInteger(chosen) || chosen! < 1) {
    throw badOption(`\`ef\` must be a positive integer, not ${show(chosen)}.`);
  }
  return { ef: Math.min(Math.max(k, chosen!), MOST), recall: defaults.recall };
}

function readKeys(given: unknown): readonly Key[] {
  if (!Array.isArray(given)) throw badOption(`\`keys\` must be an array, not ${show(given)}.`);
  if (given.length > MOST_KEYS) throw badOption(`\`keys\` may hold ${MOST_KEYS} keys, not ${given.length}.`);
  return Array.from(given);
}
