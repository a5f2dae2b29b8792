/* How are fields, rows and filters exchanged with JavaScript? Rows, programs and lists lie in the seat's row buffer. */
import {
  COLUMN_FIELDS, E_BUSY, E_MEMORY, E_ROW, E_STALE, FIELD_DATE, HIT_BYTES, HIT_GENERATION, HIT_SLOT, MATCH_BYTES,
  MATCH_EMPTYING, MAX_FIELDS, NOT_FOUND, OK, P_FIELDS, P_FIELD_TYPES, SEAT_RESULTS, SEAT_ROW, SEAT_ROW_BYTES, SLOT_BORN,
  SLOT_KEY, WITH_ROW, WITH_VECTOR, X_KEY, X_VECTORS,
} from "../layout";
import { announce, park } from "../memory/epochs";
import { lockPartition, seat, unlocked, unlockPartition } from "../memory/locks";
import { base, info, info64 } from "../memory/scratch";
import { paddedFloats } from "../memory/settings";
import { copyBytes } from "../memory/words";
import { rowBuffer } from "../rows/buffer";
import { areValues } from "../rows/check";
import { columnAt } from "../rows/columns";
import { keywordAt as keywordIn } from "../rows/dictionary";
import { fillRow, rowBytes, writeRow } from "../rows/row";
import { checkVector, findLive, oldGeneration, oldSlot } from "../space/accept";
import { generationFor, listNext, matchCount, restartList, searchFiltered } from "../space/filter";
import { countLive } from "../space/search";
import { isAlive } from "../space/spaces";
import { hasBody, slotAddress, vectorOf } from "../vectors/slots";
import { ensureResults, putQuery } from "./search";

export { update } from "../space/accept";
export { filterPiece, keepMatches, startFilter } from "../space/filter";

/** Sets the fields of rows: `count` types (FIELD_*), a byte each, at X_KEY. Fields are only ever added. OK, E_BUSY or E_ROW. */
export function defineFields(count: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  const known = load<u32>(P_FIELDS);
  let fits = count >= known && count <= MAX_FIELDS;
  for (let i: u32 = 0; fits && i < count; i++) {
    const type: u32 = load<u8>(base + X_KEY + i);
    fits = type >= 1 && type <= FIELD_DATE && (i >= known || <u32>load<u8>(P_FIELD_TYPES + i) == type);
  }
  if (!fits) return unlocked(E_ROW);
  for (let i = known; i < count; i++) store<u8>(P_FIELD_TYPES + i, load<u8>(base + X_KEY + i));
  atomic.store<u32>(P_FIELDS, count);
  return unlocked(OK);
}

/** Makes room for `bytes` in the seat's row buffer; what was in it may be lost. X_INFO[0]: its address. OK, E_BUSY or E_MEMORY. */
export function rowSpace(bytes: u32): i32 {
  if (bytes > load<u32>(seat + SEAT_ROW_BYTES)) {
    if (!lockPartition()) return E_BUSY;
    const at = rowBuffer(bytes);
    unlockPartition();
    if (at == 0) return E_MEMORY;
  }
  info(0, load<u32>(seat + SEAT_ROW));
  return OK;
}

/** Writes a slot's row to the row buffer. X_INFO[1]: its bytes, 0 where it has none. OK, E_BUSY or E_MEMORY. */
function takeRow(generation: usize, slot: u32): i32 {
  const bytes = rowBytes(generation, slot);
  info(1, bytes);
  if (bytes == 0) return OK;
  const status = rowSpace(bytes);
  if (status == OK) writeRow(generation, slot, load<u32>(seat + SEAT_ROW));
  return status;
}

/** Copies a slot's vector to the intake, if it has one. */
function takeVector(generation: usize, slot: u32): bool {
  const at = slotAddress(generation, slot);
  if (!hasBody(at)) return false;
  copyBytes(base + X_VECTORS, vectorOf(at), paddedFloats * 4);
  return true;
}

/**
 * Reads the entry of the key at X_KEY. X_INFO: [0, 1] the version its slot was born at, [2] bytes of its row in the row
 * buffer, [3] whether it has a vector, which is in the intake if asked for. OK, NOT_FOUND (also when it has expired), E_STALE,
 * E_MEMORY or E_BUSY.
 */
