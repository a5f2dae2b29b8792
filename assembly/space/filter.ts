/*
 * Which slots of a space match a filter, at one moment? A bit each, in two bitmaps: of the generation that is being emptied
 * and of the current one. Then those slots are searched or listed, until the scan is ended.
 *
 *   1. under the partition lock: fix the moment, make the program ready (keywords become codes), pin the epoch;
 *   2. without a lock, in pieces: evaluate chunk by chunk; what is not visible at that moment or has expired is left out.
 *      Cells of slots that counted at that moment never change, but for those of fields that are new;
 *   3. search or list the matches.
 *
 * What a seat works in is one block, SEAT_FILTER: [stack of a chunk's bitmaps][program][ready ops, bits] [ready ops, bits].
 */
import {
  CHOOSE_IN_F32, CHUNK_SLOTS, COLUMN_EXPIRY, E_BUSY, E_MEMORY, E_MORE, E_ROW, E_STALE, FAULT_FILTER, FORM_SCALAR, GRAPH, G_COUNT, G_DEAD, G_EXPIRING,
  G_KEY_TABLE, G_STATE, MATCH_AGE, MATCH_BYTES, MATCH_EMPTYING, MATCH_FORM, MATCH_REF, MATCH_VALUE, MAX_DEPTH, MAX_EF, NO_FIELD,
  OK, OP_BYTES, OP_CODE, OP_HEADER, OP_KEYS, PROGRAM_BYTES, PROGRAM_HEADER, PROGRAM_OPS, SEAT_FILTER, SEAT_FILTER_BYTES, SEAT_ROW,
  SEAT_ROW_BYTES,
} from "../layout";
import { allocate, free } from "../memory/arena";
import { announce, park, pin } from "../memory/epochs";
import { faultPoint } from "../memory/faults";
import { hashKey } from "../memory/hashes";
import { lockPartition, seat, unlocked } from "../memory/locks";
import { info } from "../memory/scratch";
import { clearBit, clearBytes, copyBytes, hasBit, setBit } from "../memory/words";
import { padded8, SOUND } from "../rows/check";
import { cellsOf } from "../rows/columns";
import { dropExpired, evaluate, LEVEL_BYTES } from "../rows/evaluate";
import { faultInProgram, keyBytes, LIST_START, makeReady, readyBytes, READY_BYTES, READY_SET } from "../rows/program";
import { setNow } from "../rows/expiry";
import { formIn, valueIn } from "../rows/row";
import { walkInF32 } from "../vectors/beam";
import { passOnly } from "../vectors/passing";
import { ageOf, chunkSlots, firstOf, slotAddress, visible } from "../vectors/slots";
import { hitCount, sortHits, startHits } from "./hits";
import { findCell, slotIn } from "./keys";
import { visitedNodes } from "../graph/walk";
import { fixMoment, momentCurrent, momentEmptying, momentFloor, momentVersion, scanMatches, useMoment, walkMatches } from "./search";

const STACK_BYTES: u32 = (MAX_DEPTH + 1) * LEVEL_BYTES;

/* The filter of this instance: at its moment, */
let version: u64 = 0, emptying: usize = 0, current: usize = 0;
let emptyingSlots: u32 = 0, currentSlots: u32 = 0, floor: u32 = 0;
let hasDead: bool = false; // in the current generation
/* and what it works in: */
let program: usize = 0, ops: u32 = 0, now: f64 = 0;
let stack: usize = 0, emptyingReady: usize = 0, currentReady: usize = 0, emptyingBits: usize = 0, currentBits: usize = 0;
let next: u32 = 0, inCurrent: bool = false; // the chunk that is evaluated next
let matches: u32 = 0; // so far

/**
 * Begins a filter with the program in the seat's row buffer; rows that expire at or before `at` (milliseconds since 1970;
 * below 0: none) count as gone. Until `endScan`, nothing that it may read is freed; a seat has one filter or scan at a time.
 * OK, E_BUSY, E_STALE, E_MEMORY or E_ROW.
 */
