/*
 * Can every linked slot be reached? A breadth-first walk over level 0 from the entry point, a bounded number of nodes
 * per call; what it did not reach is linked again.
 *
 * Its notes are one block from the arena: a bit per slot and a queue of slots. One census per seat at a time.
 */
import {
  CENSUS_MOVED, CHUNK_BITS, E_BUSY, E_MEMORY, G_BARE, G_COUNT, G_ENTRY, G_FLOOR, G_GRAPH_CHUNKS, G_LINKED, G_SERIAL,
  LINKED, P_LOCK, S_CENSUS, S_GENERATIONS, SEAT_HELD_PARTITION, SLOT_TWIN,
} from "../layout";
import { allocate, free, useReserve } from "../memory/arena";
import { announce, park } from "../space/retirement";
import { capacityOf, countOf, ensureDistances, idAt, listOf, twinsOf } from "../graph/links";
import { relink, relinkFrom } from "../graph/insert";
import { isAlive } from "../space/spaces";
import { inGraph, slotAddress, stateOf } from "../vectors/slots";
import { release, tryAcquire } from "../memory/locks";
import { clearBytes } from "../memory/words";

const GOES_ON: i32 = 1;
const COMPLETE: i32 = 0;

let space: usize = 0;
let incarnation: u32 = 0;
let generation: usize = 0;
let serial: u32 = 0;
let slots: u32 = 0; // walked: all that were there when it started
let settled: u32 = 0; // swept: those that were linked when it started
let linkedThen: u32 = 0;
let notes: usize = 0;
let queue: usize = 0;
let head: u32 = 0;
let tail: u32 = 0;
let sweep: u32 = 0;
export let unmended: u32 = 0; // not reached, and nobody had room or its lock free
let whole: bool = false; // everything was reached, or can be now
let outcome: i32 = GOES_ON;
let refusal: i32 = COMPLETE; // E_MEMORY when nothing can be linked for want of it
export let missing: u32 = 0;
export let firstMissing: u32 = 0;

