/*
 * Does a space keep its promises? The invariant walker: it changes nothing, under the partition lock, while no thread
 * links. It works in pieces of a given number of slots, so that nothing waits long for the lock. A slot is checked in its
 * state at that time; counts and chains only if nothing has changed since the walk of their generation began.
 *
 * Returns 0, or the number of the first broken promise, with slot, level and position in X_INFO.
 */
import {
  E_MORE, GRAPH, G_BULK, G_CLAIMED, G_COUNT, G_DEAD, G_ENTRY, G_FLOOR, G_GRAPH, G_KEY_TABLE, G_LINKED, G_LIVE, G_SERIAL, G_STATE, IN_GRAPH,
  KEY_HEADER, LINKED, PENDING, SEAT_BULK, SLOT_BORN, SLOT_DIED, SLOT_KEY, S_GENERATIONS, S_LIVE, S_VERSION, TWINNED,
} from "../layout";
import { areHelpersWhole } from "../bulk/board";
import { capacityOf, countOf, diverseOf, firstTwin, idAt, listOf, lockOf, mayHaveDoubles } from "../graph/lists";
import { allocate, BROKEN, CHANGED, free, GOES_ON, useReserve, walkArena } from "../memory/arena";
import { seatAddress } from "../memory/locks";
import { info } from "../memory/scratch";
import { levelOf } from "../memory/settings";
import { clearBytes, hasBit, setBit } from "../memory/words";
import { isRowWhole } from "../rows/verify";
import { currentOf, emptyingOf } from "../space/generations";
import { hashKey } from "../memory/hashes";
import { findCell, slotIn } from "../space/keys";
import { codeAddress, hasScale } from "../vectors/codes";
import { sameVector } from "../vectors/metric";
import { ageOf, ALIVE, nextTwin, slotAddress, stateOf } from "../vectors/slots";

const BROKEN_ARENA: u32 = 1;
const BROKEN_COUNTS: u32 = 2; // live, dead, linked or the space's live count disagree with the slots
const BROKEN_VERSION: u32 = 3; // born after the space's version, or died before it was born
const BROKEN_KEY: u32 = 4; // a live slot that its key does not lead to
const BROKEN_FLOOR: u32 = 5; // a waiting slot below the floor, or cursors out of order
const BROKEN_LIST: u32 = 6; // a list that is too long, or names itself, a slot twice, or one that is not in the graph
const BROKEN_LEVEL: u32 = 7; // a neighbour that does not reach the level of the list
const BROKEN_LOCK: u32 = 8; // a node lock that is held
const BROKEN_ENTRY: u32 = 9; // an entry point that is missing or not linked
const BROKEN_TWIN: u32 = 10; // a twin on no chain or on two, or a chain that names another slot or a younger one first
const BROKEN_CODE: u32 = 11; // a code scale that is not a finite number ≥ 0
const BROKEN_ROW: u32 = 12; // cells without a record, or that no row can have left
const BROKEN_BULK: u32 = 13; // a portion that is being linked by a seat without a bulk, or a seat that helps with none

function fail(what: u32, slot: u32, level: u32, index: u32): u32 {
  info(0, slot);
  info(1, level);
  info(2, index);
  return what;
}

const BLOCKS_A_SLOT: u32 = 32; // are looked at in the time of a slot

/** What all spaces share, as `checkSpace`. Gives up the walk of a space. */
export function checkPartition(slots: u32): i32 {
  end();
  if (!areHelpersWhole()) return fail(BROKEN_BULK, 0, 0, 0);
  const status = walkArena(slots * BLOCKS_A_SLOT);
  if (status == GOES_ON) return E_MORE;
  info(3, status == CHANGED ? 0 : 1);
  return status == BROKEN ? fail(BROKEN_ARENA, 0, 0, 0) : 0;
}

// ── the walk: one at a time in an instance ──────────────────────────────────────────────────────────────────────────
const SLOTS: u32 = 0, LISTS: u32 = 1, TWINS: u32 = 2, OVER: u32 = 3;

let space: usize = 0, incarnation: u32 = 0; // 0: none
let generations: u64 = 0, serial: u32 = 0, version: u64 = 0; // as they were when it began
let generation: usize = 0, newer: usize = 0; // the one walked, and the one that it is emptied into or 0
let count: u32 = 0, linkedThen: u32 = 0; // as they were when the walk of the generation began
let phase: u32 = SLOTS, cursor: u32 = 0;
let live: u32 = 0, linked: u32 = 0;
let met: usize = 0; // a bit for each slot that is on a chain
let quiet: bool = true; // nothing has changed while it was walked