export function startFilter(space: usize, incarnation: u32, bytes: u32, at: f64): i32 {
  program = load<u32>(seat + SEAT_ROW);
  const fault = program == 0 || bytes > load<u32>(seat + SEAT_ROW_BYTES) ? 0 : faultInProgram(program, bytes);
  if (fault != SOUND) {
    info(0, fault);
    return E_ROW;
  }
  now = at;
  if (!lockPartition()) return E_BUSY;
  announce();
  const status = prepare(space, incarnation);
  if (status == OK) pin();
  park();
  return unlocked(status);
}

function prepare(space: usize, incarnation: u32): i32 {
  if (!fixMoment(space, incarnation)) return E_STALE;
  version = momentVersion();
  emptying = momentEmptying();
  current = momentCurrent();
  floor = momentFloor();
  emptyingSlots = emptying == 0 ? 0 : load<u32>(emptying + G_COUNT);
  currentSlots = load<u32>(current + G_COUNT);
  hasDead = load<u32>(current + G_DEAD) != 0;
  ops = load<u32>(program + PROGRAM_OPS);
  const emptyingBytes: u32 = emptying == 0 ? 0 : readyBytes(program, emptying, emptyingSlots);
  const currentBytes = readyBytes(program, current, currentSlots);
  const bits = bitmapBytes(emptyingSlots) + bitmapBytes(currentSlots);
  const programBytes = padded8(load<u32>(program + PROGRAM_BYTES));
  const all = <u64>STACK_BYTES + programBytes + emptyingBytes + currentBytes + bits;
  if (all > 1 << 30 || !hasRoom(<u32>all)) return E_MEMORY;
  stack = load<u32>(seat + SEAT_FILTER);
  // Ops that come between two pieces have the row buffer for their own rows.
  copyBytes(stack + STACK_BYTES, program, programBytes);
  program = stack + STACK_BYTES;
  emptyingReady = program + programBytes;
  currentReady = emptyingReady + emptyingBytes;
  emptyingBits = currentReady + currentBytes;
  currentBits = emptyingBits + bitmapBytes(emptyingSlots);
  if (emptying != 0) ready(emptying, emptyingSlots, emptyingReady);
  ready(current, currentSlots, currentReady);
  clearBytes(emptyingBits, bits); // small spaces do not fill the words that are read
  inCurrent = emptying == 0;
  next = matches = 0;
  restartList();
  return OK;
}

/** Of whole chunks: an evaluation writes all bits of one. */
function bitmapBytes(slots: u32): u32 {
  return ((slots + CHUNK_SLOTS) >>> 10) * LEVEL_BYTES;
}

function hasRoom(bytes: u32): bool {
  if (bytes <= load<u32>(seat + SEAT_FILTER_BYTES)) return true;
  const larger = allocate(bytes, 0);
  if (larger == 0) return false;
  const old: usize = load<u32>(seat + SEAT_FILTER);
  store<u32>(seat + SEAT_FILTER, <u32>larger);
  store<u32>(seat + SEAT_FILTER_BYTES, bytes);
  free(old);
  return true;
}

function ready(generation: usize, slots: u32, to: usize): void {
  makeReady(program, generation, slots, to);
  let at = program + PROGRAM_HEADER;
  for (let i: u32 = 0; i < ops; i++) {
    if (<u32>load<u16>(at + OP_CODE) == OP_KEYS) {
      markKeys(generation, slots, at + OP_HEADER, load<u32>(to + i * READY_BYTES + READY_SET));
    }
    at += OP_HEADER + padded8(load<u32>(at + OP_BYTES));
  }
}

/** Sets the bits of the slots that the keys lead to now. */
function markKeys(generation: usize, slots: u32, payload: usize, bits: usize): void {
  let at = payload + LIST_START;
  for (let left = load<u32>(payload); left > 0; left--) {
    const header = load<u32>(at);
    const cell = findCell(generation + G_KEY_TABLE, hashKey(at + 4, header), at + 4, header);
    if (cell != 0 && slotIn(cell) < slots) setBit(bits, slotIn(cell));
    at += keyBytes(at);
  }
}

