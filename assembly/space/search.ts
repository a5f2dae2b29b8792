/*
 * Which vectors of a space are nearest to a query? A search sees what was accepted before it, linked or not:
 *
 *   1. announce the epoch, then read generations and floors, then the version; again if the generations changed;
 *   2. scan what is not linked yet, first: what is linked from then on is found by the walk that follows;
 *   3. walk the graph; 4. if dead slots or a cut-off graph left fewer hits than there should be, scan everything.
 */
import {
  EXACTLY, E_STALE, FLAT, G_COUNT, G_ENTRY, G_FLOOR, G_LIVE, G_MOVED, G_QUARANTINE, G_STATE, G_SUSPECT, G_SUSPECT_END, IN_F32, MAX_EF,
  S_GENERATIONS, S_LIVE,  S_VERSION,
} from "../layout";
import { candidateCount, candidateDistance, candidateSlot } from "../graph/candidates";
import { firstTwin } from "../graph/lists";
import { walkAt, walkFiltered } from "../graph/walk";
import { pin } from "../memory/epochs";
import { published } from "../memory/order";
import { fresh, info, info64 } from "../memory/scratch";
import { slotStride } from "../memory/settings";
import { isGone, mayBeGone, setNow } from "../rows/expiry";
import { exactly, mayRank, queryFromVector, touchExact, walkInF32 } from "../vectors/beam";
import { exactToQuery } from "../vectors/metric";
import { passes, passOnly } from "../vectors/passing";
import { chunkEnd, hasBody, inGraph, nextTwin, slotAddress, visible } from "../vectors/slots";
import { currentOf, emptyingOf } from "./generations";
import { addHit, appendHit, hasHit, hitCount, sortHits, sortRanks, startHits, worstRank } from "./hits";
import { isAlive } from "./spaces";

/* What the search sees, all of one moment: */
let version: u64 = 0;
let current: usize = 0, floor: u32 = 0;
let emptying: usize = 0, emptyingFloor: u32 = 0;
let moved: u32 = 0; // slots of the one being emptied below this have died by that version
let live: u32 = 0; // at that version, or a moment later and more

export function momentVersion(): u64 {
  return version;
}

export function momentCurrent(): usize {
  return current;
}

export function momentEmptying(): usize {
  return emptying;
}

/** Live vectors. */
export function momentLive(): u32 {
  return live;
}

/** Slots of the current one below this were linked or dead before the moment. */
export function momentFloor(): u32 {
  return floor;
}

/** Looks again as of a moment that was fixed before. */
export function useMoment(at: u64, inCurrent: usize, inEmptying: usize, itsFloor: u32): void {
  version = at;
  current = inCurrent;
  emptying = inEmptying;
  floor = itsFloor;
}

/** Reads the above; false when the space was dropped. */
export function fixMoment(space: usize, incarnation: u32): bool {
  while (true) {
    const generations = atomic.load<u64>(space + S_GENERATIONS);
    current = currentOf(generations);
    emptying = emptyingOf(generations);
    // After the generations: if the header belongs to another space by now, its vectors must not be found.
    if (!isAlive(space, incarnation) || current == 0) return false;
    // Floors before the version: a slot that is skipped because it is dead died before any version read later.
    floor = atomic.load<u32>(current + G_FLOOR);
    emptyingFloor = emptying == 0 ? 0 : atomic.load<u32>(emptying + G_FLOOR);
    moved = emptying == 0 ? 0 : atomic.load<u32>(emptying + G_MOVED);
    version = atomic.load<u64>(space + S_VERSION);
    live = atomic.load<u32>(space + S_LIVE);
    const same = atomic.load<u64>(space + S_GENERATIONS) == generations;
    if (same && atomic.load<u64>(space + S_VERSION) == version) return true;
  }
}

/**
 * Writes the k nearest of a space to the seat's array of hits, nearest first; the query is in scratch. Returns how
 * many, or E_STALE. `way`: BY_BEAM, EXACTLY or IN_F32. The epoch stays announced: the caller reads the keys and then parks.
 */
export function searchSpace(space: usize, incarnation: u32, k: u32, ef: u32, way: u32, now: f64): i32 {
  if (!fixMoment(space, incarnation)) return E_STALE;
  passOnly(0, 0); // a filtered search may have trapped
  setNow(now);
  startHits(k);
  const width = max<u32>(k, ef);
  walkInF32(way == IN_F32);
  if (way != EXACTLY && width <= MAX_EF) {
    if (emptying != 0) {
      if (isWalkedLonger(emptying, width)) scanFrom(emptying, moved);
      else searchGeneration(emptying, k, width, emptyingFloor);
    }
    searchGeneration(current, k, width, floor);
    if (hitCount >= min<u32>(k, live)) {
      sortHits();
      return hitCount;
    }
    startHits(k);
  }
  if (emptying != 0) scanFrom(emptying, moved);
  scanFrom(current, 0);
  sortHits();
  return hitCount;
}

