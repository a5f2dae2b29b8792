/*
 * How are points put where they belong? A new one goes to the space of its tenant; one that is in another space moves. What moves
 * points, or may, has the line of writes for itself.
 */
import type { VectorIndex } from "../../api/vector-index.ts";
import { Slice } from "../../runtime/event-loop.ts";
import type { Key } from "../../values/keys.ts";
import type { Collection, Distance } from "./collection.ts";
import { documentOf, isZeroIn, patchBetween, payloadOf } from "./documents.ts";
import { groupedBy } from "./homes.ts";
import type { Index } from "./indexes.ts";
import type { Match } from "./matching.ts";
import { inGroups, move, settle } from "./moves.ts";
import type { Path, Payload } from "./paths.ts";
import { Pending } from "./pending.ts";
import { SPACE, spaceOf } from "./tenants.ts";

export type Numbers = readonly number[] | Float32Array;

export interface NewPoint {
  id: Key;
  vector: Numbers | null;
  payload: Payload;
}

/** As an entry of the index, in the space that it is to be in. */
interface Row {
  id: Key;
  vector: Numbers | null;
  document: object | undefined;
  to: string;
}

/**
 * Adds or replaces points, behind the writes before, or by itself where one of them has to move. `rows`: the points as entries, by the
 * indexes that there are.
 */
export function put(collection: Collection, points: readonly NewPoint[], rows: Rows | undefined): Promise<void> {
  const { places } = collection;
  const stays = ({ id, to }: Row) => (places?.of(id) ?? to) === to;
  if (!collection.isOpen || !rows?.hold(collection) || !rows.list.every(stays)) {
    return collection.byItself(() => collection.use((_, index) => replace(collection, index, points, rows)));
  }
  for (const { id, to } of rows.list) places?.set(id, to);
  return collection.together(async (index) => {
    collection.came(points.map(({ id }) => id));
    await add(index, rows.hold(collection) ? rows.list : rowsOf(collection, points));
    collection.operations++;
  });
}

/** For a write that has the line for itself. */
export async function replace(
  collection: Collection,
  index: VectorIndex,
  points: readonly NewPoint[],
  rows?: Rows,
): Promise<void> {
  collection.came(points.map(({ id }) => id));
  await place(collection, index, rows?.hold(collection) ? rows.list : rowsOf(collection, points));
  collection.operations++;
}

function rowsOf({ kept, distance, tenant }: Collection, points: readonly NewPoint[]): Row[] {
  return points.map((point) => rowOf(point, kept, distance, tenant));
}

function rowOf({ id, vector, payload }: NewPoint, kept: Index[], distance: Distance, tenant: Path | null): Row {
  const isZero = distance === "Cosine" && vector !== null && vector.every((one) => one === 0);
  const document = documentOf(payload, kept, isZero);
  return { id, vector: isZero ? null : vector, document, to: spaceOf(tenant, payload) };
}

/** Points as entries, made before their write takes its place in the line, with other work in between. */
export class Rows {
  private constructor(
    readonly list: readonly Row[],
    private readonly indexes: ReadonlyMap<string, Index>,
  ) {}

  static async of(collection: Collection, points: readonly NewPoint[]): Promise<Rows> {
    const { kept, distance, tenant, indexes } = collection;
    const list: Row[] = [];
    const slice = new Slice();
    for (const point of points) {
      list.push(rowOf(point, kept, distance, tenant));
      if (slice.isOver) await slice.next();
    }
    return new Rows(list, indexes);
  }

  /** Whether they are what they would be now: no index has come or gone. */
  hold({ indexes }: Collection): boolean {
    return indexes === this.indexes;
  }
}

/** For a write that has the line for itself. */
async function place(collection: Collection, index: VectorIndex, rows: readonly Row[]): Promise<void> {
  const { places } = collection;
  const moving: (Row & { from: string })[] = [];
  const staying: Row[] = [];
  for (const row of rows) {
    const from = places?.of(row.id);
    if (from === undefined || from === row.to) staying.push(row);
    else moving.push({ ...row, from });
  }
  for (const { id, to } of staying) places?.set(id, to);
  await add(index, staying);
  for (const some of inGroups(moving)) await collection.move(() => moveGroup(collection, index, some));
}

async function moveGroup(collection: Collection, index: VectorIndex, rows: (Row & { from: string })[]): Promise<void> {
  const places = collection.places!;
  try {
    await move(index, rows, () => add(index, rows));
    for (const { id, to } of rows) places.set(id, to);
  } catch (error) {
    // Some may have come where they belong.
    await settle(index).then(
      (came) => {
        for (const { id, to } of came) places.set(id, to);
      },
      () => collection.forgetPlaces(),
    );
    throw error;
  }
}