const PIECE: i32 = 1 << 17; // slots: less than a millisecond for a condition on numbers

/** Goes on for a while. OK at the end, with X_INFO[0]: how many match; else E_MORE. */
export function filterPiece(): i32 {
  for (let left = PIECE; left > 0; ) {
    const count = inCurrent ? currentSlots : emptyingSlots;
    if (firstOf(next) >= count) {
      if (inCurrent) {
        info(0, matches);
        return OK;
      }
      inCurrent = true;
      next = 0;
      continue;
    }
    left -= <i32>chunkSlots(next);
    faultPoint(FAULT_FILTER);
    if (inCurrent) filterChunk(current, next, count, currentReady, currentBits, hasDead);
    else filterChunk(emptying, next, count, emptyingReady, emptyingBits, true);
    next++;
  }
  return E_MORE;
}

function filterChunk(generation: usize, chunk: u32, count: u32, readyOps: usize, bitmap: usize, mayBeDead: bool): void {
  evaluate(generation, chunk, readyOps, ops, stack);
  const first = firstOf(chunk);
  const slots = min<u32>(chunkSlots(chunk), count - first);
  if (now >= 0 && load<u32>(generation + G_EXPIRING) != 0) {
    dropExpired(stack, chunk, cellsOf(generation, COLUMN_EXPIRY, chunk), now);
  }
  for (let i = slots; (i & 7) != 0; i++) clearBit(stack, i);
  const to = bitmap + (first >>> 3);
  const bytes = (slots + 7) >>> 3;
  if (mayBeDead) dropInvisible(generation, first, slots);
  copyBytes(to, stack, bytes);
  clearBytes(to + bytes, (chunkSlots(chunk) >>> 3) - bytes);
  matches += bitsIn(to, bytes);
}

/** How many of `bytes` bytes' bits are set. */
function bitsIn(at: usize, bytes: u32): u32 {
  let counts = i32x4.splat(0);
  const end = at + bytes;
  for (; at + 16 <= end; at += 16) {
    counts = i32x4.add(counts, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(v128.load(at)))));
  }
  let count: u32 = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  count += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
  for (; at < end; at++) count += popcnt<u32>(load<u8>(at));
  return count;
}

function dropInvisible(generation: usize, first: u32, slots: u32): void {
  for (let i: u32 = 0; i < slots; i++) {
    if (hasBit(stack, i) && !visible(slotAddress(generation, first + i), version)) clearBit(stack, i);
  }
}

// ── what is done with the matches ───────────────────────────────────────────────────────────────────────────────────
/** The matches become those whose references (u32 each) lie in the row buffer; `first`: and no others. OK or E_ROW. */
export function keepMatches(count: u32, first: bool): i32 {
  if (<u64>count * 4 > load<u32>(seat + SEAT_ROW_BYTES)) return E_ROW;
  if (first) {
    clearBytes(emptyingBits, bitmapBytes(emptyingSlots) + bitmapBytes(currentSlots));
    matches = 0;
  }
  const refs: usize = load<u32>(seat + SEAT_ROW);
  for (let i: u32 = 0; i < count; i++) {
    const ref = load<u32>(refs + (i << 2));
    const bits = bitsFor(ref);
    const slot = ref & ~MATCH_EMPTYING;
    if (slot >= slotsFor(ref)) return E_ROW;
    if (hasBit(bits, slot)) continue;
    setBit(bits, slot);
    matches++;
  }
  return OK;
}

/** The generation that a match's reference names. */
export function generationFor(ref: u32): usize {
  return (ref & MATCH_EMPTYING) != 0 ? emptying : current;
}

function bitsFor(ref: u32): usize {
  return (ref & MATCH_EMPTYING) != 0 ? emptyingBits : currentBits;
}

