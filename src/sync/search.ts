/* What is nearest to a query, before the call returns? The searches of `engine`, in one go. */
import { MAX_EF } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Condition } from "../documents/where.ts";
import { checkVerdict } from "../engine/filtered-search.ts";
import { refuseBad } from "../engine/query.ts";
import { efsAmong, type Settled, settle } from "../engine/recall.ts";
import { wantedFor } from "../engine/rows.ts";
import { isNearer } from "../engine/scan.ts";
import { conditionOf, lookNow, refuseBadQuery, type Searched, withIncluded } from "../engine/search.ts";
import { badOption } from "../options/checks.ts";
import { resolveSearch, type SearchOptions } from "../options/search.ts";
import { efFor } from "../recall/curve.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { Explanation, Hit } from "../values/reports.ts";
import { numbersOf, type Vector, VectorList, type Vectors } from "../values/vectors.ts";
import type { SyncHandle } from "./handle.ts";
import { scanNow, withMatchesNow } from "./reads.ts";

export function searchNow(handle: SyncHandle, space: string, query: Vector, options?: SearchOptions): Searched {
  const start = performance.now();
  handle.assertOpen();
  const asked = settle(handle, space, resolveSearch(options, handle.settings));
  const condition = conditionOf(handle, asked);
  const numbers = numbersOf(query, handle.settings.dimensions, "The query");
  const found = searchOne(handle, space, numbers, asked, condition);
  handle.searched(performance.now() - start);
  return found;
}

/** One list of hits a query. */
export function searchManyNow(handle: SyncHandle, space: string, queries: Vectors, options?: SearchOptions): Hit[][] {
  handle.assertOpen();
  const list = new VectorList(queries, handle.settings.dimensions);
  const asked = settle(handle, space, resolveSearch(options, handle.settings));
  if (asked.explain) throw badOption("`searchMany` does not explain: search for one of the queries.");
  const condition = conditionOf(handle, asked);
  const { seat } = handle;
  for (let first = 0; first < list.count; first += seat.intake) {
    const count = Math.min(seat.intake, list.count - first);
    list.copyTo(seat, first, count);
    refuseBad(handle, count, (index) => `Query ${first + index}`);
  }
  return Array.from({ length: list.count }, (_, i) => {
    return searchOne(handle, space, list.copy(i, 1), asked, condition) as Hit[];
  });
}

function searchOne(
  handle: SyncHandle,
  space: string,
  query: NumberArray,
  asked: Settled,
  condition: Condition | null,
): Searched {
  if (condition !== null) return searchMatchingNow(handle, space, query, asked, condition);
  if (asked.filter !== undefined) return searchFilteredNow(handle, space, query, asked);
  if (asked.ef > MAX_EF) return scanForNearestNow(handle, space, query, asked.k, asked.now);
  return handle.look(() => lookNow(handle, space, query, asked));
}

/** Looks wider until k hits pass, and at everything in the end. The filter is called at most once per key. */
function searchFilteredNow(handle: SyncHandle, space: string, given: NumberArray, asked: Settled): Hit[] {
  const query = new Float32Array(given); // a filter may search as well
  const verdicts = new Map<Hit["key"], boolean>();
  const passes = ({ key }: Hit) => {
    const verdict = verdicts.get(key) ?? checkVerdict(asked.filter!(key), key);
    verdicts.set(key, verdict);
    return verdict;
  };
  const { k, include, now } = asked;
  for (let ef = asked.ef; ; ef *= 4) {
    const isAll = ef > MAX_EF;
    const look = { ...asked, k: ef, ef, include: new Set<never>() };
    const hits = isAll
      ? scanForNearestNow(handle, space, query, Number.POSITIVE_INFINITY, now)
      : handle.look(() => lookNow(handle, space, query, look));
    const passed: Hit[] = [];
    for (const hit of hits) if ((!isAll || passed.length < k) && passes(hit)) passed.push(hit);
    if (passed.length < k && hits.length >= ef && !isAll) continue;
    const nearest = passed.slice(0, k);
    if (include.size === 0 || nearest.length === 0) return nearest;
    const keys = nearest.map(({ key }) => key);
    return searchMatchingNow(handle, space, query, asked, { is: "keys", keys }) as Hit[];
  }
}

/** The k nearest of all that there are, by looking at each. */
function scanForNearestNow(handle: SyncHandle, space: string, query: NumberArray, k: number, now: number): Hit[] {
  const look = (seat: typeof handle.seat, piece: calls.Piece) => {
    const slots = piece.to - piece.from;
    seat.putVector(query);
    return calls.scanPiece(seat, piece, Math.min(k, slots), now);
  };
  const found = scanNow(handle, space, look, () => refuseBadQuery(handle, query));
  found.sort((a, b) => (isNearer(a, b) ? -1 : 1));
  return calls.withDistances(handle.seat, found.slice(0, k));
}

function searchMatchingNow(
  handle: SyncHandle,
  space: string,
  query: NumberArray,
  asked: Settled,
  condition: Condition,
): Searched {
  const { k, beam, include, explain, now } = asked;
  const widths = efsAmong(handle, space, asked);
  const result = (hits: Hit[], explanation: Explanation) => (explain ? { hits, explain: explanation } : hits);
  const absent = () => {
    refuseBadQuery(handle, query);
    return result([], { way: "exact", matches: 0, visited: 0 });
  };
  return withMatchesNow(handle, space, condition, now, absent, ({ seat, count }) => {
    seat.putVector(query);
    const found = handle.guarded(() => calls.searchMatches(seat, k, efFor(widths, count), wantedFor(include), beam));
    if (typeof found === "number") throw handle.refusal(found, seat, "The query");
    return result(withIncluded(found.hits, include), { way: found.way, matches: count, visited: found.visited });
  });
}
