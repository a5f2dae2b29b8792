/*
 * What can the core be asked to do with rows: documents, their field values, filters over them? As in calls.ts, one function
 * is one call. Rows, programs and lists go through the seat's row buffer, which grows with what is put there.
 */
import { BY_BEAM, CHOOSE_IN_F32, E_MORE, IN_F32, NOT_FOUND, OK } from "../../assembly/layout.ts";
import type { Key, KeyHeader } from "../values/keys.ts";
import type { Hit } from "../values/reports.ts";
import type { Refusal } from "./retry.ts";
import type { Seat } from "./seat.ts";
import type { SpaceAt } from "./spaces.ts";

/** Which version of an entry a row is: two words. */
export type Stamp = readonly [low: number, high: number];
/** Stands for whichever version there is. */
export const ANY_STAMP: Stamp = [0, 0];

/** An entry of a space. `row`: a copy, null where it has none. */
export interface FoundRow {
  stamp: Stamp;
  row: Uint8Array | null;
  vector: Float32Array | undefined;
}

/** Sets the types of a partition's fields, by their numbers from 1 on. OK, E_BUSY or E_MEMORY. */
export function defineFields(seat: Seat, types: readonly number[]): number {
  seat.putKeyBytes(Uint8Array.from(types));
  return seat.core.defineFields(types.length);
}

/** Replaces the row of the key in scratch, if it still is the one of that stamp; the vector stays. */
export function update(
  seat: Seat,
  { address, incarnation }: SpaceAt,
  key: KeyHeader,
  stamp: Stamp,
  row: number,
): number {
  return seat.core.update(address, incarnation, key, ...stamp, row);
}

/** The entry under the key in scratch, or undefined. */
export function getRow(
  seat: Seat,
  { address, incarnation }: SpaceAt,
  key: KeyHeader,
  now: number,
  withVector: boolean,
) {
  const status = seat.core.getRow(address, incarnation, key, now, withVector ? 1 : 0);
  if (status === NOT_FOUND) return undefined;
  if (status !== OK) return status as Refusal;
  const [bytes, hasVector] = [seat.infoAt(2), seat.infoAt(3) !== 0];
  const stamp = [seat.infoAt(0), seat.infoAt(1)] as const;
  const vector = withVector && hasVector ? seat.takeVector() : undefined;
  return { stamp, row: bytes === 0 ? null : seat.takeRow(bytes), vector } satisfies FoundRow;
}

// ── filters: all that a space held at one moment, and which of it matches ────────────────────────────────────────────
/** Begins a filter with a program; until `endScan` the seat can't begin another, nor a scan. OK or a refusal. */
export function startFilter(seat: Seat, { address, incarnation }: SpaceAt, program: Uint8Array, now: number): number {
  const bytes = seat.putRow(program);
  return bytes < 0 ? bytes : seat.core.startFilter(address, incarnation, bytes, now);
}

/** Goes on with it. How many match, or null when there is more to look at. */
export function filterPiece(seat: Seat): number | null {
  return seat.core.filterPiece() === E_MORE ? null : seat.infoAt(0);
}

/** From here on these match and no others; `first`: forgets what matched before. OK, E_BUSY or E_MEMORY. */
export function keepMatches(seat: Seat, refs: Uint32Array, first: boolean): number {
  const bytes = seat.putRow(new Uint8Array(refs.buffer, refs.byteOffset, refs.byteLength));
  return bytes < 0 ? bytes : seat.core.keepMatches(refs.length, first ? 1 : 0);
}

/** What is read of an entry beside its key. */
export interface Wanted {
  row: boolean;
  vector: boolean;
}

/** A hit; `row` and `vector` only where they were wanted. */
export interface FoundHit extends Hit {
  row?: Uint8Array | null;
  vector?: Float32Array | undefined;
}

export interface MatchedHits {
  hits: FoundHit[];
  way: "exact" | "graph";
  visited: number;
}

/** The k nearest matches to the first vector of the intake, nearest first, with what is to be included. */
export function searchMatches(seat: Seat, k: number, ef: number, what: Wanted, beam = BY_BEAM): MatchedHits | Refusal {
  const count = seat.core.searchMatches(k, ef, beam === IN_F32 ? CHOOSE_IN_F32 : 0);
  if (count < 0) return count;
  const [way, visited] = [seat.infoAt(1) === 2 ? "graph" : "exact", seat.infoAt(2)] as const;
  const hits = foundHits(seat, count, what);
  return typeof hits === "number" ? hits : { hits, way, visited };
}

/** The k nearest to the first vector of the intake, nearest first, with what is to be included. */
export function searchRows(
  seat: Seat,
  { address, incarnation }: SpaceAt,
  k: number,
  ef: number,
  now: number,
  what: Wanted,
  beam = BY_BEAM,
): FoundHit[] | Refusal {
  const count = seat.core.search(address, incarnation, k, ef, beam, now);
  if (count < 0) return count;
  try {
    return foundHits(seat, count, what);
  } finally {
    seat.core.endSearch();
  }
}

