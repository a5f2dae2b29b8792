/*
 * Who are a slot's neighbours? The only reader and writer of link bytes.
 *
 *   level 0      in the graph chunk:  [lock][count][kept][-][ids u32 × 4M]   and in a block beside it [distances f32 × 4M]
 *   level 1 …    at uppers[slot]:     [-][count][kept][-][ids u32 × 2M][distances f32 × 2M] per level
 *
 * Distances are those of the ids on the beam's scale; a prune needs them, a search never loads them. A generation that
 * was loaded has none on level 0, and its lists are BARE, until something is linked into it: then its chunks get their
 * blocks, and whoever writes to a bare list makes the distances again (the same to the bit, under dot but for rounding).
 *
 * Rules for many threads (docs/CONCURRENCY.md):
 * - Every id cell is valid from the moment the slot can be reached: its linker fills the rest with the slot itself.
 * - Readers take no lock and may meet a list in the middle of a prune: they see valid ids, some twice, some not. A
 *   stale count is harmless.
 * - Writers of a list of a reachable slot hold that slot's node lock, one at a time.
 */
import {
  BARE, CHUNK_BITS, CHUNK_SLOTS, FAULT_LINK_NODE_LOCKED, FAULT_LINK_PRUNE, G_BARE, G_CENTROID, G_COUNT, G_GRAPH,
  G_GRAPH_CHUNKS, G_RETRIED, LIST_COUNT, LIST_HEADER, LIST_KEPT, LIST_LOCK, P_RESERVED, RECENT_SLOTS,
  SEAT_HELD_GENERATION, SEAT_HELD_LEVEL, SEAT_HELD_NODE, SEAT_HELD_SLOT,
} from "../layout";
import { allocate, availableBytes, blockBytes, bytesOf, free } from "../memory/arena";
import { distances, distanceTo, queryFromSlot, touch } from "../vectors/codes";
import { faultPoint } from "../memory/faults";
import { poolCount, poolDistance, poolSlot } from "./candidates";
import { freshDistances, prune } from "../memory/scratch";
import {
  capacityBase, capacityUpper, distancesBytes, distancesOffset, graphChunkBytes, keptBase, keptUpper, levelOf,
  linksOffset, listStride, maxGraphChunks, paddedFloats, twinsOffset, uppersOffset, upperStride,
} from "../memory/settings";
import { addBytes } from "../vectors/slots";
import { acquire, release, seat, tryAcquire } from "../memory/locks";
import { clearBytes, copyBytes, copyWords } from "../memory/words";

// @ts-ignore: decorator
@inline
function chunkAddress(generation: usize, slot: u32): usize {
  return load<u32>(<usize>load<u32>(generation + G_GRAPH) + (slot >>> CHUNK_BITS) * 4);
}

/** The list of a slot on a level. */
// @ts-ignore: decorator
@inline
export function listOf(generation: usize, slot: u32, level: u32): usize {
  const chunk = chunkAddress(generation, slot);
  const index = slot & (CHUNK_SLOTS - 1);
  if (level == 0) return chunk + linksOffset + index * listStride;
  return <usize>load<u32>(chunk + uppersOffset + index * 4) + (level - 1) * upperStride;
}

// @ts-ignore: decorator
@inline
function distancesOf(generation: usize, slot: u32, level: u32): usize {
  if (level != 0) return listOf(generation, slot, level) + LIST_HEADER + capacityUpper * 4;
  return distancesBlock(chunkAddress(generation, slot)) + (slot & (CHUNK_SLOTS - 1)) * capacityBase * 4;
}

// @ts-ignore: decorator
@inline
export function capacityOf(level: u32): u32 {
  return level == 0 ? capacityBase : capacityUpper;
}

/** A plain load on purpose: see plain loads in sync.ts. */
// @ts-ignore: decorator
@inline
export function countOf(list: usize): u32 {
  return load<u32>(list + LIST_COUNT);
}

