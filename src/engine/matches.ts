/*
 * Which entries of a space match a condition? The core looks at the space as it was at one moment, in pieces, and keeps the
 * matches until the end: whatever is asked of them concerns that moment. Where a field is still being built, documents are
 * looked at instead of its column.
 */
import { E_BUSY, E_STALE, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { valueIfFits } from "../documents/fields.ts";
import { fieldsIn, matches } from "../documents/matches.ts";
import { programOf } from "../documents/program.ts";
import { ALL, type Condition } from "../documents/where.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Key } from "../values/keys.ts";
import type { Host } from "./host.ts";
import { documentIn } from "./rows.ts";

/** The matches of a moment, to be asked for until the work with them ends. */
export interface Matches {
  seat: Seat;
  count: number;
}

/** Resolves to what `work` makes of the matches, `absent` where there is no space. Rejects with OUT_OF_MEMORY, TIMEOUT, CLOSED. */
export function withMatches<T>(
  host: Host,
  space: string,
  condition: Condition,
  now: number,
  absent: () => T,
  work: (matches: Matches, slice: Slice) => Promise<T> | T,
): Promise<T> {
  return host.inTurn("scan", async () => {
    const isBuilt = isInColumns(host, condition);
    const program = programOf(isBuilt ? condition : ALL).slice();
    const seat = await host.eventually(() => startMatching(host, space, program, now));
    if (seat === null) return absent();
    const slice = new Slice();
    try {
      let count = await countMatches(host, seat, slice);
      if (!isBuilt) count = await keepByDocuments(host, seat, condition, slice);
      return await work({ seat, count }, slice);
    } finally {
      calls.endScan(seat);
    }
  });
}

/** Whether the columns know all that a condition asks. */
export function isInColumns(host: Host, condition: Condition): boolean {
  if (!host.fields.isBuilding) return true;
  const building = new Set(host.fields.all.filter((field) => field.building).map(({ name }) => name));
  return ![...fieldsIn(condition)].some(({ name }) => building.has(name));
}

/** Begins a filter in a space, null where there is none; AGAIN while its partition is busy. */
export function startMatching(
  host: Host,
  space: string,
  program: Uint8Array,
  now: number,
): Seat | null | typeof calls.AGAIN {
  const ref = host.find(space);
  if (ref === calls.AGAIN || ref === null) return ref;
  const status = host.guarded(() => calls.startFilter(ref.seat, ref, program, now));
  if (status === OK) return ref.seat;
  if (status === E_STALE) host.forget(space);
  else if (status !== E_BUSY) throw host.refusal(status, ref.seat);
  return calls.AGAIN;
}

async function countMatches(host: Host, seat: Seat, slice: Slice): Promise<number> {
  for (;;) {
    const count = host.guarded(() => calls.filterPiece(seat));
    if (count !== null) return count;
    if (slice.isOver) await slice.next();
    host.assertOpen();
  }
}

/** Looks at every document, and keeps what matches. */
async function keepByDocuments(host: Host, seat: Seat, condition: Condition, slice: Slice): Promise<number> {
  const kept: number[] = [];
  const sets = new Map<readonly Key[], Set<Key>>();
  await eachMatch(host, seat, calls.NO_FIELD, slice, ({ ref }) => {
    const found = calls.matchAt(seat, ref, { row: true, vector: false });
    if (typeof found === "number") return host.again(found, seat);
    const { key, row } = found;
    const document = documentIn(row);
    const isMatch = matches(condition, {
      in: (field) => (document === undefined ? undefined : valueIfFits(field, document).value),
      isOneOf: (keys) => setOf(sets, keys).has(key),
    });
    if (isMatch) kept.push(ref);
  });
  await host.whenFree(() => {
    const status = calls.keepMatches(seat, Uint32Array.from(kept), true);
    return status === OK ? OK : host.again(status, seat);
  });
  return kept.length;
}

function setOf(sets: Map<readonly Key[], Set<Key>>, keys: readonly Key[]): Set<Key> {
  const known = sets.get(keys) ?? new Set(keys);
  sets.set(keys, known);
  return known;
}

/** Takes what it is given; AGAIN while the partition is busy: then nothing has changed, and it is given the same again. */
export type Take<T> = (taken: T) => typeof calls.AGAIN | undefined;

/** Hands on every match, in the order of slots. `field`: whose value comes along. */
export async function eachMatch(
  host: Host,
  seat: Seat,
  field: number,
  slice: Slice,
  take: Take<calls.Listed>,
): Promise<void> {
  calls.relistMatches(seat);
  for (;;) {
    const found: calls.Listed[] = []; // the list lies where what is taken may be put
    const count = await host.whenFree(() => {
      const listed = calls.listMatches(seat, field, (match) => found.push(match));
      return listed < 0 ? host.again(listed, seat) : listed;
    });
    if (count === 0) return;
    for (const [i, match] of found.entries()) {
      if (host.guarded(() => take(match)) === calls.AGAIN) await host.whenFree(() => take(match));
      if ((i & 63) !== 63 || !slice.isOver) continue;
      await slice.next();
      host.assertOpen();
    }
  }
}