const SCANNED_PER_HOP: u32 = 32; // slots that are scanned in less time than one is expanded

/**
 * Whether walking the graph of the generation that is being emptied would take longer than scanning what is left in it:
 * a walk goes on until it has met ef live slots, and there are fewer and fewer.
 */
function isWalkedLonger(generation: usize, ef: u32): bool {
  const count = atomic.load<u32>(generation + G_COUNT);
  const alive = max<u32>(load<u32>(generation + G_LIVE), 1);
  return <u64>(count - moved) * alive <= <u64>SCANNED_PER_HOP * ef * count;
}

/**
 * The k nearest of the current generation at a moment that was fixed before, in no order, as if the slot `without` were not
 * there; the query is in scratch.
 */
export function searchWithout(k: u32, ef: u32, without: u32, way: u32): void {
  passOnly(0, 0);
  walkInF32(way == IN_F32);
  startHits(k);
  searchGeneration(current, k, ef, floor, without);
}

/** The same of the matches of a filter, as `walkMatches`. */
export function searchAmong(bits: usize, slots: u32, k: u32, ef: u32, most: u32, without: u32): bool {
  walkInF32(false);
  startHits(k);
  passOnly(bits, slots);
  const isComplete = walkMatches(bits, slots, k, ef, most, without);
  passOnly(0, 0);
  return isComplete;
}

function searchGeneration(generation: usize, k: u32, ef: u32, from: u32, without: u32 = ~0): void {
  const scannedFrom = scanTail(generation, from, atomic.load<u32>(generation + G_COUNT));
  if (published(generation + G_STATE) == FLAT) return;
  searchGraph(generation, k, ef, scannedFrom, without);
  scanQuarantine(generation);
}

let sink: u32 = 0; // uses what the touches load

/** Slots from `scannedFrom` on may have been scanned as part of the tail already. */
function searchGraph(generation: usize, k: u32, ef: u32, scannedFrom: u32, without: u32): void {
  const entry = atomic.load<u32>(generation + G_ENTRY);
  if (entry == 0) return;
  queryFromVector(generation);
  walkAt(generation, entry - 1, ef, version, without);
  takeCandidates(generation, k, scannedFrom);
}

const GROUP: u32 = 16; // candidates whose vectors are loaded at a time

/**
 * The beam has chosen the candidates, f32 orders them: all that may be among the k nearest of them, so that more hits begin
 * with the same ones.
 */
function takeCandidates(generation: usize, k: u32, scannedFrom: u32): void {
  for (let i: u32 = 0; i < candidateCount; ) {
    let count: u32 = 0;
    for (; i < candidateCount && count < GROUP; i++) {
      if (hitCount == k && !mayRank(candidateSlot(i), candidateDistance(i), worstRank())) continue;
      const slot = candidateSlot(i);
      sink += touchExact(slotAddress(generation, slot)) + firstTwin(generation, slot);
      store<u32>(fresh + (count++ << 2), i);
    }
    for (let j: u32 = 0; j < count; j++) takeCandidate(generation, k, scannedFrom, load<u32>(fresh + (j << 2)));
  }
}

function takeCandidate(generation: usize, k: u32, scannedFrom: u32, i: u32): void {
  const slot = candidateSlot(i);
  const at = slotAddress(generation, slot);
  let twin = firstTwin(generation, slot);
  const isSeen = visible(at, version) && passes(slot) && !isGone(generation, slot);
  if (!isSeen && twin == 0) return;
  const distance = exactly(at, candidateDistance(i));
  if (isSeen) offerOnce(generation, slot, at, distance, scannedFrom);
  // The oldest twins come first. All are as far as the slot itself: under cosine, f32 sees only rounding between them.
  for (let left = k; twin != 0 && left > 0; twin = nextTwin(generation, twin)) {
    const twinAt = slotAddress(generation, twin - 1);
    if (!visible(twinAt, version) || !passes(twin - 1) || isGone(generation, twin - 1)) continue;
    offerOnce(generation, twin - 1, twinAt, distance, scannedFrom);
    left--;
  }
}

/** Adds a hit that may be one already if it was scanned. */
// @ts-ignore: decorator
@inline
function offerOnce(generation: usize, slot: u32, at: usize, distance: f32, scannedFrom: u32): void {
  if (slot < scannedFrom || !hasHit(generation, slot)) addHit(generation, slot, at, distance);
}

// ── scans ───────────────────────────────────────────────────────────────────────────────────────────────────────────

// @ts-ignore: decorator
@inline
function offer(generation: usize, slot: u32, at: usize): void {
  if (visible(at, version) && hasBody(at) && !isGone(generation, slot)) addHit(generation, slot, at, exactToQuery(at));
}

/**
 * Scans the slots from `from` that are not in the graph, and the suspects (graph/suspects.ts), wherever they are. Returns the
 * slot from which on a hit may have been scanned.
 */