// @ts-ignore: decorator
@inline
export function idAt(list: usize, i: u32): u32 {
  return load<u32>(list + LIST_HEADER + (i << 2));
}

/** Asks for the first two lines of a list; the result must be used, or the loads vanish. */
// @ts-ignore: decorator
@inline
export function touchList(generation: usize, slot: u32, level: u32): u32 {
  const list = listOf(generation, slot, level);
  return load<u32>(list) + load<u32>(list, 64);
}

/** Address of a list's ids. */
// @ts-ignore: decorator
@inline
export function idsOf(list: usize): usize {
  return list + LIST_HEADER;
}

/** Loads what an append to the list of a slot will write, so that many such misses are under way at once. */
// @ts-ignore: decorator
@inline
export function touchEnd(generation: usize, slot: u32, level: u32): u32 {
  const list = listOf(generation, slot, level);
  const end = min<u32>(countOf(list), capacityOf(level) - 1);
  return load<u32>(list + LIST_HEADER + (end << 2)) + load<u32>(distancesOf(generation, slot, level) + (end << 2));
}

/** Head of the chain of slots with the same vector as this one: slot + 1, or 0. */
// @ts-ignore: decorator
@inline
export function twinsOf(generation: usize, slot: u32): usize {
  return chunkAddress(generation, slot) + twinsOffset + (slot & (CHUNK_SLOTS - 1)) * 4;
}

/**
 * Sees to it that slot number G_COUNT has room in the graph, its upper lists included: a chunk at a time, whose levels
 * are known beforehand; and unless it stays `bare`, that something can be linked. False when there is no memory.
 * Partition lock held.
 */
export function ensureGraph(generation: usize, mine: u32, bare: bool): bool {
  const wanted: u32 = (load<u32>(generation + G_COUNT) >>> CHUNK_BITS) + 1;
  let directory: usize = load<u32>(generation + G_GRAPH);
  if (directory == 0) {
    // The centroid comes along, so that promotion never has to ask for memory.
    const centroid = allocate((paddedFloats + RECENT_SLOTS) * 4, mine);
    if (centroid == 0) return false;
    clearBytes(centroid + paddedFloats * 4, RECENT_SLOTS * 4);
    directory = allocate(maxGraphChunks * 4, mine);
    if (directory == 0) {
      free(centroid);
      return false;
    }
    store<u32>(generation + G_CENTROID, <u32>centroid);
    addBytes(generation, bytesOf(centroid));
    addBytes(generation, bytesOf(directory));
    atomic.store<u32>(generation + G_GRAPH, <u32>directory);
  }
  while (load<u32>(generation + G_GRAPH_CHUNKS) < wanted) {
    const number = load<u32>(generation + G_GRAPH_CHUNKS);
    if (number >= maxGraphChunks) return false;
    const chunk = newChunk(number, mine, bare);
    if (chunk == 0) return false;
    if (bare) store<u32>(generation + G_BARE, 1);
    store<u32>(directory + number * 4, <u32>chunk);
    store<u32>(generation + G_GRAPH_CHUNKS, number + 1);
    addBytes(generation, bytesOf(chunk));
    addBytes(generation, bytesOf(uppersBlock(chunk)));
    if (!bare) addBytes(generation, bytesOf(distancesBlock(chunk)));
  }
  return bare || ensureDistances(generation, mine);
}

/** Gives every chunk its distances, or none. False when there is no memory for all. Partition lock held. */
export function ensureDistances(generation: usize, mine: u32): bool {
  const missing = missingDistances(generation);
  if (missing == 0) return true;
  if (missing > <u64>availableBytes() + min<u32>(mine, load<u32>(P_RESERVED))) return false;
  const directory: usize = load<u32>(generation + G_GRAPH);
  for (let i = load<u32>(generation + G_GRAPH_CHUNKS); i > 0; i--) {
    const chunk: usize = load<u32>(directory + (i - 1) * 4);
    if (distancesBlock(chunk) != 0) continue;
    const block = allocate(distancesBytes, mine);
    if (block == 0) return false;
    atomic.store<u32>(chunk + distancesOffset, <u32>block);
    addBytes(generation, bytesOf(block));
  }
  atomic.store<u32>(generation + G_BARE, 0);
  return true;
}