/** The hits of a search that was not ended yet. */
function foundHits(seat: Seat, count: number, wanted: Wanted): FoundHit[] | Refusal {
  const hits: FoundHit[] = seat.readHits(count); // before the rows: what they hold may move
  if (!wanted.row && !wanted.vector) return hits;
  for (const [i, hit] of hits.entries()) {
    const status = seat.core.hitAt(i, bitsOf(wanted));
    if (status !== OK) return status;
    Object.assign(hit, takeWanted(seat, wanted));
  }
  return hits;
}

/** What the last call read of an entry. */
function takeWanted(seat: Seat, { row, vector }: Wanted) {
  const [bytes, hasVector] = [seat.infoAt(1), seat.infoAt(2) !== 0];
  return {
    row: row && bytes > 0 ? seat.takeRow(bytes) : null,
    vector: vector && hasVector ? seat.takeVector() : undefined,
  };
}

const bitsOf = ({ row, vector }: Wanted) => (vector ? VECTOR : 0) | (row ? ROW : 0);

const VECTOR = 1;
const ROW = 2;

/** Codes of keywords count within a generation: 0 the current one, 1 the one that is being emptied. */
export const generationOf = (ref: number) => ref >>> 31;

export const NO_FIELD = 0xffff;
export const FORM_MISSING = 0;
export const FORM_ONE = 2;
export const FORM_LIST = 3;
const LISTED_BYTES = 24;
const LISTED_AT_ONCE = 1024;

/** A match, as a list shows it: `value` of the field asked for, a keyword by its code. `form`: whether it has one. */
export interface Listed {
  ref: number;
  form: number;
  age: number;
  value: number;
}

/** Hands on the next matches, in the order of slots. Returns how many, 0 after the last; E_BUSY or E_MEMORY. */
export function listMatches(seat: Seat, field: number, take: (match: Listed) => void): number {
  const count = seat.core.listMatches(field, LISTED_AT_ONCE);
  if (count <= 0) return count;
  const bytes = seat.rowBytes(count * LISTED_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += LISTED_BYTES) {
    take({
      ref: view.getUint32(at, true),
      form: view.getUint32(at + 4, true),
      age: view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 2 ** 32,
      value: view.getFloat64(at + 16, true),
    });
  }
  return count;
}

/** Begins to list the matches again. */
export const relistMatches = (seat: Seat) => void seat.core.listMatches(NO_FIELD, 0);

/** A match with its key. */
export interface MatchedEntry {
  key: Key;
  row: Uint8Array | null;
  vector: Float32Array | undefined;
}

/** `row` is null, `vector` undefined where it was not wanted, too. Or E_BUSY or E_MEMORY. */
export function matchAt(seat: Seat, ref: number, wanted: Wanted): MatchedEntry | Refusal {
  const status = seat.core.matchAt(ref, bitsOf(wanted));
  if (status !== OK) return status;
  const record = seat.infoAt(0);
  return { key: seat.keyAt(record), ...takeWanted(seat, wanted) };
}

/** The key of a match. */
export function keyOfMatch(seat: Seat, ref: number): Key {
  seat.core.matchAt(ref, 0);
  return seat.keyAt(seat.infoAt(0));
}

/** The text of a keyword's code, in the generation of that match. Or E_BUSY or E_MEMORY. */
export function keywordAt(seat: Seat, ref: number, field: number, code: number): Uint8Array | Refusal {
  const bytes = seat.core.keywordAt(ref, field, code);
  return bytes < 0 ? bytes : seat.takeRow(bytes);
}

/** Live entries that are not expired, or null when the space was dropped. */
export function liveAt(seat: Seat, { address, incarnation }: SpaceAt, now: number): number | null {
  const live = seat.core.liveAt(address, incarnation, now);
  return live < 0 ? null : live;
}

/** What a document has in fields that its row says nothing of. */
export interface MissingValues {
  /** As in a row. */
  values: Uint8Array;
  /** How many fields were known then; from then on the row counts as knowing these. */
  known: number;
}

/** Sets what a match has in fields that its row says nothing of. OK or a refusal. */
export function fillMatch(seat: Seat, ref: number, { values, known }: MissingValues): number {
  const bytes = seat.putRow(values);
  return bytes < 0 ? bytes : seat.core.fillMatch(ref, bytes, known);
}

/** The space after the one at `address` (0: the first) with entries that may expire, or null. */
export function nextExpiring(seat: Seat, address: number): SpaceAt | null {
  return seat.core.nextExpiring(address) === 0 ? null : { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
}

/**
 * Deletes some of what has expired at `now`, from slot `from` on. `status`: OK at the end, E_MORE before it, or a refusal; `next`:
 * the slot to go on from; `wakes`: whether a worker has something new to do.
 */
export function removeExpired(seat: Seat, { address, incarnation }: SpaceAt, from: number, now: number) {
  const status = seat.core.removeExpired(address, incarnation, from, now);
  return { status, next: seat.infoAt(0), removed: seat.infoAt(1), wakes: seat.infoAt(2) !== 0 };
}