function scanTail(generation: usize, from: u32, to: u32): u32 {
  const suspectEnd = published(generation + G_SUSPECT_END); // before where they begin: it is stored last
  const suspect: u32 = suspectEnd == 0 ? 0 : atomic.load<u32>(generation + G_SUSPECT);
  if (suspect < suspectEnd) from = min<u32>(from, suspect);
  for (let slot = from; slot < to; ) {
    const end = min<u32>(to, chunkEnd(slot));
    for (let at = slotAddress(generation, slot); slot < end; slot++, at += slotStride) {
      if ((!inGraph(at) || (slot >= suspect && slot < suspectEnd)) && passes(slot)) offer(generation, slot, at);
    }
  }
  return from;
}

/** Scans every slot from `from` on. */
function scanFrom(generation: usize, from: u32): void {
  scanRange(generation, from, atomic.load<u32>(generation + G_COUNT));
}

function scanRange(generation: usize, from: u32, to: u32): void {
  for (let slot = from; slot < to; ) {
    const end = min<u32>(to, chunkEnd(slot));
    for (let at = slotAddress(generation, slot); slot < end; slot++, at += slotStride) offer(generation, slot, at);
  }
}

function scanQuarantine(generation: usize): void {
  for (let next = atomic.load<u32>(generation + G_QUARANTINE); next != 0; next = nextTwin(generation, next)) {
    if (passes(next - 1) && !hasHit(generation, next - 1)) offer(generation, next - 1, slotAddress(generation, next - 1));
  }
}

// ── matches of a filter ─────────────────────────────────────────────────────────────────────────────────────────────
/** Scans the slots whose bit is set, all of which are visible. */
export function scanMatches(generation: usize, bits: usize, slots: u32): void {
  for (let first: u32 = 0; first < slots; first += 64) {
    for (let word = load<u64>(bits + (first >>> 3)); word != 0; word &= word - 1) {
      const slot = first + <u32>ctz<u64>(word);
      const at = slotAddress(generation, slot);
      if (hasBody(at)) addHit(generation, slot, at, exactToQuery(at));
    }
  }
}

/**
 * Finds matches in the current generation by its graph: those not linked by scanning. Nodes that fail are walked through.
 * False when it gave up, after it had visited more than `most`.
 */
export function walkMatches(bits: usize, slots: u32, k: u32, ef: u32, most: u32, without: u32 = ~0): bool {
  const scannedFrom = scanTail(current, floor, slots); // of the moment: what was skipped since then, because it died, is visible
  const entry = atomic.load<u32>(current + G_ENTRY);
  if (entry == 0) return true;
  queryFromVector(current);
  const isComplete = walkFiltered(current, entry - 1, ef, version, bits, slots, most, without);
  if (isComplete) takeCandidates(current, k, scannedFrom);
  scanQuarantine(current);
  return isComplete;
}

/** How many slots are live at this moment and have not expired, or E_STALE. */
export function countLive(space: usize, incarnation: u32, now: f64): i32 {
  if (!fixMoment(space, incarnation)) return E_STALE;
  setNow(now);
  let gone: u32 = countGone(current, 0);
  if (emptying != 0) gone += countGone(emptying, moved);
  return <i32>(live - min<u32>(live, gone));
}

function countGone(generation: usize, from: u32): u32 {
  if (!mayBeGone(generation)) return 0;
  const count = atomic.load<u32>(generation + G_COUNT);
  let gone: u32 = 0;
  for (let slot = from; slot < count; slot++) {
    if (isGone(generation, slot) && visible(slotAddress(generation, slot), version)) gone++;
  }
  return gone;
}

// ── scans in pieces, over several calls ─────────────────────────────────────────────────────────────────────────────
/**
 * Fixes the moment of a scan and keeps it readable until `unpin`. X_INFO: the version (two words), the generation that
 * is being emptied or 0, the first of its slots that may be alive, its slots, the current one, its slots. False when the
 * space was dropped.
 */
export function startPieces(space: usize, incarnation: u32): bool {
  if (!fixMoment(space, incarnation)) return false;
  pin();
  info64(0, version);
  info(2, <u32>emptying);
  info(3, moved);
  info(4, emptying == 0 ? 0 : atomic.load<u32>(emptying + G_COUNT));
  info(5, <u32>current);
  info(6, atomic.load<u32>(current + G_COUNT));
  return true;
}

/** The k nearest of some slots at that moment, nearest first, with ranks and ages; the query is in scratch. */
export function searchPiece(generation: usize, from: u32, to: u32, at: u64, k: u32): u32 {
  version = at;
  startHits(k);
  scanRange(generation, from, to);
  sortRanks();
  return hitCount;
}

/** The live ones of some slots at that moment, in their order, with ages. */
export function listPiece(generation: usize, from: u32, to: u32, at: u64): u32 {
  startHits(to - from);
  for (let slot = from; slot < to; slot++) {
    const slotAt = slotAddress(generation, slot);
    if (visible(slotAt, at) && !isGone(generation, slot)) appendHit(generation, slot, slotAt);
  }
  return hitCount;
}