/** Bytes of the distances that chunks are without. */
export function missingDistances(generation: usize): u64 {
  if (load<u32>(generation + G_BARE) == 0) return 0;
  const directory: usize = load<u32>(generation + G_GRAPH);
  let bytes: u64 = 0;
  for (let i = load<u32>(generation + G_GRAPH_CHUNKS); i > 0; i--) {
    if (distancesBlock(load<u32>(directory + (i - 1) * 4)) == 0) bytes += blockBytes(distancesBytes);
  }
  return bytes;
}

function newChunk(number: u32, mine: u32, bare: bool): usize {
  const chunk = allocate(graphChunkBytes, mine);
  if (chunk == 0) return 0;
  const first = number << CHUNK_BITS;
  let lists: u32 = 0;
  for (let i: u32 = 0; i < CHUNK_SLOTS; i++) lists += levelOf(first + i);
  const uppers = allocate(16 + lists * upperStride, mine);
  if (uppers == 0) {
    free(chunk);
    return 0;
  }
  const distances: usize = bare ? 0 : allocate(distancesBytes, mine);
  if (distances == 0 && !bare) {
    free(uppers);
    free(chunk);
    return 0;
  }
  store<u32>(chunk + distancesOffset, <u32>distances);
  let next: usize = uppers + 16;
  for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
    store<u32>(chunk + uppersOffset + i * 4, <u32>next);
    next += levelOf(first + i) * upperStride;
    const list = chunk + linksOffset + i * listStride;
    store<u32>(list + LIST_LOCK, 0);
    store<u32>(list + LIST_COUNT, 0);
    store<u32>(list + LIST_KEPT, 0);
  }
  clearBytes(chunk + twinsOffset, CHUNK_SLOTS * 4);
  return chunk;
}

/** The block of a chunk's upper lists: its first slot's address less the 16 bytes in front. */
function uppersBlock(chunk: usize): usize {
  return load<u32>(chunk + uppersOffset) - 16;
}

/** The block of a chunk's distances, or 0. */
function distancesBlock(chunk: usize): usize {
  return load<u32>(chunk + distancesOffset);
}

export function freeChunk(chunk: usize): void {
  free(uppersBlock(chunk));
  free(distancesBlock(chunk));
  free(chunk);
}

/** Whether the level-0 lists of a slot's chunk may have distances. */
export function hasDistances(generation: usize, slot: u32): bool {
  return distancesBlock(chunkAddress(generation, slot)) != 0;
}

/**
 * Writes the whole list of a slot that nobody can reach yet: `count` ids and distances, of which the first `diverse`
 * hide none of each other; the rest is the slot itself.
 */
export function writeOwnList(
  generation: usize, slot: u32, level: u32, ids: usize, dists: usize, count: u32, diverse: u32,
): void {
  copyWords(distancesOf(generation, slot, level), dists, count);
  writeIds(generation, slot, level, ids, count, diverse);
}

/** Like `writeOwnList` on level 0, without distances. */
export function writeBareList(generation: usize, slot: u32, ids: usize, count: u32, diverse: u32): void {
  writeIds(generation, slot, 0, ids, count, diverse | BARE);
}

// @ts-ignore: decorator
@inline
function writeIds(generation: usize, slot: u32, level: u32, ids: usize, count: u32, kept: u32): void {
  const list = listOf(generation, slot, level);
  const end = capacityOf(level) << 2;
  const itself = i32x4.splat(slot);
  // By twos, since capacities are even; of an odd count, the last cell is written again below.
  for (let i = (count << 2) & ~7; i < end; i += 8) v128.store_lane<u64>(list + LIST_HEADER + i, itself, 0);
  copyWords(list + LIST_HEADER, ids, count);
  store<u32>(list + LIST_KEPT, kept);
  atomic.store<u32>(list + LIST_COUNT, count);
}