/**
 * Walks on through a space, or begins, for `slots` slots (0: all). E_MORE when there are more; at the end X_INFO[3]:
 * whether counts and chains were looked at, too.
 */
export function checkSpace(that: usize, ofIncarnation: u32, slots: u32): i32 {
  let broken: u32 = 0;
  if (space != that || incarnation != ofIncarnation) {
    end(); // that of another one, which its caller gave up
    broken = begin(that, ofIncarnation);
  }
  const current = currentOf(generations);
  const isTheSame = load<u64>(space + S_GENERATIONS) == generations && load<u32>(current + G_SERIAL) == serial;
  if (isTheSame) {
    for (let left = slots; broken == 0 && phase != OVER; left--) {
      if (slots != 0 && left == 0) return E_MORE;
      broken = step();
    }
  } else {
    quiet = false; // a compaction began or ended
  }
  info(3, quiet ? 1 : 0);
  end();
  return broken;
}

function begin(that: usize, ofIncarnation: u32): u32 {
  space = that;
  incarnation = ofIncarnation;
  generations = load<u64>(space + S_GENERATIONS);
  version = load<u64>(space + S_VERSION);
  quiet = true;
  const current = currentOf(generations);
  const emptying = emptyingOf(generations);
  serial = load<u32>(current + G_SERIAL);
  let sum = load<u32>(current + G_LIVE);
  if (emptying != 0) sum += load<u32>(emptying + G_LIVE);
  beginGeneration(current, 0);
  return sum == load<u32>(space + S_LIVE) ? 0 : fail(BROKEN_COUNTS, sum, 0, load<u32>(space + S_LIVE));
}

function beginGeneration(that: usize, next: usize): void {
  generation = that;
  newer = next;
  count = load<u32>(generation + G_COUNT);
  linkedThen = load<u32>(generation + G_LINKED);
  beginPhase(SLOTS);
  live = linked = 0;
}

function beginPhase(next: u32): void {
  phase = next;
  cursor = 0;
}

/** After the walk of a generation. */
function endGeneration(): void {
  forget();
  const emptying = emptyingOf(generations);
  if (newer == 0 && emptying != 0) beginGeneration(emptying, generation);
  else phase = OVER;
}

function end(): void {
  forget();
  space = incarnation = 0;
}

function forget(): void {
  free(met);
  met = 0;
}

function step(): u32 {
  const slot = cursor++;
  if (phase == SLOTS) return slot < count ? checkSlot(slot) : checkGeneration();
  if (phase == LISTS) {
    if (slot < count) return checkLists(slot);
    beginPhase(TWINS);
  } else if (slot >= count || !isQuiet() || met == 0) {
    endGeneration();
  } else if (stateOf(slotAddress(generation, slot)) == TWINNED && !hasBit(met, slot)) {
    return fail(BROKEN_TWIN, slot, 0, 0);
  }
  return 0;
}

function isQuiet(): bool {
  if (load<u64>(space + S_VERSION) != version || load<u32>(generation + G_LINKED) != linkedThen) quiet = false;
  return quiet;
}

// ── what is looked at ───────────────────────────────────────────────────────────────────────────────────────────────
function checkSlot(slot: u32): u32 {
  const at = slotAddress(generation, slot);
  const died = load<u64>(at + SLOT_DIED);
  const born = load<u64>(at + SLOT_BORN);
  if (born > load<u64>(space + S_VERSION) || died <= born) return fail(BROKEN_VERSION, slot, 0, 0);
  if (died == ALIVE) {
    live++;
    const broken = checkKey(slot, load<u32>(at + SLOT_KEY));
    if (broken != 0) return broken;
  }
  if (!isRowWhole(generation, slot)) return fail(BROKEN_ROW, slot, 0, 0);
  const state = stateOf(at);
  if (newer == 0 && slot < load<u32>(generation + G_FLOOR) && state == PENDING) return fail(BROKEN_FLOOR, slot, 0, 0);
  if ((state & IN_GRAPH) == 0) return 0;
  linked++;
  return load<u32>(generation + G_STATE) == GRAPH ? 0 : fail(BROKEN_FLOOR, slot, 1, 0);
}

