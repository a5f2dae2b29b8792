/* How are points added, changed and deleted? Each operation is read first, as a whole; then it takes its place in the line. */
import type { Key } from "../../values/keys.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { badFormat, noPoint, notServed, wrongInput } from "../wire/refusals.ts";
import {
  byKind,
  expected,
  list,
  mapped,
  maybe,
  object,
  type Read,
  refused,
  type Schema,
  text,
} from "../wire/schema.ts";
import type { Collection } from "./collection.ts";
import { payload, payloadOf } from "./documents.ts";
import { type Filter, filter } from "./filter.ts";
import { pointId } from "./ids.ts";
import { eachMatch, keysOf, type Match } from "./matching.ts";
import { mergeAt, type Path, type Payload, readPath, removeAt } from "./paths.ts";
import type { Points } from "./points.ts";
import { type NewPoint, type Numbers, put, Rows, removeMany, removeNow, replace, rewrite } from "./rewrite.ts";

const MOST_POINTS = 100_000;

/** Its length is compared with the collection's later. An empty object stands for none. */
export const vector: Schema<Numbers | null> = {
  shape: {
    anyOf: [
      { type: "array", items: { type: "number" } },
      { type: "object", maxProperties: 0 },
    ],
  },
  read(value, at) {
    if (Array.isArray(value)) return numbersOf(value, at);
    if (!isRecord(value)) throw expected(at, "an array of numbers", value);
    const [name] = Object.keys(value);
    if (name === undefined) return null;
    if (name === "") return numbersOf(value[name]!, at);
    if ("indices" in value) throw notServed("a sparse vector");
    if ("model" in value) throw notServed("inference on the server");
    throw notServed(`the named vector "${name}"`);
  },
};

function numbersOf(value: Value, at: string): Numbers {
  if (!Array.isArray(value)) throw expected(at, "an array of numbers", value);
  for (let i = 0; i < value.length; i++) {
    if (Number.isFinite(value[i])) continue;
    if (Array.isArray(value[i])) throw notServed("a multivector");
    if (typeof value[i] !== "bigint") throw expected(`${at}[${i}]`, "a finite number", value[i]!);
    value[i] = Number(value[i]);
  }
  return value as number[];
}

export const point = object({ id: pointId, vector: maybe(vector), payload: maybe(payload) });
const batch = object({
  ids: list(pointId, MOST_POINTS),
  vectors: maybe(byKind({ array: list(vector, MOST_POINTS), object: list(vector, MOST_POINTS) })),
  payloads: maybe(list(maybeNull(payload), MOST_POINTS)),
});
export const upsertBody = object({
  points: maybe(list(point, MOST_POINTS)),
  batch: maybe(batch),
  ...{ shard_key: refused, update_filter: refused, update_mode: refused },
});

function maybeNull<T>(schema: Schema<T>): Schema<T | undefined> {
  return { ...schema, read: (value, at) => (value === null ? undefined : schema.read(value, at)) };
}

/** Points by their ids, or those that pass a filter. */
const which = { points: maybe(list(pointId, MOST_POINTS)), filter: maybe(filter), shard_key: refused };
export const deleteBody = object(which);
const path = mapped(text(1024), readPath);
export const payloadBody = object({ payload, key: maybe(path), ...which });
export const overwriteBody = object({ payload, key: maybe(path), ...which });
export const keysBody = object({ keys: list(path, 1000), ...which });
export const vectorsBody = object({
  points: list(object({ id: pointId, vector }), MOST_POINTS),
  ...{ shard_key: refused, update_filter: refused },
});
export const deleteVectorsBody = object({ ...which, vector: list(text(), 1) });

/** What can stand in a batch, each under its own name. */
export const operationsBody = object({
  operations: list(
    object({
      upsert: maybe(upsertBody),
      delete: maybe(deleteBody),
      set_payload: maybe(payloadBody),
      overwrite_payload: maybe(overwriteBody),
      delete_payload: maybe(keysBody),
      clear_payload: maybe(deleteBody),
      update_vectors: maybe(vectorsBody),
      delete_vectors: maybe(deleteVectorsBody),
    }),
    10_000,
  ),
});

/** A write that was read: doing it takes its place in the line at once. `prepare` comes before, where there is much to do. */
export interface Write {
  (): Promise<void>;
  prepare?(): Promise<void>;
}

export function upsert(collection: Collection, given: Read<typeof upsertBody>): Write {
  const points = pointsOf(given);
  for (const { vector } of points.values()) checkSize(collection, vector);
  const list = [...points.values()];
  let rows: Rows | undefined;
  const prepare = async () => {
    rows = await Rows.of(collection, list);
  };
  return Object.assign(() => put(collection, list, rows), { prepare });
}

/** Of several with one id the last counts. */
function pointsOf({ points, batch }: Read<typeof upsertBody>): Map<Key, NewPoint> {
  if ((points === undefined) === (batch === undefined)) throw badFormat("the body takes either `points` or `batch`");
  const found = new Map<Key, NewPoint>();
  const take = (id: Key, vector: Numbers | null = null, payload: Payload = {}) => {
    found.delete(id);
    found.set(id, { id, vector, payload });
  };
  for (const { id, vector, payload } of points ?? []) take(id, vector, payload);
  if (batch !== undefined) {
    const { ids, vectors, payloads } = batch;
    for (const [name, { length }] of Object.entries({ vectors: vectors ?? ids, payloads: payloads ?? ids })) {
      if (length !== ids.length) throw wrongInput(`there are ${ids.length} ids and ${length} ${name}`);
    }
    for (const [i, id] of ids.entries()) take(id, vectors?.[i] ?? null, payloads?.[i] ?? {});
  }
  return found;
}

