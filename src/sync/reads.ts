/* What is in a space, before the call returns? */
import * as calls from "../core/calls.ts";
import type { RankedHit, Seat } from "../core/seat.ts";
import { programOf } from "../documents/program.ts";
import type { Include } from "../documents/types.ts";
import type { Condition } from "../documents/where.ts";
import { type Matches, startMatching } from "../engine/matches.ts";
import { read } from "../engine/query.ts";
import { including, type PlainEntry } from "../engine/rows.ts";
import { cut, isOlder, type LookAt } from "../engine/scan.ts";
import { type GetOptions, optionsOf, readInclude, readNow } from "../options/entries.ts";
import type { Key, KeyHeader } from "../values/keys.ts";
import type { SyncHandle } from "./handle.ts";

export function getNow(handle: SyncHandle, space: string, key: Key): Float32Array | undefined {
  const now = Date.now();
  return readKeyNow(handle, space, key, (seat, ref, header) => calls.get(seat, ref, header, now), undefined);
}

export function getEntryNow(handle: SyncHandle, space: string, key: Key, options: GetOptions<Include>) {
  handle.assertOpen();
  const given = optionsOf(options, ["include", "now"], "get");
  const [include, now] = [readInclude(given.include), readNow(given.now)];
  const call = (seat: Seat, ref: calls.SpaceRef, header: KeyHeader) =>
    calls.getRow(seat, ref, header, now, include.has("vector"));
  const found = readKeyNow<calls.FoundRow | undefined>(handle, space, key, call, undefined);
  return found && (including({ key }, found, include) as PlainEntry);
}

export function hasNow(handle: SyncHandle, space: string, key: Key): boolean {
  const now = Date.now();
  return readKeyNow(handle, space, key, (seat, ref, header) => calls.has(seat, ref, header, now), false);
}

function readKeyNow<T>(
  handle: SyncHandle,
  space: string,
  key: Key,
  call: (seat: Seat, ref: calls.SpaceRef, header: KeyHeader) => T | calls.Refusal,
  absent: T,
): T {
  handle.assertOpen();
  handle.seat.checkKey(key);
  const look = (ref: calls.SpaceRef) => call(ref.seat, ref, ref.seat.putKey(key));
  return handle.look(() => read(handle, space, look, () => absent));
}

/** Every key, oldest entry first. */
export function keysNow(handle: SyncHandle, space: string): Key[] {
  const now = Date.now();
  const found = scanNow(
    handle,
    space,
    (seat, piece) => calls.scanPiece(seat, piece, 0, now),
    () => {},
  );
  return found.sort((a, b) => (isOlder(a, b) ? -1 : 1)).map(({ key }) => key);
}

/** Looks at all of a space, in pieces that a call of the core takes. `absent`: looks at what was given instead. */
export function scanNow(handle: SyncHandle, space: string, look: LookAt, absent: () => void): RankedHit[] {
  const start = (ref: calls.SpaceRef) => {
    const pieces = calls.startScan(ref.seat, ref);
    return typeof pieces === "number" ? pieces : { pieces };
  };
  const started = handle.look(() =>
    read(handle, space, start, () => {
      absent();
      return null;
    }),
  );
  if (started === null) return [];
  const { seat } = handle;
  const found: RankedHit[] = [];
  try {
    for (const piece of started.pieces.flatMap((whole) => cut(whole, seat.dimensions))) {
      const hits = handle.guarded(() => look(seat, piece));
      if (typeof hits === "number") throw handle.refusal(hits, seat, "The query");
      for (const hit of hits) found.push(hit);
    }
  } finally {
    handle.guarded(() => calls.endScan(seat));
  }
  return found;
}

/** What `work` makes of the matches of a condition, `absent` where there is no space. Columns are whole here. */
export function withMatchesNow<T>(
  handle: SyncHandle,
  space: string,
  condition: Condition,
  now: number,
  absent: () => T,
  work: (matches: Matches) => T,
): T {
  const program = programOf(condition).slice();
  const seat = handle.look(() => startMatching(handle, space, program, now));
  if (seat === null) return absent();
  try {
    let count: number | null = null;
    while (count === null) count = handle.guarded(() => calls.filterPiece(seat));
    return work({ seat, count });
  } finally {
    calls.endScan(seat);
  }
}
