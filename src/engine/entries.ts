/* Which entries are in a space, how many, and with which values? Those that match, as they were at one moment. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { cursorOf, placeOf } from "../documents/cursor.ts";
import { valueIfFits } from "../documents/fields.ts";
import { matches } from "../documents/matches.ts";
import type { Include } from "../documents/types.ts";
import { type Condition, readWhere } from "../documents/where.ts";
import { HnswError } from "../errors.ts";
import { integer } from "../options/checks.ts";
import {
  type CountOptions,
  type EntryOptions,
  type GetOptions,
  optionsOf,
  type PageOptions,
  readFlag,
  readInclude,
  readNow,
} from "../options/entries.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Key, KeyHeader } from "../values/keys.ts";
import type { Host } from "./host.ts";
import { withMatches } from "./matches.ts";
import { firstMatches, type Order } from "./ordered.ts";
import { readKey } from "./query.ts";
import { documentIn, including, type PlainEntry, wantedFor } from "./rows.ts";

const MOST_AT_ONCE = 10_000;
const AT_ONCE = 100;

const COUNT = ["where", "now"];
const ENTRIES = [...COUNT, "include", "orderBy", "descending"];

/** The entry under a key, with what is to be included; undefined where there is none. */
export async function getEntry(host: Host, space: string, key: Key, options: GetOptions<Include>) {
  host.assertOpen();
  const { include, now } = optionsOf(options, ["include", "now"], "get");
  return await readEntry(host, space, key, readInclude(include), readNow(now));
}

export async function getEntries(host: Host, space: string, keys: readonly Key[], options?: GetOptions<Include>) {
  host.assertOpen();
  const given = optionsOf(options, ["include", "now"], "getMany");
  const [include, now] = [readInclude(given.include), readNow(given.now)];
  if (!Array.isArray(keys)) throw new HnswError("BAD_KEY", "`keys` must be an array.");
  const own = Array.from(keys);
  for (const key of own) host.seats[0]!.checkKey(key);
  const found: (PlainEntry | undefined)[] = [];
  const slice = new Slice();
  for (const key of own) {
    found.push(await readEntry(host, space, key, include, now));
    if (slice.isOver) await slice.next();
  }
  return found;
}

async function readEntry(
  host: Host,
  space: string,
  key: Key,
  include: ReadonlySet<Include>,
  now: number,
): Promise<PlainEntry | undefined> {
  const found = await rowOfKey(host, space, key, now, include.has("vector"));
  return found && including({ key }, found, include);
}

function rowOfKey(host: Host, space: string, key: Key, now: number, withVector: boolean) {
  const call = (seat: Seat, ref: calls.SpaceRef, header: KeyHeader) => calls.getRow(seat, ref, header, now, withVector);
  return readKey<calls.FoundRow | undefined>(host, space, key, call, undefined);
}

export async function count(host: Host, space: string, options?: CountOptions<unknown>): Promise<number> {
  host.assertOpen();
  const { where, now } = optionsOf(options, COUNT, "count");
  const condition = readWhere(where, host.fields.table);
  return await withMatches(
    host,
    space,
    condition,
    readNow(now),
    () => 0,
    ({ count }) => count,
  );
}

export interface Page {
  entries: PlainEntry[];
  next: string | null;
}

export async function page(host: Host, space: string, options?: PageOptions<unknown, Include>): Promise<Page> {
  host.assertOpen();
  const given = optionsOf(options, [...ENTRIES, "limit", "after"], "page");
  const { condition, order, include, now } = readQuestion(host, given);
  const limit = integer("limit", given.limit, AT_ONCE, 1, MOST_AT_ONCE);
  const question = JSON.stringify([space, given.where, order.field?.name, order.descending]);
  const after = given.after === undefined || given.after === null ? null : placeOf(given.after, question);
  const nothing = (): Page => ({ entries: [], next: null });
  return await withMatches(host, space, condition, now, nothing, async (found, slice) => {
    const places = await firstMatches(host, found, order, after, limit + 1, slice);
    const entries: PlainEntry[] = [];
    const wanted = wantedFor(include);
    for (const { ref } of places.slice(0, limit)) {
      const entry = await host.whenFree(() => {
        const read = calls.matchAt(found.seat, ref, wanted);
        return typeof read === "number" ? host.again(read, found.seat) : read;
      });
      entries.push(including({ key: entry.key }, entry, include));
      if (slice.isOver) await slice.next();
    }
    return { entries, next: places.length > limit ? cursorOf(places[limit - 1]!, question) : null };
  });
}

function readQuestion(host: Host, given: Partial<EntryOptions<unknown, Include>>) {
  const { table } = host.fields;
  const field = given.orderBy === undefined ? null : table.named(String(given.orderBy), "BAD_OPTION");
  const order: Order = { field, descending: readFlag("descending", given.descending) };
  const condition = readWhere(given.where, table);
  return { condition, order, include: readInclude(given.include), now: readNow(given.now) };
}

/**
 * Every entry that matches at the first step, in order; each as it is when its turn comes, unless it was deleted or changed
 * so that it does not match any more.
 */
export async function* entries(
  host: Host,
  space: string,
  options?: EntryOptions<unknown, Include>,
): AsyncGenerator<PlainEntry> {
  host.assertOpen();
  const { condition, order, include, now } = readQuestion(host, optionsOf(options, ENTRIES, "entries"));
  const keys = await matchingKeys(host, space, condition, order, now);
  const slice = new Slice();
  for (const key of keys) {
    // A loop over entries that waits for nothing else would keep the event loop until its end.
    if (slice.isOver) await slice.next();
    const found = await rowOfKey(host, space, key, now, include.has("vector"));
    if (found !== undefined && stillMatches(condition, key, found)) yield including({ key }, found, include);
  }
}

/** The keys of all that match at one moment, in order. */
export function matchingKeys(
  host: Host,
  space: string,
  condition: Condition,
  order: Order,
  now: number,
): Promise<Key[]> {
  return withMatches(
    host,
    space,
    condition,
    now,
    () => [] as Key[],
    async (found, slice) => {
      const places = await firstMatches(host, found, order, null, found.count, slice);
      const keys: Key[] = [];
      for (const { ref } of places) {
        keys.push(calls.keyOfMatch(found.seat, ref));
        if (slice.isOver) await slice.next();
      }
      return keys;
    },
  );
}

function stillMatches(condition: Condition, key: Key, { row }: calls.FoundRow): boolean {
  if (condition.is === "all") return true;
  const document = documentIn(row);
  return matches(condition, {
    in: (field) => (document === undefined ? undefined : valueIfFits(field, document).value),
    isOneOf: (keys) => keys.includes(key),
  });
}
