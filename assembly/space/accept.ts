/*
 * How does an op get in? One call under the partition lock: check everything, make room, write the slot where no reader
 * looks yet, then commit. Arrival order is settled here, so the order of linking cannot change what a search returns.
 *
 * The commit is a short run of stores that can all be done again. They are written down as an intent first, and a
 * repair after a trap finishes them (`commit`): an op is in as a whole or not at all. The order matters to readers
 * without a lock: the old slot dies at version v + 1, the new one is born at v + 1, and only then is the space's
 * version v + 1, so a search sees exactly one of the two.
 */
import {
  BODILESS, COMPACT_DEAD, COMPACT_NO, E_BUSY, E_CHANGED, E_ROW, E_DAMAGED, E_MEMORY, E_NOT_FINITE, E_OVERFLOW, E_PENDING, E_STALE, E_UNDERFLOW, E_ZERO,
  FAULT_ACCEPT_COUNT, FAULT_ACCEPT_INTENT, FAULT_ACCEPT_KEY, FAULT_ACCEPT_LOCKED, FAULT_ACCEPT_OLD,
  FAULT_ACCEPT_VERSION, FAULT_ACCEPT_WRITTEN, G_CLAIMED, G_COUNT, G_DEAD, G_ELIGIBLE, G_KEY_TABLE, G_LIVE, INTENT_ADD,
  INTENT_CELL, INTENT_DELETE, INTENT_GENERATION, INTENT_HASH, INTENT_KIND, INTENT_MOVE, INTENT_NONE, INTENT_OLD,
  INTENT_OLD_GENERATION, INTENT_SLOT, INTENT_SPACE, INTENT_VERSION, JOURNAL_ADD, JOURNAL_DELETE, JOURNAL_PUT, JOURNAL_UPDATE, KEY_HEADER, NOT_FOUND,
  OK, OK_WAKE, PENDING, P_INTENT, P_STATE, ROW_BYTES, ROW_FLAGS, ROW_IS_BODILESS, SEAT_ROW, SEAT_ROW_BYTES, SLOT_BIAS, SLOT_BORN, SLOT_DIED, SLOT_INVERSE, SLOT_KEY, SLOT_STATE,
  SLOT_TWIN, STATE_SOUND, S_GENERATIONS, S_ID, S_LIVE, S_VERSION, S_WANTS_COMPACTION, X_KEY, X_VECTORS,
} from "../layout";
import { ensureGraph } from "../graph/chunks";
import { commitEntry, intendEntry, journalRoom, reportSequence, writeEntry } from "../journal/ring";
import { faultPoint } from "../memory/faults";
import { lockPartition, seat, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import { cosine, dimensions, flatBelow, maxPending, paddedFloats } from "../memory/settings";
import { clearBytes, copyWords } from "../memory/words";
import { faultIn, SOUND } from "../rows/check";
import { rowBuffer } from "../rows/buffer";
import { hasExpired } from "../rows/columns";
import { putRow, rowBytes, writeRow } from "../rows/row";
import { dotF32 } from "../vectors/kernels";
import { ageAddress, ageOf, ALIVE, ensureSlot, inverseOf, slotAddress, stateOf, vectorOf } from "../vectors/slots";
import { currentOf, emptyingOf, pendingOf, storeKey } from "./generations";
import { hashKey } from "../memory/hashes";
import { emptyCell, fillCell, findCell, slotIn } from "./keys";
import { followMove } from "./marks";
import { offerRange } from "./portions";
import { enqueue, makeReady } from "./queues";
import { isAlive } from "./spaces";

export const LARGEST_SQUARED_NORM: f32 = 2.1267648e37; // 2^124: sums of four centred squares stay finite
const SMALLEST_SQUARED_NORM: f32 = 1e-30; // below it a direction is rounding noise
const SMALLEST_UNLESS_ZERO: f32 = 1e-35; // below it squares and products lose their digits, and vectors their differences
const FEWEST_DEAD: u32 = 64;

export let inverseNorm: f32 = 1; // of the vector that was checked last

/** Checks vector number `index` of the intake; OK or an error. */
export function checkVector(index: u32): i32 {
  return checkVectorAt(base + X_VECTORS + index * paddedFloats * 4);
}

/** Checks a padded vector; OK or an error. */
export function checkVectorAt(vector: usize): i32 {
  const squares = dotF32(vector, vector, paddedFloats);
  if (!(squares < LARGEST_SQUARED_NORM)) {
    for (let i: u32 = 0; i < paddedFloats; i++) {
      const value = load<f32>(vector + (i << 2));
      if (isFinite(value)) continue;
      info(0, i);
      return E_NOT_FINITE;
    }
    return E_OVERFLOW;
  }
  inverseNorm = 1;
  if (!cosine) return squares < SMALLEST_UNLESS_ZERO && !isZero(vector) ? E_UNDERFLOW : OK;
  if (squares < SMALLEST_SQUARED_NORM) return E_ZERO;
  inverseNorm = <f32>(1 / sqrt<f64>(<f64>squares));
  return OK;
}

/** Squares of components may vanish where these do not. */
function isZero(vector: usize): bool {
  for (let i: u32 = 0; i < paddedFloats; i++) if (load<f32>(vector + (i << 2)) != 0) return false;
  return true;
}

/**
 * Adds or replaces the key at X_KEY with vector `index` of the intake and the row of `bytes` in the
 * seat's row buffer (0: none); `mine`: bytes of the caller's reservation. E_ROW, X_INFO[0]: where the row makes no sense.
 */
export function add(space: usize, incarnation: u32, header: u32, index: u32, mine: u32, bytes: u32): i32 {
  const isRow = checkRow(bytes);
  if (isRow != OK) return isRow;
  const row = rowOf(bytes);
  if (row != 0 && (load<u32>(row + ROW_FLAGS) & ROW_IS_BODILESS) != 0) {
    clearBytes(base + X_VECTORS + index * paddedFloats * 4, paddedFloats * 4);
    inverseNorm = 1;
  } else {
    const checked = checkVector(index);
    if (checked != OK) return checked;
  }
  if (!lockPartition()) return E_BUSY;
  return unlocked(addLocked(space, incarnation, header, index, mine, row));
}

/** The row in the seat's buffer; 0 for 0 bytes. */
function rowOf(bytes: u32): usize {
  return bytes == 0 ? 0 : load<u32>(seat + SEAT_ROW);
}

/** OK for no row and for a sound one. */
function checkRow(bytes: u32): i32 {
  if (bytes == 0) return OK;
  const fault: u32 = bytes <= load<u32>(seat + SEAT_ROW_BYTES) ? faultIn(rowOf(bytes), bytes) : 0;
  if (fault == SOUND) return OK;
  info(0, fault);
  return E_ROW;
}

function bytesOfRow(row: usize): u32 {
  return row == 0 ? 0 : load<u32>(row + ROW_BYTES);
}

function addLocked(space: usize, incarnation: u32, header: u32, index: u32, mine: u32, row: usize): i32 {
  if (load<u32>(P_STATE) != STATE_SOUND) return E_DAMAGED;
  if (!isAlive(space, incarnation)) return E_STALE;
  faultPoint(FAULT_ACCEPT_LOCKED);
  const generations = load<u64>(space + S_GENERATIONS);
  const generation = currentOf(generations);
  if (pendingOf(generation) >= maxPending) return E_PENDING;
  const room = journalRoom(dimensions * 4, bytesOfRow(row), header);
  if (room != OK) return room;
  const key = base + X_KEY;
  const hash = hashKey(key, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, key, header);
  if (!prepare(generation, hash, cell, key, header, mine) || !putRow(generation, newSlot, row, mine)) return E_MEMORY;
  const vector = base + X_VECTORS + index * paddedFloats * 4;
  const isBodiless = row != 0 && (load<u32>(row + ROW_FLAGS) & ROW_IS_BODILESS) != 0;
  writeSlot(space, vector, inverseNorm, load<u64>(space + S_VERSION) + 1, isBodiless ? BODILESS : PENDING);
  const kind = row == 0 ? JOURNAL_ADD : JOURNAL_PUT;
  writeEntry(kind, load<u32>(space + S_ID), header, key, vector, dimensions * 4, row, bytesOfRow(row));
  const old = liveSlot(generations, cell, hash, key, header);
  intend(INTENT_ADD, space, hash, old);
  commit();
  reportSequence();
  const hasWork = announceWork(space, generation);
  return wishCompaction(space) || hasWork ? OK_WAKE : OK;
}

/**
 * Replaces the row of the key at X_KEY, which keeps its vector and its age: an upsert of what is there. The live slot must
 * have been born at the version (`low`, `high`) that `getRow` reported. OK, OK_WAKE, NOT_FOUND, E_CHANGED or an error of `add`.
 */
export function update(space: usize, incarnation: u32, header: u32, low: u32, high: u32, bytes: u32): i32 {
  const isRow = checkRow(bytes);
  if (isRow != OK) return isRow;
  if (!lockPartition()) return E_BUSY;
  return unlocked(updateLocked(space, incarnation, header, (<u64>high << 32) | low, rowOf(bytes)));
}

function updateLocked(space: usize, incarnation: u32, header: u32, born: u64, row: usize): i32 {
  if (load<u32>(P_STATE) != STATE_SOUND) return E_DAMAGED;
  if (!isAlive(space, incarnation)) return E_STALE;
  const generations = load<u64>(space + S_GENERATIONS);
  const generation = currentOf(generations);
  if (pendingOf(generation) >= maxPending) return E_PENDING;
  const key = base + X_KEY;
  const hash = hashKey(key, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, key, header);
  const old = liveSlot(generations, cell, hash, key, header);
  if (old == 0) {
    reportSequence();
    return NOT_FOUND;
  }
  // A compaction gives a slot another birth: the caller looks again.
  if (born != 0 && load<u64>(old + SLOT_BORN) != born) return E_CHANGED;
  const from = oldGeneration;
  const age = ageOf(from, oldSlot);
  const room = journalRoom(0, bytesOfRow(row), header);
  if (room != OK) return room;
  if (!prepare(generation, hash, cell, key, header, 0) || !putRow(generation, newSlot, row, 0)) return E_MEMORY;
  writeSlot(space, vectorOf(old), inverseOf(old), age, stateOf(old) == BODILESS ? BODILESS : PENDING);
  writeEntry(JOURNAL_UPDATE, load<u32>(space + S_ID), header, key, 0, 0, row, bytesOfRow(row));
  oldGeneration = from;
  intend(INTENT_ADD, space, hash, old);
  commit();
  reportSequence();
  const hasWork = announceWork(space, generation);
  return wishCompaction(space) || hasWork ? OK_WAKE : OK;
}

/** Deletes the key at X_KEY. OK, OK_WAKE, NOT_FOUND or an error. */
export function remove(space: usize, incarnation: u32, header: u32, now: f64): i32 {
  if (!lockPartition()) return E_BUSY;
  return unlocked(removeLocked(space, incarnation, header, now));
}

/** `remove`, under the partition lock. */
export function removeLocked(space: usize, incarnation: u32, header: u32, now: f64): i32 {
  if (load<u32>(P_STATE) != STATE_SOUND) return E_DAMAGED;
  if (!isAlive(space, incarnation)) return E_STALE;
  const old = findLive(space, header, now);
  if (old == 0) {
    reportSequence();
    return NOT_FOUND;
  }
  const room = journalRoom(0, 0, header);
  if (room != OK) return room;
  writeEntry(JOURNAL_DELETE, load<u32>(space + S_ID), header, base + X_KEY, 0, 0, 0, 0);
  intend(INTENT_DELETE, space, 0, old);
  commit();
  reportSequence();
  return wishCompaction(space) ? OK_WAKE : OK;
}

/** Moves a live slot to the current generation, as an upsert of its key. Partition lock held. False without memory. */
export function moveSlot(space: usize, from: usize, slot: u32): bool {
  const at = slotAddress(from, slot);
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  const record: usize = load<u32>(at + SLOT_KEY);
  const header = load<u32>(record);
  const key = record + KEY_HEADER;
  const hash = hashKey(key, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, key, header);
  if (!prepare(generation, hash, cell, key, header, 0) || !moveRow(from, slot, generation)) return false;
  followMove(space, from, slot, newSlot);
  writeSlot(space, vectorOf(at), inverseOf(at), ageOf(from, slot), stateOf(at) == BODILESS ? BODILESS : PENDING);
  oldGeneration = from;
  intend(INTENT_MOVE, space, hash, at);
  commit();
  announceWork(space, generation);
  return true;
}

/** Copies a slot's row to the new slot, by way of the seat's row buffer. False when there is no memory. */
function moveRow(from: usize, slot: u32, to: usize): bool {
  const bytes = rowBytes(from, slot);
  if (bytes == 0) return putRow(to, newSlot, 0, 0);
  const row = rowBuffer(bytes);
  if (row == 0) return false;
  writeRow(from, slot, row);
  return putRow(to, newSlot, row, 0);
}

// ── the new slot, before any reader can see it ──────────────────────────────────────────────────────────────────────
let target: usize = 0, newSlot: u32 = 0, newCell: usize = 0, keyRecord: usize = 0;

/** Makes room for one more slot and finds its cell and key record; false when there is no memory. */
function prepare(generation: usize, hash: u32, cell: usize, key: usize, header: u32, mine: u32): bool {
  if (!ensureSlot(generation, mine)) return false;
  // Once its slots are work for the linkers they stay so, even if deletes bring it below `flatBelow` again.
  const graph = load<u32>(generation + G_ELIGIBLE) != 0 || load<u32>(generation + G_LIVE) >= flatBelow;
  if (graph && !ensureGraph(generation, mine)) return false;
  target = generation;
  newSlot = load<u32>(generation + G_COUNT);
  if (cell != 0) {
    newCell = cell;
    keyRecord = load<u32>(slotAddress(generation, slotIn(cell)) + SLOT_KEY);
    return true;
  }
  newCell = emptyCell(generation + G_KEY_TABLE, hash, mine);
  if (newCell == 0) return false;
  keyRecord = storeKey(generation, key, header, mine);
  return keyRecord != 0;
}

function writeSlot(space: usize, vector: usize, inverse: f32, age: u64, state: u32): void {
  const at = slotAddress(target, newSlot);
  store<u64>(at + SLOT_BORN, load<u64>(space + S_VERSION) + 1);
  store<u64>(at + SLOT_DIED, ALIVE);
  store<f32>(at + SLOT_INVERSE, inverse);
  store<u32>(at + SLOT_KEY, <u32>keyRecord);
  store<u32>(at + SLOT_STATE, state);
  store<u32>(at + SLOT_TWIN, 0);
  store<u64>(ageAddress(target, newSlot), age);
  copyWords(vectorOf(at), vector, paddedFloats);
  faultPoint(FAULT_ACCEPT_WRITTEN);
}

// ── the slot that dies ──────────────────────────────────────────────────────────────────────────────────────────────
export let oldGeneration: usize = 0;
export let oldSlot: u32 = 0;

/** Address of the live slot of the key at X_KEY, or 0: also when it has expired at `now`. Partition lock held. */
export function findLive(space: usize, header: u32, now: f64): usize {
  const generations = load<u64>(space + S_GENERATIONS);
  const key = base + X_KEY;
  const hash = hashKey(key, header);
  const cell = findCell(currentOf(generations) + G_KEY_TABLE, hash, key, header);
  const at = liveSlot(generations, cell, hash, key, header);
  return at != 0 && hasExpired(oldGeneration, oldSlot, now) ? 0 : at;
}

/** Address of the key's live slot in either generation, or 0. `cell` is its cell in the current one, or 0. */
function liveSlot(generations: u64, cell: usize, hash: u32, key: usize, header: u32): usize {
  oldGeneration = currentOf(generations);
  if (cell == 0) {
    oldGeneration = emptyingOf(generations);
    if (oldGeneration == 0) return 0;
    cell = findCell(oldGeneration + G_KEY_TABLE, hash, key, header);
    if (cell == 0) return 0;
  }
  oldSlot = slotIn(cell);
  const at = slotAddress(oldGeneration, oldSlot);
  return load<u64>(at + SLOT_DIED) == ALIVE ? at : 0;
}

// ── commit ──────────────────────────────────────────────────────────────────────────────────────────────────────────
function intend(kind: u32, space: usize, hash: u32, old: usize): void {
  store<u32>(P_INTENT + INTENT_SPACE, <u32>space);
  store<u32>(P_INTENT + INTENT_GENERATION, <u32>target);
  store<u32>(P_INTENT + INTENT_SLOT, newSlot);
  store<u32>(P_INTENT + INTENT_CELL, <u32>newCell);
  store<u32>(P_INTENT + INTENT_HASH, hash);
  store<u32>(P_INTENT + INTENT_OLD, <u32>old);
  store<u32>(P_INTENT + INTENT_OLD_GENERATION, <u32>oldGeneration);
  store<u64>(P_INTENT + INTENT_VERSION, load<u64>(space + S_VERSION) + 1);
  intendEntry();
  store<u32>(P_INTENT + INTENT_KIND, kind);
  faultPoint(FAULT_ACCEPT_INTENT);
}

/** Carries out the intent. Only the live and dead counts can't be done again: a repair counts the slots instead. */
export function commit(): void {
  const kind = load<u32>(P_INTENT + INTENT_KIND);
  const space: usize = load<u32>(P_INTENT + INTENT_SPACE);
  const generation: usize = load<u32>(P_INTENT + INTENT_GENERATION);
  const old: usize = load<u32>(P_INTENT + INTENT_OLD);
  const version = load<u64>(P_INTENT + INTENT_VERSION);
  if (kind != INTENT_DELETE) {
    const slot = load<u32>(P_INTENT + INTENT_SLOT);
    const hash = load<u32>(P_INTENT + INTENT_HASH);
    fillCell(generation + G_KEY_TABLE, load<u32>(P_INTENT + INTENT_CELL), hash, slot + SLOT_BIAS);
    store<u32>(generation + G_LIVE, load<u32>(generation + G_LIVE) + 1);
  }
  faultPoint(FAULT_ACCEPT_KEY);
  if (old != 0) {
    atomic.store<u64>(old + SLOT_DIED, version);
    const from: usize = load<u32>(P_INTENT + INTENT_OLD_GENERATION);
    store<u32>(from + G_LIVE, load<u32>(from + G_LIVE) - 1);
    atomic.store<u32>(from + G_DEAD, load<u32>(from + G_DEAD) + 1);
  }
  faultPoint(FAULT_ACCEPT_OLD);
  if (kind != INTENT_DELETE) atomic.xchg<u32>(generation + G_COUNT, load<u32>(P_INTENT + INTENT_SLOT) + 1);
  faultPoint(FAULT_ACCEPT_COUNT);
  // Never below what a version has: more before it, fewer after it. A search that finds fewer hits scans everything.
  const live = load<u32>(space + S_LIVE);
  if (kind != INTENT_DELETE && old == 0) atomic.store<u32>(space + S_LIVE, live + 1);
  atomic.xchg<u64>(space + S_VERSION, version);
  if (kind == INTENT_DELETE) atomic.store<u32>(space + S_LIVE, live - 1);
  faultPoint(FAULT_ACCEPT_VERSION);
  if (kind != INTENT_MOVE) commitEntry(space); // a move changes nothing that a user sees
  store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
}

// ── what an op leaves to do ─────────────────────────────────────────────────────────────────────────────────────────

/** Counts one new slot as work, or all of them when the generation has just outgrown the flat scan. */
function announceWork(space: usize, generation: usize): bool {
  if (load<u32>(generation + G_ELIGIBLE) == 0) {
    if (load<u32>(generation + G_LIVE) <= flatBelow) return false;
    const count = load<u32>(generation + G_COUNT);
    atomic.xchg<u32>(generation + G_ELIGIBLE, count);
    offerRange(generation, load<u32>(generation + G_CLAIMED), count);
  }
  return makeReady(space);
}

/** Asks for a compaction when a fifth of the current generation is dead. */
export function wishCompaction(space: usize): bool {
  const generations = load<u64>(space + S_GENERATIONS);
  const generation = currentOf(generations);
  const dead = load<u32>(generation + G_DEAD);
  if (dead < FEWEST_DEAD || 5 * <u64>dead <= <u64>load<u32>(generation + G_COUNT)) return false;
  if (load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO || emptyingOf(generations) != 0) return false;
  atomic.store<u32>(space + S_WANTS_COMPACTION, COMPACT_DEAD);
  return enqueue(space);
}
