/* How are the points nearest to a query found? By the index; their scores are computed again, as exactly as numbers allow. */
import type { Key } from "../../values/keys.ts";
import type { Value } from "../wire/json.ts";
import { badFormat, noPoint, notServed } from "../wire/refusals.ts";
import {
  anything,
  atMost,
  boolean,
  byKind,
  integer,
  list,
  mapped,
  maybe,
  number,
  object,
  type Read,
  refused,
  type Schema,
  text,
} from "../wire/schema.ts";
import type { Collection } from "./collection.ts";
import { type Filter, filter } from "./filter.ts";
import { pointId } from "./ids.ts";
import { keysOf, planFor } from "./matching.ts";
import { diverse } from "./mmr.ts";
import { readPath, valuesAt } from "./paths.ts";
import type { Points } from "./points.ts";
import { MOST_RECORDS, orderBy, ordered, scroll } from "./reads.ts";
import { type Scored, scoreOf } from "./scores.ts";
import { type Chosen, recordOf, withPayload, withVector } from "./selection.ts";
import { checkSize, vector } from "./writes.ts";

const EXACT = 4097; // an `ef` above what a walk takes: the search scans
const MOST_BATCH = 1000;

const params = object({
  hnsw_ef: maybe(atMost(1, 4096)),
  exact: maybe(boolean),
  ...{ quantization: maybe(anything), indexed_only: maybe(boolean), acorn: maybe(anything) },
});

/** What a search starts from. */
export type Target = { is: "vector"; vector: readonly number[] | Float32Array } | { is: "id"; id: Key };

const numbers: Schema<Target> = mapped(vector, (numbers, at) => {
  if (numbers === null) throw badFormat(`${at} must not be empty`);
  return { is: "vector", vector: numbers };
});
const id: Schema<Target> = mapped(pointId, (id) => ({ is: "id", id }));

export const unnamed = maybe(
  mapped(text(), (name) => {
    if (name !== "") throw notServed(`the named vector "${name}"`);
    return name;
  }),
);
const common = {
  filter: maybe(filter),
  params: maybe(params),
  limit: maybe(atMost(1, MOST_RECORDS)),
  with_payload: withPayload,
  with_vector: withVector,
  score_threshold: maybe(number),
  shard_key: refused,
};

const diversity = object({ diversity: maybe(number), candidates_limit: maybe(integer(1, 16_384)) });
const nearest = object({
  nearest: byKind({ array: numbers, number: id, string: id, object: numbers }),
  mmr: maybe(diversity),
});
const asked = {
  ...{ recommend: refused, discover: refused, context: refused, fusion: refused, rrf: refused, formula: refused },
  ...{ sample: refused, relevance_feedback: refused },
};
const anyQuery = object({ nearest: maybe(anything), mmr: maybe(anything), order_by: maybe(orderBy), ...asked });
type Query = { target: Target; mmr?: Read<typeof diversity> | undefined } | { order: Read<typeof orderBy> };

const query = byKind({
  array: mapped(numbers, (target): Query => ({ target })),
  number: mapped(id, (target): Query => ({ target })),
  string: mapped(id, (target): Query => ({ target })),
  object: mapped(anything, (value, at): Query => {
    const { order_by } = anyQuery.read(value, at);
    if (order_by !== undefined) return { order: order_by };
    const { nearest: target, mmr } = nearest.read(value, at);
    return { target, mmr };
  }),
}) as Schema<Query>;

const lookup = { prefetch: refused, lookup_from: refused, using: unnamed };
export const queryBody = object({ query: maybe(query), offset: maybe(atMost(0, MOST_RECORDS)), ...lookup, ...common });
export const queryBatchBody = object({ searches: list(queryBody, MOST_BATCH) });

export const searchBody = object({
  vector: numbers,
  offset: maybe(atMost(0, MOST_RECORDS)),
  using: unnamed,
  ...common,
});
export const searchBatchBody = object({ searches: list(searchBody, MOST_BATCH) });

const grouping = { group_by: mapped(text(1024), readPath), group_size: maybe(integer(1, 1000)), with_lookup: refused };
export const groupsBody = object({ query: maybe(query), ...lookup, ...common, ...grouping });

type Asked = Omit<Read<typeof queryBody>, "query" | "prefetch" | "lookup_from" | "using">;
export type Hit = ReturnType<typeof recordOf> & { version: number; score: number };

function chosenIn({ with_payload = null, with_vector = false }: Partial<Asked>): Chosen {
  return { payload: with_payload, vector: with_vector };
}

/** Hits, or records in an order of their own. */
export async function runQuery(collection: Collection, given: Read<typeof queryBody>): Promise<{ points: object[] }> {
  const { query, offset = 0, limit = 10, filter } = given;
  const with_payload = given.with_payload ?? null;
  if (query === undefined) {
    const { points } = await scroll(collection, {
      ...given,
      limit: offset + limit,
      offset: undefined,
      order_by: undefined,
      with_payload,
    });
    return { points: points.slice(offset).map((point) => ({ ...point, version: 0, score: 0 })) };
  }
  if ("order" in query) {
    const points = await ordered(collection, filter ?? NONE, query.order, offset + limit, chosenIn(given));
    return { points: points.slice(offset).map((point) => ({ ...point, version: 0, score: 0 })) };
  }
  return { points: await runSearch(collection, query.target, given, query.mmr) };
}

const NONE: Filter = { must: [], should: [], mustNot: [], minShould: null };

