/* How do payload indexes come and go, while there are points? Their documents are rewritten, with other writes in between. */
import type { Key } from "../../values/keys.ts";
import type { Value } from "../wire/json.ts";
import { wrongInput } from "../wire/refusals.ts";
import type { Collection } from "./collection.ts";
import { dropEmptySpaces } from "./homes.ts";
import { fieldOf, freeName, type IndexType, isTenants } from "./indexes.ts";
import { rewrite } from "./rewrite.ts";

const MOST_INDEXES = 64;
const AT_ONCE = 256; // points between which other writes have their turn

/** Adds an index; resolves once the documents that are there have their values. */
export async function addIndex(collection: Collection, field: string, type: IndexType, schema: Value): Promise<void> {
  await collection.byItself(async () => {
    const { indexes = [], stale = [] } = collection.note;
    const known = indexes.find((index) => index.field === field);
    if (known !== undefined && known.type === type && isTenants(known) === isTenants({ type, schema })) return;
    const rest = indexes.filter((index) => index !== known);
    if (rest.length >= MOST_INDEXES) throw wrongInput(`a collection may have ${MOST_INDEXES} payload indexes`);
    const [name, fieldType] = freeName(type, [...indexes.map(({ name }) => name), ...stale]);
    const isNew = await collection.use(async (points, index) => {
      if (!Object.hasOwn(index.fields, fieldOf(name))) await index.addField(fieldOf(name), fieldType);
      return points.size === 0;
    });
    const note = { field, type, schema, name, ready: isNew };
    const left = known === undefined || isNew ? stale : [...stale, known.name];
    await collection.write({ ...collection.note, indexes: [...rest, note], stale: left });
  }, true);
  await fill(collection);
}

/** Whether there was one. */
export async function dropIndex(collection: Collection, field: string): Promise<boolean> {
  const wasThere = await collection.byItself(async () => {
    const { indexes = [], stale = [] } = collection.note;
    const dropped = indexes.find((index) => index.field === field);
    if (dropped === undefined) return false;
    const rest = indexes.filter((index) => index !== dropped);
    await collection.write({ ...collection.note, indexes: rest, stale: [...stale, dropped.name] });
    return true;
  }, true);
  await fill(collection);
  return wasThere;
}

const filling = new WeakMap<Collection, Promise<void>>();

/**
 * Gives every document the values of every index, takes those of dropped ones away, and brings every point into the space of
 * its tenant; one after the other, and with other writes in between. What a crash cuts off goes on when the collection is used
 * again.
 */
export function fill(collection: Collection): Promise<void> {
  const before = filling.get(collection) ?? Promise.resolve();
  const filled = before.catch(() => {}).then(() => fillOnce(collection));
  filling.set(collection, filled);
  return filled;
}

async function fillOnce(collection: Collection): Promise<void> {
  const { indexes = [], stale = [], placedBy } = collection.note;
  const building = indexes.filter(({ ready }) => !ready).map(({ name }) => name);
  const tenant = collection.tenant?.text;
  if (building.length === 0 && stale.length === 0 && placedBy === tenant) return;
  // Whatever comes later is as it should be already.
  const keys = await collection.read(undefined, (points) => points.keys());
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    await collection.byItself(() => refill(collection, keys.slice(from, from + AT_ONCE)));
  }
  await collection.byItself(async () => {
    const { placedBy, ...now } = collection.note;
    const filled = now.indexes?.map((index) => (building.includes(index.name) ? { ...index, ready: true } : index));
    const left = now.stale?.filter((name) => !stale.includes(name)) ?? [];
    const isPlaced = collection.tenant?.text === tenant;
    const placing = isPlaced ? (tenant === undefined ? {} : { placedBy: tenant }) : { placedBy };
    await collection.use((_, index) => dropEmptySpaces(index));
    await collection.write({ ...now, ...placing, indexes: filled ?? [], stale: left });
  }, true);
}

async function refill(collection: Collection, keys: readonly Key[]): Promise<void> {
  await collection.use(async (points, index) => {
    const found = await points.getMany(keys, ["metadata"]);
    await rewrite(collection, index, async (take) => {
      for (const entry of found) if (entry !== undefined) await take({ key: entry.key, document: entry.metadata });
    });
  });
}
