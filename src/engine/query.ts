/* What is in a space, and what is nearest to a query? */
import { E_BUSY, E_STALE, MAX_EF } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { RankedHit, Seat } from "../core/seat.ts";
import { resolveSearch, type SearchOptions } from "../options/search.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Key, KeyHeader } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { Hit } from "../values/reports.ts";
import { numbersOf, type Vector, VectorList, type Vectors } from "../values/vectors.ts";
import type { SearchSpreader } from "../workers/search-shares.ts";
import { type Look, type LookAtAll, searchFiltered } from "./filtered-search.ts";
import type { Host } from "./host.ts";
import { isNearer, isOlder, type LookAt, merged, scanSpace } from "./scan.ts";

/** What a call finds in a space, or what stands for it where there is no space; AGAIN while the partition is busy. */
function read<T>(host: Host, space: string, call: (ref: calls.SpaceRef) => T | calls.Refusal, absent: () => T) {
  const ref = host.find(space);
  if (ref === calls.AGAIN) return calls.AGAIN;
  if (ref === null) return absent();
  const found = host.guarded(() => call(ref));
  if (typeof found !== "number") return found;
  if (found === E_STALE) host.forget(space);
  else if (found !== E_BUSY) throw host.refusal(found, ref.seat, "The query");
  return calls.AGAIN; // after E_STALE, too: another thread dropped the space, and may have made it again
}

export function get(host: Host, space: string, key: Key): Promise<Float32Array | undefined> {
  return readKey(host, space, key, calls.get, undefined);
}

export function has(host: Host, space: string, key: Key): Promise<boolean> {
  return readKey(host, space, key, calls.has, false);
}

async function readKey<T>(
  host: Host,
  space: string,
  key: Key,
  call: (seat: Seat, space: calls.SpaceRef, key: KeyHeader) => T | calls.Refusal,
  absent: T,
): Promise<T> {
  host.assertOpen();
  host.seats[0]!.checkKey(key); // even where there is no space
  const look = (ref: calls.SpaceRef) => call(ref.seat, ref, ref.seat.putKey(key));
  return await host.eventually(() => read(host, space, look, () => absent));
}

export async function keys(host: Host, space: string): Promise<Key[]> {
  const lists: RankedHit[][] = [];
  const list: LookAt = (seat, piece) => calls.scanPiece(seat, piece, 0);
  // Mostly in order already: only what came while a compaction moved others stands between them.
  await scanSpace(host, starting(host, space), list, (found) => void lists.push(found.sort((a, b) => a.age - b.age)));
  return (await merged(lists, isOlder, Number.POSITIVE_INFINITY)).map(({ key }) => key);
}

/** Begins a scan of a space, once its partition is free; resolves to null where there is no space. */
function starting(host: Host, space: string, absent = () => {}) {
  const start = (ref: calls.SpaceRef) => {
    const pieces = calls.startScan(ref.seat, ref);
    return typeof pieces === "number" ? pieces : { seat: ref.seat, pieces };
  };
  return () =>
    host.eventually(() =>
      read(host, space, start, () => {
        absent();
        return null;
      }),
    );
}

export function size(host: Host, space: string): number {
  return liveIn(host, space) ?? 0;
}

export function exists(host: Host, space: string): boolean {
  return liveIn(host, space) !== null;
}

/** Live vectors, or null where there is no space of that name. */
function liveIn(host: Host, space: string): number | null {
  host.assertOpen();
  const ref = calls.insist(() => host.find(space));
  if (ref === null) return null;
  const live = calls.liveIn(ref.seat, ref);
  if (live !== null) return live;
  host.forget(space);
  return liveIn(host, space);
}