function slotsFor(ref: u32): u32 {
  return (ref & MATCH_EMPTYING) != 0 ? emptyingSlots : currentSlots;
}

/** How many match. */
export function matchCount(): u32 {
  return matches;
}

export const CHOOSE: u32 = 0, EXACTLY: u32 = 1, BY_GRAPH: u32 = 2;
const WAY_EXACT: u32 = 1, WAY_GRAPH: u32 = 2;
/** A walk meets about this many new nodes per expansion, and a code is compared in half of the time of a vector. */
const NODES_A_HOP: u64 = 12;

/**
 * The k nearest of the matches, to the seat's array of hits; the query is in scratch. `how`: CHOOSE, CHOOSE_IN_F32, EXACTLY or BY_GRAPH.
 * X_INFO: [1] 1 by looking at all matches, 2 by the graph; [2] how many slots were visited.
 */
export function searchFiltered(k: u32, ef: u32, how: u32): u32 {
  useMoment(version, current, emptying, floor);
  setNow(-1); // what has expired has no bit
  walkInF32(how == CHOOSE_IN_F32);
  const width = max<u32>(k, ef);
  const hasGraph = load<u32>(current + G_STATE) == GRAPH && width <= MAX_EF;
  startHits(k);
  let visited: u32 = 0;
  if (hasGraph && (how == BY_GRAPH || (how != EXACTLY && isWalkedSooner(width)))) {
    scanMatches(emptying, emptyingBits, emptyingSlots);
    passOnly(currentBits, currentSlots);
    const isComplete = walkMatches(currentBits, currentSlots, k, width, matches);
    passOnly(0, 0);
    visited = visitedNodes();
    // With fewer hits, matches are out of the graph's reach, or have no vector: a scan finds out.
    if (isComplete && hitCount >= min<u32>(k, matches)) {
      info(1, WAY_GRAPH);
      info(2, visited);
      sortHits();
      return hitCount;
    }
    startHits(k);
  }
  scanMatches(emptying, emptyingBits, emptyingSlots);
  scanMatches(current, currentBits, currentSlots);
  info(1, WAY_EXACT);
  info(2, visited + matches);
  sortHits();
  return hitCount;
}

/** Whether a walk until it has met ef matches takes less than a scan of all. */
function isWalkedSooner(ef: u32): bool {
  return <u64>matches * matches > NODES_A_HOP * ef * (<u64>emptyingSlots + currentSlots);
}

let listed: u32 = 0, listsCurrent: bool = false; // where the list goes on

/** Begins to list the matches. */
export function restartList(): void {
  listed = 0;
  listsCurrent = false;
}

/** Writes the next matches, up to `most`, MATCH_* each, with what they have in a field or NO_FIELD. Returns how many. */
export function listNext(to: usize, field: u32, most: u32): u32 {
  let count: u32 = 0;
  while (count < most) {
    const slots = listsCurrent ? currentSlots : emptyingSlots;
    if (listed >= slots) {
      if (listsCurrent) break;
      listsCurrent = true;
      listed = 0;
      continue;
    }
    const bits = listsCurrent ? currentBits : emptyingBits;
    if ((listed & 7) == 0 && load<u8>(bits + (listed >>> 3)) == 0) {
      listed += 8;
      continue;
    }
    if (hasBit(bits, listed)) {
      listMatch(to + count * MATCH_BYTES, listsCurrent ? current : emptying, listed, field);
      count++;
    }
    listed++;
  }
  return count;
}

function listMatch(to: usize, generation: usize, slot: u32, field: u32): void {
  store<u32>(to + MATCH_REF, generation == current ? slot : slot | MATCH_EMPTYING);
  store<u64>(to + MATCH_AGE, ageOf(generation, slot));
  const form: u32 = field == NO_FIELD ? ~0 : formIn(generation, field, slot);
  store<u32>(to + MATCH_FORM, form + 1); // missing: 0
  store<f64>(to + MATCH_VALUE, form == FORM_SCALAR ? valueIn(generation, field, slot) : 0);
}