/** After its slots: the counts and cursors, and whether there is a graph to walk. */
function checkGeneration(): u32 {
  if (isQuiet()) {
    if (live != load<u32>(generation + G_LIVE)) return fail(BROKEN_COUNTS, live, 1, load<u32>(generation + G_LIVE));
    if (count - live != load<u32>(generation + G_DEAD)) return fail(BROKEN_COUNTS, count - live, 2, 0);
    if (linked != linkedThen) return fail(BROKEN_COUNTS, linked, 3, linkedThen);
  }
  const now = load<u32>(generation + G_COUNT);
  if (load<u32>(generation + G_CLAIMED) > now) return fail(BROKEN_FLOOR, now, 2, load<u32>(generation + G_CLAIMED));
  const owner = load<u32>(generation + G_BULK);
  if (newer == 0 && owner != 0 && load<u32>(seatAddress(owner - 1) + SEAT_BULK) == 0) return fail(BROKEN_BULK, 0, 1, owner - 1);
  const entry = load<u32>(generation + G_ENTRY);
  if (load<u32>(generation + G_STATE) != GRAPH || entry == 0) {
    endGeneration();
    return linked == 0 ? 0 : fail(BROKEN_ENTRY, 0, 0, 0);
  }
  const isLinked = entry <= now && stateOf(slotAddress(generation, entry - 1)) == LINKED;
  if (!isLinked) return fail(BROKEN_ENTRY, entry - 1, levelOf(entry - 1), 0);
  makeNotes();
  beginPhase(LISTS);
  return 0;
}

function makeNotes(): void {
  const bytes = (count + 7) >>> 3;
  useReserve(true);
  met = allocate(bytes, 0);
  useReserve(false);
  if (met != 0) clearBytes(met, bytes); // else nothing is known of chains
}

/** A live slot's key leads to it, and to nothing in the newer generation. */
function checkKey(slot: u32, record: usize): u32 {
  const header = load<u32>(record);
  const hash = hashKey(record + KEY_HEADER, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, record + KEY_HEADER, header);
  if (cell == 0 || slotIn(cell) != slot) return fail(BROKEN_KEY, slot, 0, 0);
  if (newer == 0 || findCell(newer + G_KEY_TABLE, hash, record + KEY_HEADER, header) == 0) return 0;
  return fail(BROKEN_KEY, slot, 1, 0);
}

/** Every list and the chain of a linked slot; twins have none. */
function checkLists(slot: u32): u32 {
  if (stateOf(slotAddress(generation, slot)) != LINKED) return 0;
  if (!hasScale(codeAddress(load<u32>(generation + G_GRAPH), slot))) return fail(BROKEN_CODE, slot, 0, 0);
  if (met != 0 && !checkChain(slot)) return BROKEN_TWIN;
  if (load<u32>(lockOf(generation, slot)) != 0) return fail(BROKEN_LOCK, slot, 0, 0);
  for (let level: u32 = 0; level <= levelOf(slot); level++) {
    const broken = checkList(slot, level);
    if (broken != 0) return broken;
  }
  return 0;
}

/** Each twin is on one chain, that of a slot with its vector, the oldest first. */
function checkChain(slot: u32): bool {
  let age: u64 = 0;
  let left = load<u32>(generation + G_COUNT);
  for (let twin = firstTwin(generation, slot); twin != 0; twin = nextTwin(generation, twin)) {
    if (left-- == 0) return false; // it leads back to itself
    fail(BROKEN_TWIN, slot, 0, twin);
    if (twin > load<u32>(generation + G_COUNT)) return false;
    if (twin <= count && hasBit(met, twin - 1)) return false;
    const at = slotAddress(generation, twin - 1);
    if (stateOf(at) != TWINNED || !sameVector(slotAddress(generation, slot), at)) return false;
    if (ageOf(generation, twin - 1) < age) return false;
    age = ageOf(generation, twin - 1);
    if (twin <= count) setBit(met, twin - 1);
  }
  return true;
}

function checkList(slot: u32, level: u32): u32 {
  const list = listOf(generation, slot, level);
  const n = countOf(list);
  if (mayHaveDoubles(list) && level != 0) return fail(BROKEN_LIST, slot, level, n);
  if (n > capacityOf(level) || diverseOf(list) > n) return fail(BROKEN_LIST, slot, level, n);
  for (let i: u32 = 0; i < capacityOf(level); i++) {
    const id = idAt(list, i);
    if (id >= load<u32>(generation + G_COUNT)) return fail(BROKEN_LIST, slot, level, i);
    if (i >= n) continue;
    if (id == slot) return fail(BROKEN_LIST, slot, level, i);
    if (levelOf(id) < level) return fail(BROKEN_LEVEL, slot, level, i);
    if (mayHaveDoubles(list)) continue; // they go with the first write
    for (let j: u32 = 0; j < i; j++) if (idAt(list, j) == id) return fail(BROKEN_LIST, slot, level, i);
  }
  return 0;
}