/** Makes the distances of a list again that was loaded without. Its lock is held; another query is in place then. */
function dress(generation: usize, slot: u32, list: usize, dists: usize): void {
  const kept = load<u32>(list + LIST_KEPT);
  if ((kept & BARE) == 0) return;
  const count = load<u32>(list + LIST_COUNT);
  queryFromSlot(generation, slot);
  for (let i: u32 = 0; i < count; i++) store<f32>(dists + (i << 2), distanceTo(idAt(list, i)));
  store<u32>(list + LIST_KEPT, kept & ~BARE);
}

/** The lock of a slot's lists. Notes for a repair which of them is about to be written. */
function nodeLock(generation: usize, slot: u32, level: u32): usize {
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  store<u32>(seat + SEAT_HELD_SLOT, slot);
  store<u32>(seat + SEAT_HELD_LEVEL, level);
  return listOf(generation, slot, 0) + LIST_LOCK;
}

/**
 * Adds `slot` at `distance` to the list of `to`; a full list is pruned by the paper's algorithm 4. Two slots that are
 * linked for the first time never choose each other, so a list is searched for doubles only once a slot was retried.
 */
export function connect(generation: usize, to: u32, level: u32, slot: u32, distance: f32): void {
  const lock = nodeLock(generation, to, level);
  acquire(lock, SEAT_HELD_NODE);
  faultPoint(FAULT_LINK_NODE_LOCKED);
  const list = listOf(generation, to, level);
  const dists = distancesOf(generation, to, level);
  dress(generation, to, list, dists);
  // Plainly: whoever sets it does so before it takes the lock of a list to write it again.
  if (load<u32>(generation + G_RETRIED) == 0 || !holds(generation, to, level, slot)) {
    if (load<u32>(list + LIST_COUNT) < capacityOf(level)) append(list, dists, slot, distance);
    else pruneInto(generation, level, list, dists, slot, distance);
  }
  release(lock, SEAT_HELD_NODE);
}

function append(list: usize, dists: usize, slot: u32, distance: f32): void {
  const count = load<u32>(list + LIST_COUNT);
  store<f32>(dists + (count << 2), distance);
  store<u32>(list + LIST_HEADER + (count << 2), slot);
  atomic.store<u32>(list + LIST_COUNT, count + 1);
}

/** From now on lists are searched for doubles before they take a slot. Before anything is linked again. */
export function expectDoubles(generation: usize): void {
  atomic.xchg<u32>(generation + G_RETRIED, 1);
}

/**
 * Writes the list of a slot whose first try may have made it known to others: under its lock, since they may add to
 * it. What they have added already goes; a census finds a slot that depended on it.
 */
export function writeListAgain(
  generation: usize, slot: u32, level: u32, ids: usize, dists: usize, count: u32, diverse: u32,
): void {
  const lock = nodeLock(generation, slot, level);
  acquire(lock, SEAT_HELD_NODE);
  writeOwnList(generation, slot, level, ids, dists, count, diverse);
  release(lock, SEAT_HELD_NODE);
}

/** Adds `slot` to a level-0 list that has room for it and is not busy, without a prune; true when it is in the list. */
export function connectIfRoom(generation: usize, to: u32, slot: u32, distance: f32): bool {
  if (to == slot) return false;
  const lock = nodeLock(generation, to, 0);
  if (!tryAcquire(lock, SEAT_HELD_NODE)) return false;
  const list = listOf(generation, to, 0);
  const dists = distancesOf(generation, to, 0);
  const known = holds(generation, to, 0, slot);
  const fits = load<u32>(list + LIST_COUNT) < capacityBase;
  if (!known && fits) {
    dress(generation, to, list, dists);
    append(list, dists, slot, distance);
  }
  release(lock, SEAT_HELD_NODE);
  return known || fits;
}