export async function runSearch(
  collection: Collection,
  target: Target,
  given: Asked,
  mmr?: Read<typeof diversity>,
): Promise<Hit[]> {
  const { offset = 0, limit = 10 } = given;
  return await collection.read(given.filter, async (points) => {
    const from = await vectorOf(collection, points, target);
    if (from === null) return [];
    const most = mmr === undefined ? offset + limit : (mmr.candidates_limit ?? Math.max(100, offset + limit));
    let hits = await nearestTo(collection, points, from, given, most);
    if (mmr !== undefined) hits = diverse(hits, collection.distance, mmr.diversity ?? 0.5, offset + limit);
    return finished(collection, hits.slice(offset, offset + limit), chosenIn(given));
  });
}

interface Start {
  vector: readonly number[] | Float32Array;
  /** The point itself is no hit. */
  except: Key | null;
}

/** Null: the point has no vector that could be compared. */
async function vectorOf(collection: Collection, points: Points, target: Target): Promise<Start | null> {
  if (target.is === "vector") {
    checkSize(collection, target.vector);
    const isZero = collection.distance === "Cosine" && target.vector.every((one) => one === 0);
    return isZero ? null : { vector: target.vector, except: null };
  }
  const found = await points.get(target.id, ["vector"]);
  if (found === undefined) throw noPoint(target.id);
  return found.vector === undefined ? null : { vector: found.vector, except: target.id };
}

/** The best `most`, the best first. */
async function nearestTo(collection: Collection, points: Points, start: Start, given: Asked, most: number) {
  const { params, score_threshold, filter } = given;
  const k = start.except === null ? most : most + 1;
  const ef = params?.exact === true ? EXACT : params?.hnsw_ef;
  const which = await whichOf(collection, points, filter);
  const wanted = { k, ...(ef === undefined ? {} : { ef: Math.max(ef, 1) }), ...which };
  // Scores need the vector. Documents are read where their payloads are wanted: a hit's vector is never the zero that one notes.
  const include: ("metadata" | "vector")[] = given.with_payload ? ["vector", "metadata"] : ["vector"];
  const hits = (await points.search(start.vector, wanted, include)) as {
    key: Key;
    vector: Float32Array;
    metadata?: unknown;
  }[];
  const { distance } = collection;
  const from = start.vector instanceof Float32Array ? start.vector : new Float32Array(start.vector);
  const scored = hits
    .filter(({ key }) => key !== start.except)
    .map(({ key, vector, metadata }): Scored => ({ key, vector, metadata, score: scoreOf(distance, from, vector) }));
  scored.sort((a, b) => (distance === "Euclid" ? a.score - b.score : b.score - a.score));
  const passing = scored.filter(({ score }) => {
    return (
      score_threshold === undefined || (distance === "Euclid" ? score <= score_threshold : score >= score_threshold)
    );
  });
  return passing.slice(0, most);
}

/** Which way the search of a query takes, without what it finds. */
export async function runExplained(collection: Collection, given: Read<typeof queryBody>) {
  const { query, limit = 10, filter, params } = given;
  if (query === undefined || "order" in query) return { way: "documents" };
  return await collection.read(filter, async (points) => {
    const start = await vectorOf(collection, points, query.target);
    const which = await whichOf(collection, points, filter);
    if (start === null || "filter" in which) return { way: "documents" };
    const ef = params?.exact === true ? EXACT : params?.hnsw_ef;
    return await points.explain(start.vector, { k: limit, ...which, ...(ef === undefined ? {} : { ef }) });
  });
}

const MOST_KEYS = 100_000;

async function whichOf(collection: Collection, points: Points, filter: Filter | undefined) {
  if (filter === undefined) return {};
  const plan = planFor(collection, filter);
  if (plan.exact) return plan.where === undefined ? {} : { where: plan.where };
  const keys = await keysOf(collection, points, filter);
  if (keys.length <= MOST_KEYS) return { keys };
  const set = new Set(keys);
  return { filter: (key: Key) => set.has(key) };
}

function finished(collection: Collection, hits: readonly Scored[], chosen: Chosen): Hit[] {
  return hits.map((hit) => {
    const { id, ...rest } = recordOf(hit, chosen, collection);
    return { id, version: 0, score: hit.score, ...rest };
  });
}

// ── in groups ───────────────────────────────────────────────────────────────────────────────────────────────────────
/** The best groups by their best hit. Looks wider until there are enough, or nothing more. */
export async function runGroups(collection: Collection, given: Read<typeof groupsBody>) {
  const { query, group_by, limit = 10, group_size = 3, ...rest } = given;
  if (query === undefined || "order" in query || query.mmr !== undefined) throw notServed("grouping without a search");
  const payload = (one: { [name: string]: Value }) => one;
  for (let width = limit * group_size * 4; ; width *= 4) {
    const asked = { ...rest, offset: 0, limit: Math.min(width, MOST_RECORDS), with_payload: payload };
    const hits = await runSearch(collection, query.target, asked as Asked);
    const groups = grouped(hits, group_by, limit, group_size);
    const isFull = groups.length === limit && groups.every(({ hits }) => hits.length === group_size);
    if (!isFull && hits.length === asked.limit && width < MOST_RECORDS) continue;
    const choice = given.with_payload ?? null;
    for (const group of groups) {
      group.hits = group.hits.map(({ payload, ...hit }) =>
        choice === null ? hit : { ...hit, payload: choice(payload!) },
      );
    }
    return { groups };
  }
}

function grouped(hits: readonly Hit[], path: Parameters<typeof valuesAt>[1], most: number, size: number) {
  const groups = new Map<Value, Hit[]>();
  for (const hit of hits) {
    for (const value of new Set(valuesAt(hit.payload!, path).flat())) {
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") continue;
      const group = groups.get(value) ?? [];
      if (group.length === 0 && groups.size === most) continue;
      if (group.length < size) groups.set(value, [...group, hit]);
    }
  }
  return Array.from(groups, ([id, hits]) => ({ id, hits }));
}
