/*
 * Can every linked slot be reached? A breadth-first walk over level 0 from the entry point, a bounded number of nodes
 * per call; a slot that it does not reach is linked again.
 *
 * Its notes are one block from the arena: a bit per slot and a queue of slots. One census per seat at a time.
 */
import {
  CENSUS_MOVED, CHUNK_BITS, E_BUSY, E_MEMORY, G_COUNT, G_ENTRY, G_FLOOR, G_GRAPH_CHUNKS, G_LINKED, G_SERIAL,
  LINKED, S_CENSUS, S_GENERATIONS,
} from "../layout";
import { relink, relinkFrom } from "../graph/insert";
import { capacityOf, countOf, firstTwin, listOf, publishedId } from "../graph/lists";
import { allocate, free, useReserve } from "../memory/arena";
import { announce, park } from "../memory/epochs";
import { lockPartition, unlocked, unlockPartition } from "../memory/locks";
import { info } from "../memory/scratch";
import { clearBytes, hasBit, setBit } from "../memory/words";
import { currentOf } from "../space/generations";
import { isAlive } from "../space/spaces";
import { inGraph, nextTwin, slotAddress, stateOf } from "../vectors/slots";

const GOES_ON: i32 = 1;
const COMPLETE: i32 = 0;

let space: usize = 0, incarnation: u32 = 0, generation: usize = 0, serial: u32 = 0;
let slots: u32 = 0; // to be walked: all that there were when it started
let settled: u32 = 0; // to be swept: those that were linked when it started
let linkedThen: u32 = 0;
let notes: usize = 0, queue: usize = 0;
let head: u32 = 0, tail: u32 = 0, sweep: u32 = 0;
let unmended: u32 = 0; // not reached, and every list that could name it was full or locked
let whole: bool = false; // everything was reached, or can be now
let outcome: i32 = GOES_ON;
let missing: u32 = 0, firstMissing: u32 = 0;

/** Starts a census. 1 started, 0 nothing to do (flat, empty, or unchanged and not `always`), E_MEMORY or E_BUSY. */
export function startCensus(that: usize, ofIncarnation: u32, always: bool): i32 {
  if (notes != 0 && !freeNotes()) return E_BUSY; // of one that its caller gave up
  if (!lockPartition()) return E_BUSY;
  return unlocked(isAlive(that, ofIncarnation) ? prepare(that, ofIncarnation, always) : 0);
}

function prepare(that: usize, ofIncarnation: u32, always: bool): i32 {
  generation = currentOf(load<u64>(that + S_GENERATIONS));
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
  head = tail = sweep = missing = unmended = 0;
  outcome = GOES_ON;
  reach(entry - 1);
  return 1;
}

function reach(slot: u32): void {
  if (slot >= slots || hasBit(notes, slot)) return; // newer than the census, or known
  setBit(notes, slot);
  store<u32>(queue + (tail++ << 2), slot);
}

/**
 * Goes on for about `nodes` nodes. 1 more to do, 0 complete, CENSUS_MOVED its slots were moved, or E_BUSY.
 * X_INFO: slots not reached, the first of them, those not mended.
 */
export function continueCensus(nodes: u32, mend: bool): i32 {
  const status = goOn(nodes, mend);
  info(0, missing);
  info(1, firstMissing);
  info(2, unmended);
  return status;
}

function goOn(nodes: u32, mend: bool): i32 {
  if (notes == 0) return outcome;
  if (outcome == GOES_ON) {
    announce();
    if (!isTheSame()) outcome = CENSUS_MOVED;
    else if (!walk(nodes, mend)) outcome = COMPLETE;
    whole = (mend ? unmended : missing) == 0;
    park();
  }
  if (outcome == GOES_ON) return GOES_ON;
  return freeNotes() ? outcome : E_BUSY;
}

/** By serial too: two compactions later another generation may lie at the same address. */
function isTheSame(): bool {
  const current = currentOf(atomic.load<u64>(space + S_GENERATIONS));
  return isAlive(space, incarnation) && current == generation && load<u32>(generation + G_SERIAL) == serial;
}

function walk(nodes: u32, mend: bool): bool {
  for (; nodes > 0 && head < tail; nodes--) {
    const slot = load<u32>(queue + (head++ << 2));
    const list = listOf(generation, slot, 0);
    const count = min<u32>(countOf(list), capacityOf(0));
    for (let i: u32 = 0; i < count; i++) reach(publishedId(list, i));
    for (let twin = firstTwin(generation, slot); twin != 0; twin = nextTwin(generation, twin)) {
      if (twin <= slots) setBit(notes, twin - 1); // and no more: twins have no lists of their own
    }
  }
  if (head < tail) return true;
  for (let swept: u32 = 0; sweep < settled && swept < nodes * 8; sweep++, swept++) {
    if (hasBit(notes, sweep)) continue;
    const at = slotAddress(generation, sweep);
    if (!inGraph(at)) continue;
    // A twin is reached again with the slot that it hangs on.
    if (mend && stateOf(at) != LINKED && !hasTwins(sweep)) continue;
    if (missing++ == 0) firstMissing = sweep;
    if (!mend) continue;
    if (!relink(generation, sweep, notes, slots) && !relinkFromAny(sweep)) unmended++;
    // More may be reached through it now: walk on from it before the sweep continues.
    reach(sweep);
    sweep++;
    return true;
  }
  return sweep < settled;
}

function hasTwins(slot: u32): bool {
  return slot >>> CHUNK_BITS < load<u32>(generation + G_GRAPH_CHUNKS) && firstTwin(generation, slot) != 0;
}

/** All that a search for the slot finds is full or cut off as well: the slot reached last that has room takes it. */
function relinkFromAny(slot: u32): bool {
  for (let i = tail; i > 0; i--) if (relinkFrom(generation, load<u32>(queue + ((i - 1) << 2)), slot)) return true;
  return false;
}

/** False while the partition is busy. */
function freeNotes(): bool {
  if (!lockPartition()) return false;
  if (outcome == COMPLETE && whole && isTheSame()) store<u32>(space + S_CENSUS, linkedThen + 1);
  free(notes);
  notes = 0;
  unlockPartition();
  return true;
}
