/* Which points pass a filter? The index says so where it can; otherwise it names candidates, and their documents are looked at. */
import { Slice } from "../../runtime/event-loop.ts";
import type { Key } from "../../values/keys.ts";
import type { Collection } from "./collection.ts";
import { payloadOf } from "./documents.ts";
import { type Filter, isAll } from "./filter.ts";
import { passes } from "./passes.ts";
import type { Payload } from "./paths.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Points } from "./points.ts";

export interface Match {
  key: Key;
  /** As the index has it. */
  document: unknown;
}

export function planFor(collection: Collection, filter: Filter | undefined): Plan {
  return filter === undefined || isAll(filter) ? { where: undefined, exact: true } : planOf(filter, collection.indexes);
}

/** Whether a point of that document passes. */
export function checkOf(collection: Collection, filter: Filter): (key: Key, payload: Payload) => boolean {
  const { texts } = collection;
  return (id, payload) => passes(filter, { id, payload }, texts);
}

/** Hands on every point that passes, of each space by age, until `take` returns false. */
export async function eachMatch(
  collection: Collection,
  points: Points,
  filter: Filter,
  take: (match: Match) => unknown,
): Promise<void> {
  const plan = planFor(collection, filter);
  const check = checkOf(collection, filter);
  const ids = idsIn(filter);
  const slice = new Slice();
  const found = ids === null ? points.entries(plan.where, ["metadata"]) : await named(points, ids);
  for await (const { key, metadata } of found) {
    const isMatch = (plan.exact && ids === null) || check(key, payloadOf(metadata));
    if (isMatch && (await take({ key, document: metadata })) === false) return;
    if (slice.isOver) await slice.next();
  }
}

/** The ids of which every match is one; null if the filter names none. */
function idsIn({ must }: Filter): ReadonlySet<Key> | null {
  const named = must.flatMap((condition) => (condition.is === "ids" ? [condition.ids] : []));
  return named.sort((a, b) => a.size - b.size)[0] ?? null;
}

/** How many points `eachMatch` looks at. */
export async function candidatesOf(collection: Collection, points: Points, filter: Filter): Promise<number> {
  return idsIn(filter)?.size ?? (await points.count(planFor(collection, filter).where));
}

async function named(points: Points, ids: ReadonlySet<Key>) {
  const found = await points.getMany([...ids], ["metadata"]);
  return found.filter((entry) => entry !== undefined);
}

/** The ids of all that pass. */
export async function keysOf(collection: Collection, points: Points, filter: Filter): Promise<Key[]> {
  const keys: Key[] = [];
  await eachMatch(collection, points, filter, ({ key }) => void keys.push(key));
  return keys;
}
