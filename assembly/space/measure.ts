/*
 * How much of what is nearest does a search find? Queries of one moment are compared with every vector, then searched for.
 *
 *   1. under the partition lock: fix the moment, pin its epoch, take memory;
 *   2. without a lock: some stored slots, spread evenly, become queries; others that came from elsewhere are added;
 *   3. in pieces: all queries are compared with some slots, which come into the cache once for all of them;
 *   4. a walk of some width for one query, as often as wanted: how many of the true nearest are among its hits.
 *
 * A stored query is left out together with what has the same vector, of the comparison as of the walk: it finds what a
 * query from elsewhere in its place would find. Only ranks are kept, so of equally near slots any will do.
 *
 * Some queries are also searched for among the slots that would match a filter: a hash chooses half of them, a quarter, …
 *
 * What a seat works in is one block, SEAT_MEASURE:
 *   [own slot u32 × queries][ranks of the nearest f32 × MEASURED_K × queries, sorted][vectors × queries]
 *   [ranks of the nearest matches f32 × SHARE_K × MEASURED_SHARES × SHARE_QUERIES, sorted]
 *   [slots that match u32 × MEASURED_SHARES][a bit per slot that matches × MEASURED_SHARES]
 */
import {
  E_MEMORY, E_PENDING, E_STALE, FLAT, G_BEAM, G_COUNT, G_ENTRY, G_LINKED, G_SERIAL, G_STATE, HIT_BYTES, HIT_DISTANCE,
  HIT_GENERATION, HIT_SLOT, LINKED, MEASURED_K, MEASURED_KS, MEASURED_SHARES, NOT_FOUND, OK, SEAT_MEASURE, SEAT_RESULTS, SHARE_K, SHARE_QUERIES, SLOT_VECTOR,
} from "../layout";
import { allocate, freeAt } from "../memory/arena";
import { announce, park, pinMeasure, unpinMeasure } from "../memory/epochs";
import { seat } from "../memory/locks";
import { candidateDistances, candidateSlots, info, query } from "../memory/scratch";
import { mix, paddedFloats, slotStride } from "../memory/settings";
import { clearBit, clearBytes, copyBytes, hasBit, setBit } from "../memory/words";
import { isGone, setNow } from "../rows/expiry";
import { exact, sameVector } from "../vectors/metric";
import { chunkEnd, hasBody, inverseOf, slotAddress, stateOf, visible } from "../vectors/slots";
import { hitCount } from "./hits";
import { fixMoment, momentCurrent, momentEmptying, momentFloor, momentLive, momentVersion, searchAmong, searchWithout, useMoment } from "./search";

const NO_SLOT: u32 = ~0;
const BLOCK: u32 = 64; // slots that stay in the cache while all queries are compared with them
const SHARE_TOP: u32 = SHARE_K * 4; // bytes of the ranks of one query in one share
const SALT: u32 = 0x5bd1e995; // levels are hashes of slots, too

/* The measurement of this instance: at its moment, */
let version: u64 = 0, current: usize = 0, floor: u32 = 0, slots: u32 = 0, now: f64 = 0;
/* its queries, and the slot that is compared next. */
let queries: u32 = 0, room: u32 = 0, next: u32 = 0;
let owns: usize = 0, tops: usize = 0, vectors: usize = 0, shareTops: usize = 0, bits: usize = 0;
let every: u32 = 1; // one in this many queries is searched for among matches
let counts: usize = 0, bitmapBytes: u32 = 0; // how many slots match in a share; of one bitmap

/**
 * Begins a measurement with room for that many queries. X_INFO: [1] slots, [2] live ones, [3] slots ever linked, [4] the
 * generation's serial, [5] its beam. OK, NOT_FOUND without a graph, E_PENDING while a compaction runs, E_STALE, E_MEMORY.
 * Partition lock held.
 */