/** Whether a list names a slot. */
export function holds(generation: usize, owner: u32, level: u32, slot: u32): bool {
  const list = listOf(generation, owner, level);
  const count = countOf(list);
  for (let i: u32 = 0; i < count; i++) if (idAt(list, i) == slot) return true;
  return false;
}

// ── for snapshots ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes that `copyLists` writes for a slot, at most. */
export function listsBytes(slot: u32): u32 {
  return 8 + capacityBase * 4 + levelOf(slot) * (8 + capacityUpper * 8);
}

export let idsLeftOut: u32 = 0; // of the last copyLists

/**
 * Copies a linked slot's lists, level by level as [count][kept][ids], above level 0 with [distances] too, and answers
 * where they end; 0 when they are busy. Only ids below `limit` whose bit is set at `marks` come along. Under the node
 * lock, so in no list's middle of a prune.
 */
export function copyLists(generation: usize, slot: u32, to: usize, marks: usize, limit: u32): usize {
  const lock = nodeLock(generation, slot, 0);
  if (!tryAcquire(lock, SEAT_HELD_NODE)) return 0;
  const levels = levelOf(slot);
  idsLeftOut = 0;
  for (let level: u32 = 0; level <= levels; level++) {
    const list = listOf(generation, slot, level);
    const dists = distancesOf(generation, slot, level);
    const count = load<u32>(list + LIST_COUNT);
    const kept = load<u32>(list + LIST_KEPT) & ~BARE;
    const ids = to + 8;
    let n: u32 = 0;
    let stillKept: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const id = idAt(list, i);
      if (id >= limit || (load<u8>(marks + (id >>> 3)) & (1 << (id & 7))) == 0) continue;
      store<u32>(ids + (n << 2), id);
      if (level != 0) store<f32>(prune + (n << 2), load<f32>(dists + (i << 2)));
      n++;
      if (i < kept) stillKept++;
    }
    idsLeftOut += count - n;
    store<u32>(to, n);
    store<u32>(to, stillKept, 4);
    to = ids + (n << 2);
    if (level == 0) continue;
    copyBytes(to, prune, n << 2);
    to += n << 2;
  }
  release(lock, SEAT_HELD_NODE);
  return to;
}

/** Prune candidates lie in scratch as [f32 distance][slot], sorted; the first LIST_KEPT old ones hide none of each other. */
const WAS_KEPT: u32 = 0x80000000;

function pruneInto(generation: usize, level: u32, list: usize, dists: usize, slot: u32, distance: f32): void {
  const count = load<u32>(list + LIST_COUNT);
  const kept = load<u32>(list + LIST_KEPT);
  let n: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const id = idAt(list, i);
    n = insertSorted(n, load<f32>(dists + (i << 2)), i < kept ? id | WAS_KEPT : id);
  }
  n = insertSorted(n, distance, slot);
  const limit = level == 0 ? keptBase : keptUpper;
  let chosen: u32 = 0;
  for (let i: u32 = 0; i < n && chosen < limit; i++) {
    const entry = prune + (i << 3);
    const id = load<u32>(entry, 4);
    if (!isDiverse(generation, id, load<f32>(entry), chosen)) continue;
    // The chosen ones move to the front of the array: their places are behind us.
    const to = prune + (chosen << 3);
    store<f32>(to, load<f32>(entry));
    store<u32>(to, id, 4);
    chosen++;
  }
  for (let i: u32 = 0; i < chosen; i++) {
    const entry = prune + (i << 3);
    store<u32>(list + LIST_HEADER + (i << 2), load<u32>(entry, 4) & ~WAS_KEPT);
    store<f32>(dists + (i << 2), load<f32>(entry));
    if (i == 1) faultPoint(FAULT_LINK_PRUNE);
  }
  store<u32>(list + LIST_KEPT, chosen);
  atomic.store<u32>(list + LIST_COUNT, chosen);
}