/** Starts a census. 1 started, 0 nothing to do (flat, empty, or unchanged and not `always`), E_MEMORY or E_BUSY. */
export function startCensus(that: usize, ofIncarnation: u32, always: bool): i32 {
  if (notes != 0 && !giveNotesBack()) return E_BUSY; // of one that its caller gave up
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  const answer = isAlive(that, ofIncarnation) ? prepare(that, ofIncarnation, always) : 0;
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

function prepare(that: usize, ofIncarnation: u32, always: bool): i32 {
  generation = <u32>load<u64>(that + S_GENERATIONS);
  const entry = atomic.load<u32>(generation + G_ENTRY);
  if (entry == 0) return 0;
  linkedThen = atomic.load<u32>(generation + G_LINKED);
  if (!always && linkedThen + 1 == load<u32>(that + S_CENSUS)) return 0;
  serial = load<u32>(generation + G_SERIAL);
  slots = load<u32>(generation + G_COUNT);
  settled = atomic.load<u32>(generation + G_FLOOR);
  const bits = (slots + 127) >>> 3;
  useReserve(true);
  notes = allocate(bits + slots * 4, 0);
  useReserve(false);
  if (notes == 0) return E_MEMORY;
  clearBytes(notes, bits);
  space = that;
  incarnation = ofIncarnation;
  queue = notes + (bits & ~15);
  head = 0;
  tail = 0;
  sweep = 0;
  missing = 0;
  unmended = 0;
  outcome = GOES_ON;
  refusal = COMPLETE;
  reach(entry - 1);
  return 1;
}

function reach(slot: u32): void {
  if (slot >= slots) return; // newer than the census
  const byte = notes + (slot >>> 3);
  const bit: u32 = 1 << (slot & 7);
  const bits: u32 = load<u8>(byte);
  if (bits & bit) return;
  store<u8>(byte, <u8>(bits | bit));
  store<u32>(queue + (tail++ << 2), slot);
}

/** Goes on for about `nodes` nodes. 1 more to do, 0 complete, CENSUS_MOVED its slots went elsewhere, E_MEMORY or E_BUSY. */
export function continueCensus(nodes: u32, mend: bool): i32 {
  if (notes == 0) return outcome;
  if (outcome == GOES_ON) {
    announce();
    if (!isTheSame()) outcome = CENSUS_MOVED;
    else if (!walk(nodes, mend)) outcome = refusal;
    whole = (mend ? unmended : missing) == 0;
    park();
  }
  if (outcome == GOES_ON) return GOES_ON;
  return giveNotesBack() ? outcome : E_BUSY;
}

/** Two compactions later another generation may lie at the same address. */
function isTheSame(): bool {
  const current: usize = <u32>atomic.load<u64>(space + S_GENERATIONS);
  return isAlive(space, incarnation) && current == generation && load<u32>(generation + G_SERIAL) == serial;
}

function walk(nodes: u32, mend: bool): bool {
  for (; nodes > 0 && head < tail; nodes--) {
    const slot = load<u32>(queue + (head++ << 2));
    const list = listOf(generation, slot, 0);
    const count = min<u32>(countOf(list), capacityOf(0));
    for (let i: u32 = 0; i < count; i++) reach(idAt(list, i));
    for (let mark = atomic.load<u32>(twinsOf(generation, slot)); mark != 0; ) {
      // Twins have no lists of their own.
      mark = reachTwin(mark - 1);
    }
  }
  if (head < tail) return true;
  for (let swept: u32 = 0; sweep < settled && swept < nodes * 8; sweep++, swept++) {
    if (load<u8>(notes + (sweep >>> 3)) & (1 << (sweep & 7))) continue;
    const at = slotAddress(generation, sweep);
    if (!inGraph(at)) continue;
    // A twin comes back with the slot that it hangs on.
    if (mend && stateOf(at) != LINKED && !hasTwins(sweep)) continue;
    if (missing++ == 0) firstMissing = sweep;
    if (!mend) continue;
    if (!isLinkable() || (!relink(generation, sweep, notes, slots) && !relinkFromAny(sweep))) unmended++;
    if (refusal != COMPLETE) return false;
    // What hangs on it is reached through it from now on: walk there before the sweep goes on.
    reach(sweep);
    sweep++;
    return true;
  }
  return sweep < settled;
}

/** Whether lists can be written to: what was loaded gets its distances now. Not while the partition is busy. */
function isLinkable(): bool {
  if (atomic.load<u32>(generation + G_BARE) == 0) return true;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return false;
  const same = isTheSame();
  const has = same && ensureDistances(generation, 0);
  release(P_LOCK, SEAT_HELD_PARTITION);
  if (same && !has) refusal = E_MEMORY;
  return has;
}

function hasTwins(slot: u32): bool {
  return slot >>> CHUNK_BITS < load<u32>(generation + G_GRAPH_CHUNKS) && load<u32>(twinsOf(generation, slot)) != 0;
}

/** All that a search for the slot finds is full or cut off as well: whoever was reached last and has room takes it. */
function relinkFromAny(slot: u32): bool {
  for (let i = tail; i > 0; i--) if (relinkFrom(generation, load<u32>(queue + ((i - 1) << 2)), slot)) return true;
  return false;
}

function reachTwin(slot: u32): u32 {
  const byte = notes + (slot >>> 3);
  if (slot < slots) store<u8>(byte, <u8>(<u32>load<u8>(byte) | (1 << (slot & 7))));
  return load<u32>(slotAddress(generation, slot) + SLOT_TWIN);
}

/** False while the partition is busy. */
function giveNotesBack(): bool {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return false;
  if (outcome == COMPLETE && whole && isTheSame()) store<u32>(space + S_CENSUS, linkedThen + 1);
  free(notes);
  notes = 0;
  release(P_LOCK, SEAT_HELD_PARTITION);
  return true;
}