/** Hands all of them to the index before it waits. */
async function add(index: VectorIndex, rows: readonly Row[]): Promise<void> {
  const done: Promise<void>[] = [];
  for (const [name, some] of groupedBy(rows, ({ to }) => to)) {
    const space = index.space(name);
    const [vectors, others] = [some.filter(({ vector }) => vector !== null), some.filter(({ vector }) => !vector)];
    if (vectors.length > 0) {
      const documents = vectors.map(({ document }) => document);
      const hasDocuments = documents.some((document) => document !== undefined);
      const numbers = vectors.map(({ vector }) => vector!);
      done.push(space.addMany(idsOf(vectors), numbers, hasDocuments ? documents : undefined));
    }
    if (others.length > 0) {
      const documents = others.map(({ document }) => document ?? {});
      done.push(space.addMany(idsOf(others), null, documents));
    }
  }
  await untilDone(done);
}

const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);

/** Rejects, once all are settled, with what one of them has. */
async function untilDone(writes: Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** Deletes points, behind the writes before. */
export function removeMany(collection: Collection, keys: readonly Key[]): Promise<void> {
  if (!collection.isOpen) {
    return collection.byItself(() => collection.use((_, index) => removeNow(collection, index, keys)));
  }
  const groups = groupsOf(collection, keys);
  const going = collection.places?.leave(keys);
  return collection.together(async (index) => {
    await removeGroups(collection, index, keys, groups);
    going?.left();
  });
}

/** For a write that has the line for itself. */
export async function removeNow(collection: Collection, index: VectorIndex, keys: readonly Key[]): Promise<void> {
  const going = collection.places?.leave(keys);
  await removeGroups(collection, index, keys, groupsOf(collection, keys));
  going?.left();
}

function groupsOf({ places }: Collection, keys: readonly Key[]): Map<string, readonly Key[]> {
  return places?.grouped(keys) ?? new Map([[SPACE, keys]]);
}

async function removeGroups(
  collection: Collection,
  index: VectorIndex,
  keys: readonly Key[],
  groups: Map<string, readonly Key[]>,
): Promise<void> {
  const done = Array.from(groups, ([name, some]) => index.space(name).deleteMany(some));
  collection.went(keys);
  await untilDone(done).catch((error) => {
    collection.forgetOrder();
    throw error;
  });
  collection.operations++;
}

/**
 * Changes the payload of each point that `each` hands on, and brings it where it belongs. For a write that has the line for
 * itself.
 */
export async function rewrite(
  collection: Collection,
  index: VectorIndex,
  each: (take: (match: Match) => Promise<void>) => Promise<void>,
  change: (payload: Payload) => Payload = (payload) => payload,
): Promise<void> {
  const { kept, tenant, places } = collection;
  const slice = new Slice();
  const pending = new Pending();
  let moving: Match[] = [];
  const moveSome = async () => {
    const some = moving;
    moving = [];
    await moveAll(collection, index, some);
  };
  await each(async ({ key, document }) => {
    const payload = change(payloadOf(document));
    const [from, to] = [places?.of(key) ?? SPACE, spaceOf(tenant, payload)];
    const next = documentOf(payload, kept, isZeroIn(document));
    if (from !== to) {
      moving.push({ key, document: next });
      if (moving.length >= MOST_MOVING) await moveSome();
    } else {
      const patch = patchBetween(document, next);
      if (Object.keys(patch).length > 0) await pending.add(index.space(from).update(key, patch));
    }
    if (slice.isOver) await slice.next();
  });
  await pending.done();
  await moveSome();
}

const MOST_MOVING = 256; // points whose vectors are held at a time

/** Each with the document that it is to have. */
async function moveAll(collection: Collection, index: VectorIndex, matches: readonly Match[]): Promise<void> {
  if (matches.length === 0) return;
  const { tenant, places } = collection;
  const vectors = new Map<Key, Float32Array | undefined>();
  for (const [name, keys] of places!.grouped(matches.map(({ key }) => key))) {
    const found = await index.space(name).getMany(keys, { include: ["vector"] });
    for (const entry of found) if (entry !== undefined) vectors.set(entry.key, entry.vector);
  }
  const rows = matches.map(({ key, document }): Row => {
    const to = spaceOf(tenant, payloadOf(document));
    return { id: key, vector: vectors.get(key) ?? null, document: document as object | undefined, to };
  });
  await place(collection, index, rows);
}
