/* What is nearest to a query? Of all, of those that pass a function on keys, or of those whose documents match. */
import { MAX_EF } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { RankedHit } from "../core/seat.ts";
import { both, type Condition, readWhere } from "../documents/where.ts";
import { type Asked, resolveSearch, type SearchOptions } from "../options/search.ts";
import { efFor } from "../recall/curve.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { Explanation, Hit } from "../values/reports.ts";
import { numbersOf, type Vector } from "../values/vectors.ts";
import { type Look, type LookAtAll, searchFiltered } from "./filtered-search.ts";
import type { Host } from "./host.ts";
import { withMatches } from "./matches.ts";
import { read, refuseBad, starting } from "./query.ts";
import { efsAmong, type Settled, settle } from "./recall.ts";
import { including, wantedFor } from "./rows.ts";
import { isNearer, type LookAt, scanSpace } from "./scan.ts";
import { merged } from "./sorting.ts";

/** Hits, with `explain` also the way that the search took. */
export type Searched = Hit[] | { hits: Hit[]; explain: Explanation };

export function search(host: Host, space: string, query: Vector, options?: SearchOptions): Promise<Searched> {
  const start = performance.now();
  try {
    host.assertOpen();
    const given = resolveSearch(options, host.settings);
    const numbers = numbersOf(query, host.settings.dimensions, "The query");
    const asked = settle(host, space, given, numbers);
    const condition = conditionOf(host, asked);
    if (condition === null && !asked.filter && asked.ef <= MAX_EF) {
      const hits = lookNow(host, space, numbers, asked);
      if (hits !== calls.AGAIN) {
        host.searched(performance.now() - start);
        return Promise.resolve(hits);
      }
    }
    return searchLater(host, space, new Float32Array(numbers), asked, condition).then((hits) => {
      host.searched(performance.now() - start);
      return hits;
    });
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Which entries are meant; null: all, and nothing has to be known of the way. Throws BAD_WHERE or BAD_KEY. */
export function conditionOf(host: Host, { where, keys, explain, ef, include }: Settled): Condition | null {
  let condition = readWhere(where, host.fields.table);
  if (keys !== undefined) {
    for (const key of keys) host.seats[0]!.checkKey(key);
    condition = both(condition, keys.length === 0 ? { is: "none" } : { is: "keys", keys });
  }
  const isAll = condition.is === "all" && !explain && (ef <= MAX_EF || include.size === 0);
  return isAll ? null : condition;
}

/** Searches for one query on this thread, in as many turns as it takes. */
export async function searchLater(
  host: Host,
  space: string,
  query: NumberArray,
  asked: Settled,
  condition: Condition | null,
): Promise<Searched> {
  if (condition !== null) return await searchMatching(host, space, query, asked, condition);
  const { k, ef, filter, include } = asked;
  const plain = { ...asked, include: NOTHING };
  const look: Look = (k, ef) => host.eventually(() => lookNow(host, space, query, { ...plain, k, ef }));
  const lookAtAll: LookAtAll = (k, select) => scanForNearest(host, space, query, k, asked.now, select);
  if (filter === undefined) {
    return ef > MAX_EF ? await lookAtAll(k) : await host.eventually(() => lookNow(host, space, query, asked));
  }
  const hits = await searchFiltered(look, lookAtAll, k, ef, filter);
  if (include.size === 0 || hits.length === 0) return hits;
  // What is included must be of one moment with the distance.
  return await searchMatching(host, space, query, asked, { is: "keys", keys: hits.map(({ key }) => key) });
}

const NOTHING: Asked["include"] = new Set();

async function scanForNearest(
  host: Host,
  space: string,
  query: NumberArray,
  k: number,
  now: number,
  select?: <T extends { key: Key }>(hits: T[]) => Promise<T[]>,
): Promise<Hit[]> {
  const start = starting(host, space, () => refuseBadQuery(host, query));
  const lookAt: LookAt = (seat, piece) => {
    const slots = piece.to - piece.from;
    seat.putVector(query);
    return calls.scanPiece(seat, piece, select ? slots : Math.min(k, slots), now);
  };
  const lists: RankedHit[][] = [];
  await scanSpace(host, start, lookAt, async (hits) => void lists.push(select ? await select(hits) : hits));
  return calls.withDistances(host.seats[0]!, await merged(lists, isNearer, k));
}

/** Searches among the matches of a moment. */
function searchMatching(
  host: Host,
  space: string,
  query: NumberArray,
  asked: Settled,
  condition: Condition,
): Promise<Searched> {
  const { k, beam, include, explain, now } = asked;
  const widths = efsAmong(host, space, asked);
  const result = (hits: Hit[], explanation: Explanation) => (explain ? { hits, explain: explanation } : hits);
  const absent = () => {
    refuseBadQuery(host, query);
    return result([], { way: "exact", matches: 0, visited: 0 });
  };
  return withMatches(host, space, condition, now, absent, async ({ seat, count }) => {
    const { hits, way, visited } = await host.whenFree(() => {
      seat.putVector(query);
      const found = calls.searchMatches(seat, k, efFor(widths, count), wantedFor(include), beam);
      return typeof found === "number" ? host.again(found, seat, "The query") : found;
    });
    return result(withIncluded(hits, include), { way, matches: count, visited });
  });
}

export function withIncluded(hits: calls.FoundHit[], include: Asked["include"]): Hit[] {
  if (include.size === 0) return hits;
  return hits.map(({ key, distance, row = null, vector }) => including({ key, distance }, { row, vector }, include));
}

/** Searches at once, if the partition is free. */
export function lookNow(host: Host, space: string, query: NumberArray, asked: Settled): Hit[] | typeof calls.AGAIN {
  const { k, ef, beam, include, now } = asked;
  const look = (ref: calls.SpaceRef): Hit[] | calls.Refusal => {
    ref.seat.putVector(query);
    if (include.size === 0) return calls.search(ref.seat, ref, k, ef, now, beam);
    const found = calls.searchRows(ref.seat, ref, k, ef, now, wantedFor(include), beam);
    return typeof found === "number" ? found : withIncluded(found, include);
  };
  return read(host, space, look, () => {
    refuseBadQuery(host, query);
    return [];
  });
}

/** Throws if a query is none that any space takes: also where there is nothing to search. */
export function refuseBadQuery(host: Host, query: NumberArray): void {
  host.seats[0]!.putVector(query);
  refuseBad(host, 1, () => "The query");
}
