/* How are points read without a query: by id, page by page, in the order of a field, counted, or by the values of a field? */
import { Slice } from "../../runtime/event-loop.ts";
import { First } from "../../values/first.ts";
import type { Key } from "../../values/keys.ts";
import type { Value } from "../wire/json.ts";
import { badFormat, noPoint } from "../wire/refusals.ts";
import {
  anything,
  atMost,
  boolean,
  byKind,
  list,
  mapped,
  maybe,
  object,
  oneOf,
  type Read,
  refused,
  text,
} from "../wire/schema.ts";
import type { Collection } from "./collection.ts";
import { momentOf } from "./dates.ts";
import { payloadOf } from "./documents.ts";
import { type Filter, filter, isAll } from "./filter.ts";
import { pointId } from "./ids.ts";
import { fieldOf } from "./indexes.ts";
import { candidatesOf, checkOf, eachMatch, planFor } from "./matching.ts";
import { isBetween } from "./passes.ts";
import { type Path, readPath, valuesAt } from "./paths.ts";
import type { Points } from "./points.ts";
import { type Chosen, includeFor, recordOf, withPayload, withVector } from "./selection.ts";
import { comesBefore, type SortedIds } from "./sorted-ids.ts";

const ALL: Filter = { must: [], should: [], mustNot: [], minShould: null };
/** Points of one response. */
export const MOST_RECORDS = 100_000;
const everything = (payload: { [name: string]: Value }) => payload;

const chosen = { with_payload: withPayload, with_vector: withVector };
const path = mapped(text(1024), readPath);

export const retrieveBody = object({ ids: list(pointId, MOST_RECORDS), ...chosen, shard_key: refused });

export async function retrieve(collection: Collection, given: Read<typeof retrieveBody>) {
  const { ids, with_payload = everything, with_vector = false } = given;
  return await collection.read(undefined, (points) =>
    recordsOf(collection, points, [...new Set(ids)], { payload: with_payload, vector: with_vector }),
  );
}

export async function retrieveOne(collection: Collection, id: Key) {
  const [found] = await retrieve(collection, { ids: [id], with_vector: true } as Read<typeof retrieveBody>);
  if (found === undefined) throw noPoint(id);
  return found;
}

async function recordsOf(collection: Collection, points: Points, keys: Key[], chosen: Chosen) {
  const found = await points.getMany(keys, includeFor(chosen));
  const records: ReturnType<typeof recordOf>[] = [];
  const slice = new Slice();
  for (const entry of found) {
    if (entry !== undefined) records.push(recordOf(entry, chosen, collection));
    if (slice.isOver) await slice.next();
  }
  return records;
}

// ── page by page ────────────────────────────────────────────────────────────────────────────────────────────────────
const start = byKind({ number: mapped(anything, (value) => value), string: text(64) });
export const orderBy = byKind({
  string: mapped(path, (key) => ({ key })),
  object: object({ key: path, direction: maybe(oneOf("asc", "desc")), start_from: maybe(start) }),
});
export const scrollBody = object({
  filter: maybe(filter),
  limit: maybe(atMost(1, MOST_RECORDS)),
  offset: maybe(pointId),
  order_by: maybe(orderBy),
  ...chosen,
  shard_key: refused,
});

export async function scroll(collection: Collection, given: Read<typeof scrollBody>) {
  const { filter = ALL, limit = 10, offset = null, order_by, with_payload = everything, with_vector = false } = given;
  const chosen = { payload: with_payload, vector: with_vector };
  if (order_by !== undefined) {
    if (offset !== null) throw badFormat("`offset` does not go with `order_by`: use `start_from`");
    return { points: await ordered(collection, filter, order_by, limit, chosen), next_page_offset: null };
  }
  const ids = await collection.sorted();
  return await collection.read(filter, async (points) => {
    const keys = await firstKeys(collection, points, ids, filter, offset, limit + 1);
    const records = await recordsOf(collection, points, keys.slice(0, limit), chosen);
    return { points: records, next_page_offset: keys[limit] ?? null };
  });
}

const AT_ONCE = 256;
const LOOKED_AT_FIRST = 4096; // documents, before the filter's matches are counted

/**
 * The first ids from `offset` on that pass and are there. Documents are looked at in the order of ids; once more were looked at
 * than the index has candidates, these are listed instead. So a page costs at most twice the cheaper way, and all pages of a
 * scroll together look at each document about twice.
 */