function insertSorted(n: u32, distance: f32, id: u32): u32 {
  let i = n;
  for (; i > 0 && load<f32>(prune + ((i - 1) << 3)) > distance; i--) {
    store<u64>(prune + (i << 3), load<u64>(prune + ((i - 1) << 3)));
  }
  store<f32>(prune + (i << 3), distance);
  store<u32>(prune + (i << 3), id, 4);
  return n + 1;
}

/** Whether no chosen neighbour is closer to the candidate than the list's owner is. */
function isDiverse(generation: usize, id: u32, distance: f32, chosen: u32): bool {
  const was = (id & WAS_KEPT) != 0;
  let group: u32 = 0;
  let prepared = false;
  for (let i: u32 = 0; i < chosen; i++) {
    const other = load<u32>(prune + (i << 3), 4);
    if (was && other & WAS_KEPT) continue; // settled when both were chosen before
    if (!prepared) {
      queryFromSlot(generation, id & ~WAS_KEPT);
      prepared = true;
    }
    touch(other & ~WAS_KEPT, group++);
    if (group == 4) {
      if (anyCloser(group, distance)) return false;
      group = 0;
    }
  }
  return group == 0 || !anyCloser(group, distance);
}

function anyCloser(count: u32, distance: f32): bool {
  distances(count);
  for (let i: u32 = 0; i < count; i++) if (load<f32>(freshDistances + (i << 2)) < distance) return true;
  return false;
}

export let diverseCount: u32 = 0; // of the last selectNeighbours

/**
 * Algorithm 4 over the pool, with keepPrunedConnections: keeps a candidate unless one that was chosen before is closer
 * to it than the new slot is, then fills up with the nearest of the rest. Writes ids and distances, returns how many.
 */
export function selectNeighbours(generation: usize, most: u32, ids: usize, dists: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < poolCount && count < most; i++) {
    const id = poolSlot(i);
    const distance = poolDistance(i);
    if (hidden(generation, id, distance, ids, count)) continue;
    store<u32>(ids + (count << 2), id);
    store<f32>(dists + (count << 2), distance);
    count++;
  }
  diverseCount = count;
  for (let i: u32 = 0; i < poolCount && count < most; i++) {
    const id = poolSlot(i);
    if (isAmong(id, ids, diverseCount)) continue;
    store<u32>(ids + (count << 2), id);
    store<f32>(dists + (count << 2), poolDistance(i));
    count++;
  }
  return count;
}

function isAmong(id: u32, ids: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(ids + (i << 2)) == id) return true;
  return false;
}

function hidden(generation: usize, id: u32, distance: f32, ids: usize, count: u32): bool {
  if (count == 0) return false;
  queryFromSlot(generation, id);
  for (let i: u32 = 0; i < count; i += 4) {
    const group = min<u32>(4, count - i);
    for (let j: u32 = 0; j < group; j++) touch(load<u32>(ids + ((i + j) << 2)), j);
    if (anyCloser(group, distance)) return true;
  }
  return false;
}

/**
 * After a trap under a node lock: the list may hold an id twice and pairs of an id and another's distance. Makes every
 * distance again, drops doubles and the slot itself; a bare list was only read. The caller releases the node lock.
 */
export function repairList(generation: usize, slot: u32, level: u32): void {
  const list = listOf(generation, slot, level);
  if ((load<u32>(list + LIST_KEPT) & BARE) != 0) return;
  const dists = distancesOf(generation, slot, level);
  const count = load<u32>(list + LIST_COUNT);
  queryFromSlot(generation, slot);
  let n: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const id = idAt(list, i);
    let known = id == slot;
    for (let j: u32 = 0; j < n && !known; j++) known = idAt(list, j) == id;
    if (known) continue;
    store<u32>(list + LIST_HEADER + (n << 2), id);
    store<f32>(dists + (n << 2), distanceTo(id));
    n++;
  }
  store<u32>(list + LIST_KEPT, 0);
  atomic.store<u32>(list + LIST_COUNT, n);
}