export function begin(space: usize, incarnation: u32, most: u32, at: f64): i32 {
  unpinMeasure();
  announce();
  const status = prepare(space, incarnation, most, at);
  if (status == OK) pinMeasure();
  park();
  return status;
}

function prepare(space: usize, incarnation: u32, most: u32, at: f64): i32 {
  freeAt(seat + SEAT_MEASURE);
  queries = room = 0;
  if (!fixMoment(space, incarnation)) return E_STALE;
  if (momentEmptying() != 0) return E_PENDING;
  current = momentCurrent();
  if (load<u32>(current + G_STATE) == FLAT || load<u32>(current + G_ENTRY) == 0) return NOT_FOUND;
  version = momentVersion();
  floor = momentFloor();
  slots = load<u32>(current + G_COUNT);
  now = at;
  bitmapBytes = ((slots + 63) >>> 6) << 3;
  const marks = <u64>MEASURED_SHARES * (4 + bitmapBytes) + 16;
  const bytes = <u64>most * (4 + MEASURED_K * 4 + paddedFloats * 4) + 16 + shareBytes() + marks;
  const block: usize = bytes > 1 << 30 ? 0 : allocate(<u32>bytes, 0);
  if (block == 0) return E_MEMORY;
  store<u32>(seat + SEAT_MEASURE, <u32>block);
  room = most;
  owns = block;
  tops = owns + room * 4;
  vectors = (tops + room * MEASURED_K * 4 + 15) & ~15;
  shareTops = vectors + room * paddedFloats * 4;
  counts = shareTops + shareBytes();
  bits = (counts + MEASURED_SHARES * 4 + 15) & ~15;
  next = 0;
  info(1, slots);
  info(2, momentLive());
  info(3, load<u32>(current + G_LINKED));
  info(4, load<u32>(current + G_SERIAL));
  info(5, load<u32>(current + G_BEAM));
  return OK;
}

/** Makes up to `stored` slots queries. Returns how many. */
export function sampleStored(stored: u32): u32 {
  for (let at = shareTops; at < counts; at += 4) store<f32>(at, Infinity);
  clearBytes(counts, MEASURED_SHARES * 4);
  clearBytes(bits, MEASURED_SHARES * bitmapBytes);
  setNow(now);
  for (let i: u32 = 0; i < stored; i++) sample(i, stored);
  return queries;
}

function shareBytes(): u32 {
  return SHARE_QUERIES * MEASURED_SHARES * SHARE_TOP;
}

/** In how many of the shares a slot matches: in the first, half of all do, in each further one half of those. */
function sharesOf(slot: u32): u32 {
  return min<u32>(MEASURED_SHARES, ctz(mix(slot ^ SALT)));
}

/** Marks a slot in its shares. Returns how many these are. */
function noteShares(slot: u32): u32 {
  const shares = sharesOf(slot);
  for (let share: u32 = 0; share < shares; share++) {
    setBit(bits + share * bitmapBytes, slot);
    const count = counts + share * 4;
    store<u32>(count, load<u32>(count) + 1);
  }
  return shares;
}

/** How many slots match in a share, 1 to MEASURED_SHARES, once all were compared. */
export function matchesIn(share: u32): u32 {
  return load<u32>(counts + (share - 1) * 4);
}

/** Where the ranks of a query among matches lie, or 0. */
function shareTopOf(i: u32): usize {
  const number = i / every;
  return i % every != 0 || number >= SHARE_QUERIES ? 0 : shareTops + number * MEASURED_SHARES * SHARE_TOP;
}