async function firstKeys(
  collection: Collection,
  points: Points,
  ids: SortedIds,
  filter: Filter,
  offset: Key | null,
  most: number,
) {
  const check = isAll(filter) ? null : checkOf(collection, filter);
  const include: "metadata"[] = check === null ? [] : ["metadata"];
  const found: Key[] = [];
  let [from, isFirst, looked] = [offset, true, 0];
  // Counting begins with a look at each space.
  const patience = Math.max(LOOKED_AT_FIRST, points.names.length);
  let candidates: number | null = null;
  const slice = new Slice();
  for (;;) {
    const some = take(ids.from(from), AT_ONCE + 1, isFirst ? null : from);
    const last = some.at(-1);
    for (const entry of await points.getMany(some, include)) {
      if (entry === undefined) continue;
      if (check === null || check(entry.key, payloadOf(entry.metadata))) found.push(entry.key);
      if (found.length === most) return found;
    }
    looked += some.length;
    if (last === undefined || some.length < AT_ONCE) return found;
    if (check !== null && looked >= patience) {
      candidates ??= await candidatesOf(collection, points, filter);
      if (looked >= candidates) return await firstOfAll(collection, points, filter, offset, most);
    }
    [from, isFirst] = [last, false];
    if (slice.isOver) await slice.next();
  }
}

/** `but`: one that was taken before. */
function take(ids: Generator<Key>, most: number, but: Key | null): Key[] {
  const taken: Key[] = [];
  for (const id of ids) {
    if (taken.length === most - 1) break;
    if (id !== but) taken.push(id);
  }
  return taken;
}

async function firstOfAll(
  collection: Collection,
  points: Points,
  filter: Filter,
  offset: Key | null,
  most: number,
): Promise<Key[]> {
  const first = new First<Key>(most, comesBefore);
  await eachMatch(collection, points, filter, ({ key }) => {
    if (offset === null || !comesBefore(key, offset)) first.offer(key);
  });
  return first.sorted();
}

// ── in the order of a field ─────────────────────────────────────────────────────────────────────────────────────────
type Order = { key: Path; direction?: "asc" | "desc" | undefined; start_from?: Value | undefined };

interface Placed {
  key: Key;
  place: number;
  value: Value;
  /** The older one comes first. */
  turn: number;
}

/** A point comes once for each number or date that it has there. */
export function ordered(collection: Collection, filter: Filter, order: Order, limit: number, chosen: Chosen) {
  return collection.read(filter, (points) => inOrder(collection, points, filter, order, limit, chosen));
}

async function inOrder(
  collection: Collection,
  points: Points,
  filter: Filter,
  order: Order,
  limit: number,
  chosen: Chosen,
) {
  const isDown = order.direction === "desc";
  const first = order.start_from === undefined ? null : placeOf(order.start_from);
  const bound = first === null ? null : { value: first, inclusive: true };
  const places = new First<Placed>(limit, (a, b) => {
    if (a.place === b.place) return a.turn < b.turn;
    return a.place < b.place !== isDown;
  });
  let turn = 0;
  await eachMatch(collection, points, filter, ({ key, document }) => {
    for (const value of valuesAt(payloadOf(document), order.key).flat()) {
      const place = placeOf(value);
      if (place === null || !isBetween(place, isDown ? null : bound, isDown ? bound : null)) continue;
      places.offer({ key, place, value, turn: turn++ });
    }
  });
  const page = places.sorted();
  const records = await recordsOf(collection, points, [...new Set(page.map(({ key }) => key))], chosen);
  const byId = new Map(records.map((record) => [record.id, record]));
  return page.filter(({ key }) => byId.has(key)).map(({ key, value }) => ({ ...byId.get(key)!, order_value: value }));
}

function placeOf(value: Value): number | null {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : momentOf(value);
}

// ── counted ─────────────────────────────────────────────────────────────────────────────────────────────────────────
export const countBody = object({ filter: maybe(filter), exact: maybe(boolean), shard_key: refused });

export async function count(collection: Collection, { filter = ALL }: Read<typeof countBody>) {
  return { count: await countOf(collection, filter) };
}

async function countOf(collection: Collection, filter: Filter): Promise<number> {
  return await collection.read(filter, async (points) => {
    const { where, exact } = planFor(collection, filter);
    if (exact) return await points.count(where);
    let count = 0;
    await eachMatch(collection, points, filter, () => void count++);
    return count;
  });
}

export const facetBody = object({
  key: path,
  limit: maybe(atMost(1, 10_000)),
  filter: maybe(filter),
  exact: maybe(boolean),
  shard_key: refused,
});

/** The values of a field and how many points have each, the most frequent first. */
export async function facet(collection: Collection, { key, limit = 10, filter = ALL }: Read<typeof facetBody>) {
  const counts = await collection.read(filter, (points) => countsOf(collection, points, key, filter));
  const hits = Array.from(counts, ([value, count]) => ({ value, count }));
  hits.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { hits: hits.slice(0, limit) };
}

async function countsOf(collection: Collection, points: Points, key: Path, filter: Filter) {
  const index = collection.indexes.get(key.text);
  const { where, exact } = planFor(collection, filter);
  if (exact && index?.ready && ["keyword", "uuid", "bool"].includes(index.type)) {
    const found = await points.facets(fieldOf(index.name), where);
    if (found !== null) return found;
  }
  const counts = new Map<string | number | bigint | boolean, number>();
  await eachMatch(collection, points, filter, ({ document }) => {
    for (const value of new Set(valuesAt(payloadOf(document), key).flat())) {
      if (value !== null && typeof value !== "object") counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  });
  return counts;
}
