/*
 * How does an op get in? One call under the partition lock: check everything, make room, write the slot where nobody
 * looks yet, then commit. Arrival order is settled here, so the order of linking cannot change an answer.
 *
 * The commit is a short run of stores that can all be done again. They are written down as an intent first, and a
 * repair after a trap finishes them (`commit`): an op is in as a whole or not at all. The order matters to readers
 * without a lock: the old slot dies at version v + 1, the new one is born at v + 1, and only then is the space's
 * version v + 1, so a search sees exactly one of the two.
 */
import {
  COMPACT_DEAD, COMPACT_NO, E_BUSY, E_DAMAGED, E_MEMORY, E_NOT_FINITE, E_OVERFLOW, E_PENDING, E_STALE, E_ZERO,
  FAULT_ACCEPT_COUNT, FAULT_ACCEPT_INTENT, FAULT_ACCEPT_KEY, FAULT_ACCEPT_LOCKED, FAULT_ACCEPT_OLD,
  FAULT_ACCEPT_VERSION, FAULT_ACCEPT_WRITTEN, G_CLAIMED, G_COUNT, G_DEAD, G_ELIGIBLE, G_KEY_TABLE, G_LIVE, INTENT_ADD,
  INTENT_CELL, INTENT_DELETE, INTENT_GENERATION, INTENT_HASH, INTENT_KIND, INTENT_MOVE, INTENT_NONE, INTENT_OLD,
  INTENT_OLD_GENERATION, INTENT_SLOT, INTENT_SPACE, INTENT_VERSION, JOURNAL_ADD, JOURNAL_DELETE, NOT_FOUND, OK,
  OK_WAKE, PENDING, P_INTENT, P_LOCK, P_STATE, SEAT_HELD_PARTITION, SLOT_BORN, SLOT_DIED, SLOT_INVERSE, SLOT_KEY,
  SLOT_STATE, SLOT_TWIN, STATE_SOUND, S_GENERATIONS, S_ID, S_LIVE, S_VERSION, S_WANTS_COMPACTION, X_INFO, X_KEY,
  X_VECTORS,
} from "../layout";
import { dotF32 } from "../vectors/kernels";
import { faultPoint } from "../memory/faults";
import { pendingOf, storeKey } from "./generations";
import { ensureGraph } from "../graph/links";
import { commitEntry, intendEntry, journalRoom, tellSequence, writeEntry } from "../journal/ring";
import { emptyCell, fillCell, findCell, hashKey, SLOT_BIAS } from "./keys";
import { addDepth, enqueue } from "./queues";
import { base } from "../memory/scratch";
import { cosine, crossover, dimensions, maxPending, paddedFloats } from "../memory/settings";
import { ALIVE, ensureSlot, slotAddress, vectorOf } from "../vectors/slots";
import { isAlive } from "./spaces";
import { release, tryAcquire } from "../memory/locks";
import { copyWords } from "../memory/words";

const LARGEST_SQUARED_NORM: f32 = 2.1267648e37; // 2^124: sums of four centred squares stay finite
const SMALLEST_SQUARED_NORM: f32 = 1e-30; // below it a direction is rounding noise
const FEWEST_DEAD: u32 = 64;

let inverse: f32 = 1;

/** Looks at vector number `index` of the intake; OK or an error. Leaves 1 / norm in `inverse`. */
export function checkVector(index: u32): i32 {
  const vector = base + X_VECTORS + index * paddedFloats * 4;
  const squares = dotF32(vector, vector, paddedFloats);
  if (!(squares < LARGEST_SQUARED_NORM)) {
    for (let i: u32 = 0; i < paddedFloats; i++) {
      const value = load<f32>(vector + (i << 2));
      if (isFinite(value)) continue;
      store<u32>(base + X_INFO, i);
      return E_NOT_FINITE;
    }
    return E_OVERFLOW;
  }
  inverse = 1;
  if (!cosine) return OK;
  if (squares < SMALLEST_SQUARED_NORM) return E_ZERO;
  inverse = <f32>(1 / sqrt<f64>(<f64>squares));
  return OK;
}