export function search(host: Host, space: string, query: Vector, options?: SearchOptions): Promise<Hit[]> {
  try {
    host.assertOpen();
    const { k, ef, filter } = resolveSearch(options, host.settings.ef);
    const numbers = numbersOf(query, host.settings.dimensions, "The query");
    if (filter || ef > MAX_EF) return searchLater(host, space, new Float32Array(numbers), k, ef, filter);
    const hits = lookNow(host, space, numbers, k, ef);
    if (hits !== calls.AGAIN) return Promise.resolve(hits);
    return searchLater(host, space, new Float32Array(numbers), k, ef);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Searches for one query on this thread, in as many turns as it takes. */
async function searchLater(
  host: Host,
  space: string,
  query: NumberArray,
  k: number,
  ef: number,
  filter?: (key: Key) => boolean,
): Promise<Hit[]> {
  const look: Look = (k, ef) => host.eventually(() => lookNow(host, space, query, k, ef));
  const lookAtAll: LookAtAll = async (k, select) => {
    const start = starting(host, space, () => refuseBadQuery(host, query));
    const lookAt: LookAt = (seat, piece) => {
      const slots = piece.to - piece.from;
      seat.putVector(query);
      return calls.scanPiece(seat, piece, select ? slots : Math.min(k, slots));
    };
    const lists: RankedHit[][] = [];
    await scanSpace(host, start, lookAt, async (hits) => void lists.push(select ? await select(hits) : hits));
    return calls.withDistances(host.seats[0]!, await merged(lists, isNearer, k));
  };
  if (filter) return await searchFiltered(look, lookAtAll, k, ef, filter);
  return await (ef > MAX_EF ? lookAtAll(k) : look(k, ef));
}

/** Searches at once, if the partition is free. */
function lookNow(host: Host, space: string, query: NumberArray, k: number, ef: number): Hit[] | typeof calls.AGAIN {
  const look = (ref: calls.SpaceRef) => {
    ref.seat.putVector(query);
    return calls.search(ref.seat, ref, k, ef);
  };
  return read(host, space, look, () => {
    refuseBadQuery(host, query);
    return [];
  });
}

/** Throws if a query is none that any space takes: also where there is nothing to search. */
function refuseBadQuery(host: Host, query: NumberArray): void {
  host.seats[0]!.putVector(query);
  refuseBad(host, 1, () => "The query");
}

/** Searches for many queries: the workers take what they can, this thread what is left. One list of hits a query. */
export async function searchMany(
  host: Host,
  space: string,
  queries: Vectors,
  options: SearchOptions | undefined,
  spread: SearchSpreader | null,
): Promise<Hit[][]> {
  host.assertOpen();
  const list = new VectorList(queries, host.settings.dimensions);
  const { k, ef, filter } = resolveSearch(options, host.settings.ef);
  await checkQueries(host, list);
  const ref = await host.eventually(() => host.find(space));
  if (ref === null) return Array.from({ length: list.count }, () => []);
  const shares = spread && !filter && ef <= MAX_EF ? await spread(ref, list, k, ef) : [];
  const results: Hit[][] = [];
  const slice = new Slice();
  for (let i = 0; i < list.count; i++) {
    results.push(shares[i] ?? (await searchLater(host, space, list.copy(i, 1), k, ef, filter)));
    if (slice.isOver) await slice.next();
  }
  return results;
}

async function checkQueries(host: Host, list: VectorList): Promise<void> {
  const seat = host.seats[0]!;
  const slice = new Slice();
  for (let first = 0; first < list.count; first += seat.intake) {
    const count = Math.min(seat.intake, list.count - first);
    list.copyTo(seat, first, count);
    refuseBad(host, count, (index) => `Query ${first + index}`);
    if (!slice.isOver) continue;
    await slice.next();
    host.assertOpen();
  }
}

/** Throws if one of the first `count` vectors of the intake is none that any space takes. */
function refuseBad(host: Host, count: number, nameOf: (index: number) => string): void {
  const seat = host.seats[0]!;
  const bad = calls.checkVectors(seat, count);
  if (bad !== null) throw host.refusal(bad.refusal, seat, nameOf(bad.index));
}