export function getRow(space: usize, incarnation: u32, header: u32, now: f64, withVector: bool): i32 {
  if (!lockPartition()) return E_BUSY;
  if (!isAlive(space, incarnation)) return unlocked(E_STALE);
  const at = findLive(space, header, now);
  if (at == 0) return unlocked(NOT_FOUND);
  const bytes = rowBytes(oldGeneration, oldSlot);
  if (bytes != 0) {
    const to = rowBuffer(bytes);
    if (to == 0) return unlocked(E_MEMORY);
    writeRow(oldGeneration, oldSlot, to);
  }
  info64(0, load<u64>(at + SLOT_BORN));
  info(2, bytes);
  info(3, (withVector ? takeVector(oldGeneration, oldSlot) : hasBody(at)) ? 1 : 0);
  return unlocked(OK);
}

/** Live slots that have not expired at `now`, or E_STALE. */
export function liveAt(space: usize, incarnation: u32, now: f64): i32 {
  announce();
  const live = countLive(space, incarnation, now);
  park();
  return live;
}

// ── within the moment of a filter ───────────────────────────────────────────────────────────────────────────────────
/**
 * The k nearest to the vector at X_VECTORS of the slots that the filter matches. Returns how many. X_INFO: [0] address of the
 * hits, until the next call; [1], [2] as `searchFiltered`. Or an error.
 */
export function searchMatches(k: u32, ef: u32, how: u32): i32 {
  const checked = checkVector(0);
  if (checked != OK) return checked;
  const most = min<u32>(k, matchCount());
  const ready = ensureResults(most, ef);
  if (ready != OK) return ready;
  putQuery();
  const count = searchFiltered(most, ef, how);
  info(0, load<u32>(seat + SEAT_RESULTS));
  return count;
}

/**
 * Reads hit `i` of the last search. `what`: WITH_*. X_INFO: [1] bytes of its row in the row buffer, [2] whether there is a
 * vector in the intake. OK, E_BUSY or E_MEMORY.
 */
export function hitAt(i: u32, what: u32): i32 {
  const hit: usize = <usize>load<u32>(seat + SEAT_RESULTS) + i * HIT_BYTES;
  return readAt(load<u32>(hit + HIT_GENERATION), load<u32>(hit + HIT_SLOT), what);
}

function readAt(generation: usize, slot: u32, what: u32): i32 {
  info(1, 0);
  info(2, (what & WITH_VECTOR) != 0 && takeVector(generation, slot) ? 1 : 0);
  return (what & WITH_ROW) != 0 ? takeRow(generation, slot) : OK;
}

/**
 * Lists the next matches to the row buffer, up to `most`, MATCH_* each; `most` 0: begins again. Returns how many, 0 at the
 * end, E_BUSY or E_MEMORY.
 */
export function listMatches(field: u32, most: u32): i32 {
  if (most == 0) {
    restartList();
    return 0;
  }
  const status = rowSpace(most * MATCH_BYTES);
  return status != OK ? status : <i32>listNext(load<u32>(seat + SEAT_ROW), field, most);
}

/** Reads a match. X_INFO: [0] its key record, the others as of `hitAt`. OK, E_BUSY or E_MEMORY. */
export function matchAt(ref: u32, what: u32): i32 {
  const generation = generationFor(ref);
  const slot = ref & ~MATCH_EMPTYING;
  const status = readAt(generation, slot, what);
  info(0, load<u32>(slotAddress(generation, slot) + SLOT_KEY));
  return status;
}

/** Copies the keyword of a code, of the generation that a match lies in, to the row buffer. Its bytes, E_BUSY or E_MEMORY. */
export function keywordAt(ref: u32, field: u32, code: u32): i32 {
  const keyword = keywordIn(columnAt(generationFor(ref), field + COLUMN_FIELDS), code);
  const bytes = load<u32>(keyword);
  const status = rowSpace(bytes);
  if (status != OK) return status;
  copyBytes(load<u32>(seat + SEAT_ROW), keyword + 4, bytes);
  return bytes;
}

/**
 * Gives the row of a match what it has in fields that are newer than it: values with their headers, `bytes` in the row buffer, of
 * the first `known` fields of its space's table, which may have more by now. A compaction that moves the slot in between may lose
 * them. OK, E_ROW, E_MEMORY or E_BUSY.
 */
export function fillMatch(ref: u32, bytes: u32, known: u32): i32 {
  const values: usize = load<u32>(seat + SEAT_ROW);
  const fits = bytes <= load<u32>(seat + SEAT_ROW_BYTES) && known <= atomic.load<u32>(P_FIELDS);
  if (!fits || !areValues(values, bytes)) return E_ROW;
  if (!lockPartition()) return E_BUSY;
  return unlocked(fillRow(generationFor(ref), ref & ~MATCH_EMPTYING, values, bytes, known) ? OK : E_MEMORY);
}