export function inverseNorm(): f32 {
  return inverse;
}

/**
 * Adds (or replaces) the key in scratch with vector `index` of the intake. `mine`: bytes of the caller's reservation
 * that this op may use.
 */
export function add(space: usize, incarnation: u32, header: u32, index: u32, mine: u32): i32 {
  const checked = checkVector(index);
  if (checked != OK) return checked;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  const answer = addLocked(space, incarnation, header, index, mine);
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

function addLocked(space: usize, incarnation: u32, header: u32, index: u32, mine: u32): i32 {
  if (load<u32>(P_STATE) != STATE_SOUND) return E_DAMAGED;
  if (!isAlive(space, incarnation)) return E_STALE;
  faultPoint(FAULT_ACCEPT_LOCKED);
  const generations = load<u64>(space + S_GENERATIONS);
  const generation: usize = <u32>generations;
  if (pendingOf(generation) >= maxPending) return E_PENDING;
  const room = journalRoom(dimensions * 4, header);
  if (room != OK) return room;
  const key = base + X_KEY;
  const hash = hashKey(key, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, key, header);
  if (!prepare(generation, hash, cell, key, header, mine)) return E_MEMORY;
  const vector = base + X_VECTORS + index * paddedFloats * 4;
  writeSlot(space, vector, inverse);
  writeEntry(JOURNAL_ADD, load<u32>(space + S_ID), header, key, vector, dimensions * 4);
  const old = liveSlot(generations, cell, hash, key, header);
  intend(INTENT_ADD, space, hash, old);
  commit();
  tellSequence();
  const woke = announceWork(space, generation);
  wishCompaction(space);
  return woke ? OK_WAKE : OK;
}

// ── the new slot, before anybody can see it ─────────────────────────────────────────────────────────────────────────
let target: usize = 0;
let newSlot: u32 = 0;
let newCell: usize = 0;
let keyRecord: usize = 0;

/** Makes room for one more slot and finds its cell and key record; false when there is no memory. */
function prepare(generation: usize, hash: u32, cell: usize, key: usize, header: u32, mine: u32): bool {
  if (!ensureSlot(generation, mine)) return false;
  // Once its slots are work for the linkers they stay so, even if deletes bring it below the crossover again.
  const graph = load<u32>(generation + G_ELIGIBLE) != 0 || load<u32>(generation + G_LIVE) >= crossover;
  if (graph && !ensureGraph(generation, mine, false)) return false;
  target = generation;
  newSlot = load<u32>(generation + G_COUNT);
  if (cell != 0) {
    newCell = cell;
    keyRecord = load<u32>(slotAddress(generation, load<u32>(cell + 4) - SLOT_BIAS) + SLOT_KEY);
    return true;
  }
  newCell = emptyCell(generation + G_KEY_TABLE, hash, mine);
  if (newCell == 0) return false;
  keyRecord = storeKey(generation, key, header, mine);
  return keyRecord != 0;
}

function writeSlot(space: usize, vector: usize, inverseNorm: f32): void {
  const at = slotAddress(target, newSlot);
  store<u64>(at + SLOT_BORN, load<u64>(space + S_VERSION) + 1);
  store<u64>(at + SLOT_DIED, ALIVE);
  store<f32>(at + SLOT_INVERSE, inverseNorm);
  store<u32>(at + SLOT_KEY, <u32>keyRecord);
  store<u32>(at + SLOT_STATE, PENDING);
  store<u32>(at + SLOT_TWIN, 0);
  copyWords(vectorOf(at), vector, paddedFloats);
  faultPoint(FAULT_ACCEPT_WRITTEN);
}

// ── the slot that dies ──────────────────────────────────────────────────────────────────────────────────────────────
let oldGeneration: usize = 0;

/** Address of the key's live slot in either generation, or 0. `cell` is its cell in the current one, or 0. */
export function liveSlot(generations: u64, cell: usize, hash: u32, key: usize, header: u32): usize {
  oldGeneration = <u32>generations;
  if (cell == 0) {
    oldGeneration = <u32>(generations >> 32);
    if (oldGeneration == 0) return 0;
    cell = findCell(oldGeneration + G_KEY_TABLE, hash, key, header);
    if (cell == 0) return 0;
  }
  const at = slotAddress(oldGeneration, load<u32>(cell + 4) - SLOT_BIAS);
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

/** Carries out the intent. Live and dead counts are the only steps that a repair makes in another way: by counting. */
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
  // Never below what a version has: more before it, fewer after it. A search that finds fewer hits looks at everything.
  const live = load<u32>(space + S_LIVE);
  if (kind != INTENT_DELETE && old == 0) atomic.store<u32>(space + S_LIVE, live + 1);
  atomic.xchg<u64>(space + S_VERSION, version);
  if (kind == INTENT_DELETE) atomic.store<u32>(space + S_LIVE, live - 1);
  faultPoint(FAULT_ACCEPT_VERSION);
  if (kind != INTENT_MOVE) commitEntry(space); // a move changes nothing that a user sees
  store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
}

/** Counts one new slot as work, or all of them when the generation just outgrew the flat scan. */
function announceWork(space: usize, generation: usize): bool {
  if (load<u32>(generation + G_ELIGIBLE) == 0) {
    if (load<u32>(generation + G_LIVE) <= crossover) return false;
    // Counted first: from the next store on, whoever claims takes its share off the depth again.
    const count = load<u32>(generation + G_COUNT);
    addDepth(space, count - load<u32>(generation + G_CLAIMED));
    atomic.xchg<u32>(generation + G_ELIGIBLE, count);
  } else {
    addDepth(space, 1);
  }
  return enqueue(space);
}

/** Asks for a compaction when a fifth of the current generation is dead. */
export function wishCompaction(space: usize): bool {
  const generations = load<u64>(space + S_GENERATIONS);
  const generation: usize = <u32>generations;
  const dead = load<u32>(generation + G_DEAD);
  if (dead < FEWEST_DEAD || 5 * <u64>dead <= <u64>load<u32>(generation + G_COUNT)) return false;
  if (load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO || generations >> 32 != 0) return false;
  atomic.store<u32>(space + S_WANTS_COMPACTION, COMPACT_DEAD);
  return enqueue(space);
}

/** Deletes the key in scratch. OK, OK_WAKE, NOT_FOUND or an error. */
export function remove(space: usize, incarnation: u32, header: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let answer = E_DAMAGED;
  if (load<u32>(P_STATE) == STATE_SOUND) answer = isAlive(space, incarnation) ? removeLocked(space, header) : E_STALE;
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

function removeLocked(space: usize, header: u32): i32 {
  const generations = load<u64>(space + S_GENERATIONS);
  const generation: usize = <u32>generations;
  const key = base + X_KEY;
  const hash = hashKey(key, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, key, header);
  const old = liveSlot(generations, cell, hash, key, header);
  if (old == 0) {
    tellSequence();
    return NOT_FOUND;
  }
  const room = journalRoom(0, header);
  if (room != OK) return room;
  writeEntry(JOURNAL_DELETE, load<u32>(space + S_ID), header, key, 0, 0);
  intend(INTENT_DELETE, space, hash, old);
  commit();
  tellSequence();
  return wishCompaction(space) ? OK_WAKE : OK;
}

/**
 * Moves a live slot of the generation that is being emptied into the current one, as an upsert of its key. Partition
 * lock held. False when there is no memory.
 */
export function moveSlot(space: usize, from: usize, slot: u32): bool {
  const at = slotAddress(from, slot);
  const generation: usize = <u32>load<u64>(space + S_GENERATIONS);
  const record: usize = load<u32>(at + SLOT_KEY);
  const header = load<u32>(record);
  const key = record + 4;
  const hash = hashKey(key, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, key, header);
  if (!prepare(generation, hash, cell, key, header, 0)) return false;
  writeSlot(space, vectorOf(at), load<f32>(at + SLOT_INVERSE));
  oldGeneration = from;
  intend(INTENT_MOVE, space, hash, at);
  commit();
  announceWork(space, generation);
  return true;
}