/** Makes a linked slot out of the i-th part of all a query, if there is one. */
function sample(i: u32, parts: u32): void {
  const from = <u32>((<u64>slots * i) / parts);
  const end = <u32>((<u64>slots * (i + 1)) / parts);
  if (from == end) return;
  for (let slot = from + mix(i + slots) % (end - from); slot < end; slot++) {
    const at = slotAddress(current, slot);
    if (stateOf(at) != LINKED || !visible(at, version) || isGone(current, slot)) continue;
    if (atomic.load<u32>(current + G_ENTRY) == slot + 1) continue; // every walk begins there
    const by = f32x4.splat(inverseOf(at));
    const to = vectors + queries * paddedFloats * 4;
    for (let j: usize = 0; j < paddedFloats << 2; j += 16) {
      v128.store(to + j, f32x4.mul(v128.load(at + SLOT_VECTOR + j), by));
    }
    addQuery(slot);
    return;
  }
}

function addQuery(own: u32): void {
  store<u32>(owns + queries * 4, own);
  const top = tops + queries * MEASURED_K * 4;
  for (let i: u32 = 0; i < MEASURED_K; i++) store<f32>(top + i * 4, Infinity);
  queries++;
}

/** Adds the vector at `query`, of unit length under cosine. False when there is no room for it. */
export function addGiven(): bool {
  if (queries == room) return false;
  copyBytes(vectors + queries * paddedFloats * 4, query, paddedFloats * 4);
  addQuery(NO_SLOT);
  return true;
}

/** Compares all queries with the next `most` slots. True while there are more. */
export function compareSome(most: u32): bool {
  setNow(now);
  every = max<u32>(1, queries / SHARE_QUERIES);
  for (const end = min<u32>(slots, next + most); next < end; ) {
    const to = min<u32>(min<u32>(end, chunkEnd(next)), next + BLOCK);
    compareBlock(next, to);
    next = to;
  }
  return next < slots;
}

/* The addresses of a block's visible slots, their numbers and shares lie where a search has its candidates. */
function compareBlock(from: u32, to: u32): void {
  let count: u32 = 0;
  for (let slot = from, at = slotAddress(current, from); slot < to; slot++, at += slotStride) {
    if (!visible(at, version) || !hasBody(at) || isGone(current, slot)) continue;
    store<u32>(candidateSlots + (count << 2), <u32>at);
    store<u32>(candidateDistances + (count << 2), slot);
    store<u32>(candidateDistances + ((BLOCK + count) << 2), noteShares(slot));
    count++;
  }
  for (let i: u32 = 0; i < queries; i++) compareQuery(i, count);
}

function compareQuery(i: u32, count: u32): void {
  const vector = vectors + i * paddedFloats * 4;
  const top = tops + i * MEASURED_K * 4;
  const shareTop = shareTopOf(i);
  const own = load<u32>(owns + i * 4);
  for (let j: u32 = 0; j < count << 2; j += 4) {
    const at: usize = load<u32>(candidateSlots + j);
    const shares: u32 = shareTop == 0 ? 0 : load<u32>(candidateDistances + (BLOCK << 2) + j);
    const rank = exact(vector, 1, at + SLOT_VECTOR, inverseOf(at));
    // Among fewer the ten nearest are farther: what is not near enough for the last share is so for none.
    const farthest: usize = shares == 0 ? top + (MEASURED_K - 1) * 4 : shareTop + shares * SHARE_TOP - 4;
    if (!(rank < load<f32>(farthest)) && !(rank < load<f32>(top + (MEASURED_K - 1) * 4))) continue;
    if (isOwn(own, load<u32>(candidateDistances + j), at)) continue;
    insertRank(top, MEASURED_K, rank);
    for (let share: u32 = 0; share < shares; share++) insertRank(shareTop + share * SHARE_TOP, SHARE_K, rank);
  }
}

/** Puts a rank among the k lowest, unless these are lower. */
function insertRank(top: usize, k: u32, rank: f32): void {
  let to = top + (k - 1) * 4;
  if (!(rank < load<f32>(to))) return;
  for (; to > top && load<f32>(to - 4) > rank; to -= 4) store<f32>(to, load<f32>(to - 4));
  store<f32>(to, rank);
}

function isOwn(own: u32, slot: u32, slotAt: usize): bool {
  return own != NO_SLOT && (own == slot || sameVector(slotAt, slotAddress(current, own)));
}

