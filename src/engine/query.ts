/* What is in a space: keys, vectors, how many? */
import { E_BUSY, E_STALE } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { RankedHit, Seat } from "../core/seat.ts";
import type { Key, KeyHeader } from "../values/keys.ts";
import type { Host } from "./host.ts";
import { isOlder, type LookAt, scanSpace } from "./scan.ts";
import { merged } from "./sorting.ts";

/** What a call finds in a space, or what stands for it where there is no space; AGAIN while the partition is busy. */
export function read<T>(host: Host, space: string, call: (ref: calls.SpaceRef) => T | calls.Refusal, absent: () => T) {
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
  const now = Date.now();
  return readKey(host, space, key, (seat, ref, header) => calls.get(seat, ref, header, now), undefined);
}

export function has(host: Host, space: string, key: Key): Promise<boolean> {
  const now = Date.now();
  return readKey(host, space, key, (seat, ref, header) => calls.has(seat, ref, header, now), false);
}

export function readKey<T>(
  host: Host,
  space: string,
  key: Key,
  call: (seat: Seat, space: calls.SpaceRef, key: KeyHeader) => T | calls.Refusal,
  absent: T,
): Promise<T> {
  const look = (ref: calls.SpaceRef) => call(ref.seat, ref, ref.seat.putKey(key));
  const attempt = () => read(host, space, look, () => absent);
  try {
    host.assertOpen();
    host.seats[0]!.checkKey(key); // even where there is no space
    const found = attempt();
    return found === calls.AGAIN ? host.eventually(attempt) : Promise.resolve(found);
  } catch (error) {
    return Promise.reject(error);
  }
}

export async function keys(host: Host, space: string): Promise<Key[]> {
  const lists: RankedHit[][] = [];
  const now = Date.now();
  const list: LookAt = (seat, piece) => calls.scanPiece(seat, piece, 0, now);
  // Mostly in order already: only what came while a compaction moved others stands between them.
  await scanSpace(host, starting(host, space), list, (found) => void lists.push(found.sort((a, b) => a.age - b.age)));
  return (await merged(lists, isOlder, Number.POSITIVE_INFINITY)).map(({ key }) => key);
}

/** Begins a scan of a space, once its partition is free; resolves to null where there is no space. */
export function starting(host: Host, space: string, absent = () => {}) {
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
  const live = calls.liveAt(ref.seat, ref, Date.now());
  if (live !== null) return live;
  host.forget(space);
  return liveIn(host, space);
}

/** Throws if one of the first `count` vectors of the intake is none that any space takes. */
export function refuseBad(host: Host, count: number, nameOf: (index: number) => string): void {
  const seat = host.seats[0]!;
  const bad = calls.checkVectors(seat, count);
  if (bad !== null) throw host.refusal(bad.refusal, seat, nameOf(bad.index));
}