export function checkSize({ size }: Collection, vector: Numbers | null): void {
  if (vector === null || vector.length === size) return;
  throw wrongInput(`Vector dimension error: expected dim: ${size}, got ${vector.length}`);
}

// ── writes that name points ─────────────────────────────────────────────────────────────────────────────────────────
interface Which {
  points?: Key[] | undefined;
  filter?: Filter | undefined;
}

function checkWhich({ points, filter }: Which): void {
  if (points === undefined && filter === undefined) throw badFormat("the body takes either `points` or `filter`");
}

export function remove(collection: Collection, { points, filter }: Read<typeof deleteBody>): Write {
  checkWhich({ points, filter });
  if (points !== undefined) {
    const keys = [...new Set(points)];
    return () => removeMany(collection, keys);
  }
  return () =>
    collection.byItself(() =>
      collection.use(async (points, index) => {
        await removeNow(collection, index, await keysOf(collection, points, filter!));
      }),
    );
}

/** Changes the payload of each point that is meant. Rejects with 404 if a point is named that is not there. */
function changeEach(collection: Collection, which: Which, change: (payload: Payload) => Payload): Write {
  checkWhich(which);
  return () =>
    collection.byItself(async () => {
      await collection.use((points, index) =>
        rewrite(collection, index, (take) => eachOf(collection, points, which, take), change),
      );
      collection.operations++;
    });
}

async function eachOf(
  collection: Collection,
  all: Points,
  { points, filter }: Which,
  take: (match: Match) => unknown,
): Promise<void> {
  if (points === undefined) return await eachMatch(collection, all, filter!, take);
  const keys = [...new Set(points)];
  const found = await all.getMany(keys, ["metadata"]);
  const missing = found.indexOf(undefined);
  if (missing >= 0) throw noPoint(keys[missing]);
  for (const entry of found) await take({ key: entry!.key, document: entry!.metadata });
}

export function setPayload(collection: Collection, given: Read<typeof payloadBody>): Write {
  return changeEach(collection, given, (payload) => {
    mergeAt(payload, given.key ?? null, structuredClone(given.payload));
    return payload;
  });
}

export function overwritePayload(collection: Collection, given: Read<typeof overwriteBody>): Write {
  return changeEach(collection, given, (payload) => {
    if (given.key === undefined) return given.payload;
    removeAt(payload, given.key);
    mergeAt(payload, given.key, structuredClone(given.payload));
    return payload;
  });
}

export function deletePayload(collection: Collection, given: Read<typeof keysBody>): Write {
  return changeEach(collection, given, (payload) => {
    for (const path of given.keys) removeAt(payload, path as Path);
    return payload;
  });
}

export function clearPayload(collection: Collection, given: Read<typeof deleteBody>): Write {
  return changeEach(collection, given, () => ({}));
}

// ── writes of vectors ───────────────────────────────────────────────────────────────────────────────────────────────
export function updateVectors(collection: Collection, { points }: Read<typeof vectorsBody>): Write {
  const vectors = new Map(points.map(({ id, vector }) => [id, vector]));
  for (const vector of vectors.values()) checkSize(collection, vector);
  return () => replaceVectors(collection, { points: [...vectors.keys()] }, (id) => vectors.get(id) ?? null);
}

export function deleteVectors(collection: Collection, given: Read<typeof deleteVectorsBody>): Write {
  checkWhich(given);
  if (given.vector[0] !== "") throw notServed(`the named vector "${given.vector[0]}"`);
  return () => replaceVectors(collection, given, () => null);
}

function replaceVectors(collection: Collection, which: Which, vectorFor: (id: Key) => Numbers | null): Promise<void> {
  return collection.byItself(() =>
    collection.use(async (all, index) => {
      const points: NewPoint[] = [];
      await eachOf(collection, all, which, ({ key, document }) => {
        points.push({ id: key, vector: vectorFor(key), payload: payloadOf(document) });
      });
      await replace(collection, index, points);
    }),
  );
}

// ── several in order ────────────────────────────────────────────────────────────────────────────────────────────────
type Operation = Read<typeof operationsBody>["operations"][number];

const DOES = {
  upsert,
  delete: remove,
  set_payload: setPayload,
  overwrite_payload: overwritePayload,
  delete_payload: deletePayload,
  clear_payload: clearPayload,
  update_vectors: updateVectors,
  delete_vectors: deleteVectors,
} as const;

/** All are read before the first is done. */
export function writesOf(collection: Collection, operations: readonly Operation[]): Write[] {
  return operations.map((operation, i) => {
    const names = Object.keys(operation) as (keyof typeof DOES)[];
    if (names.length !== 1)
      throw badFormat(`\`operations\`[${i}] takes exactly one of ${Object.keys(DOES).join(", ")}`);
    const does = DOES[names[0]!] as (collection: Collection, given: unknown) => Write;
    return does(collection, operation[names[0]!]);
  });
}