/** The k of figure `i`, the i-th of 1, 2, 4, 8, 10, 16, 32, 64, 100. */
function kOf(i: u32): u32 {
  if (i == 4) return 10;
  return i < 4 ? 1 << i : min<u32>(1 << (i - 1), MEASURED_K);
}

/**
 * Searches for query `i` with that ef, as BY_BEAM or IN_F32. X_INFO: [0] to [8] how many of the k nearest were found,
 * for k = 1, 2, 4, 8, 10, 16, 32, 64, 100, and 0 where k is above `ef`; [9] how many true ones there are, up to 100. NOT_FOUND
 * when the query is one that a walk can't be kept from.
 */
export function walkFor(i: u32, ef: u32, way: u32): i32 {
  const own = load<u32>(owns + i * 4);
  if (own != NO_SLOT && atomic.load<u32>(current + G_ENTRY) == own + 1) return NOT_FOUND;
  copyBytes(query, vectors + i * paddedFloats * 4, paddedFloats * 4);
  setNow(now);
  useMoment(version, current, 0, floor);
  searchWithout(min<u32>(MEASURED_K, ef), ef, own, way);
  const top = tops + i * MEASURED_K * 4;
  let trues: u32 = 0;
  while (trues < MEASURED_K && load<f32>(top + trues * 4) < Infinity) trues++;
  for (let figure: u32 = 0; figure < MEASURED_KS; figure++) {
    const k = kOf(figure);
    info(figure, k > ef ? 0 : foundAmong(load<f32>(top + (k - 1) * 4), k, own));
  }
  info(9, trues);
  return OK;
}

/**
 * Searches for query `i` among the matches of a share, once all were compared. X_INFO: [0] how many of the SHARE_K nearest were
 * found, [1] how many there are. NOT_FOUND when the query is not one for that.
 */
export function walkAmong(i: u32, ef: u32, share: u32): i32 {
  const shareTop = shareTopOf(i);
  const own = load<u32>(owns + i * 4);
  if (shareTop == 0 || (own != NO_SLOT && atomic.load<u32>(current + G_ENTRY) == own + 1)) return NOT_FOUND;
  const top = shareTop + (share - 1) * SHARE_TOP;
  const marks = bits + (share - 1) * bitmapBytes;
  const isMatch = own != NO_SLOT && hasBit(marks, own);
  if (isMatch) clearBit(marks, own);
  copyBytes(query, vectors + i * paddedFloats * 4, paddedFloats * 4);
  setNow(now);
  useMoment(version, current, 0, floor);
  const isComplete = searchAmong(marks, slots, SHARE_K, ef, matchesIn(share), own);
  if (isMatch) setBit(marks, own);
  let trues: u32 = 0;
  while (trues < SHARE_K && load<f32>(top + trues * 4) < Infinity) trues++;
  // Where a walk gives up, a search scans.
  info(0, isComplete ? foundAmong(load<f32>(top + SHARE_TOP - 4), SHARE_K, own) : trues);
  info(1, trues);
  return OK;
}

/** Hits that are no farther than the k-th true one. */
function foundAmong(farthest: f32, k: u32, own: u32): u32 {
  const hits: usize = load<u32>(seat + SEAT_RESULTS);
  let found: u32 = 0;
  for (let i: u32 = 0; i < hitCount; i++) {
    const hit = hits + i * HIT_BYTES;
    if (load<f32>(hit + HIT_DISTANCE) > farthest) continue;
    const slot = load<u32>(hit + HIT_SLOT);
    if (!isOwn(own, slot, slotAddress(load<u32>(hit + HIT_GENERATION), slot))) found++;
  }
  return min<u32>(found, k);
}

/** Ends the measurement. Partition lock held. */
export function end(): void {
  freeAt(seat + SEAT_MEASURE);
  queries = room = 0;
}
