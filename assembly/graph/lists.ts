/*
 * Who are a slot's neighbours? The only reader and writer of link bytes; all others use the functions of this file.
 *
 *   level 0      in the graph chunk: [lock][count][diverse][older][ids u32 × 4M]
 *   level 1 …    at uppers[slot], per level: [-][count][diverse][-][ids u32 × 2M][distances f32 × 2M]
 *
 * Distances are those of the ids on the beam's scale. Only a prune needs them, so on level 0 it computes them (prune.ts): they
 * would take as much as the ids. A level-0 list that was loaded may name a slot twice (DOUBLES) until it is written.
 *
 * Rules for many threads (docs/CONCURRENCY.md):
 * - Every id cell is valid from the moment the slot can be reached: its linker fills the rest with the slot itself.
 * - Readers take no lock and may meet a list in the middle of a prune: they see valid ids, some twice, some not. A
 *   stale count is harmless.
 * - Writers of a list of a reachable slot hold that slot's node lock (links.ts), one at a time.
 */
import { CHUNK_BITS, CHUNK_SLOTS, DOUBLES, G_GRAPH, LIST_COUNT, LIST_DIVERSE, LIST_HEADER, LIST_LOCK, LIST_OLDER } from "../layout";
import {
  capacityBase, capacityUpper, linksOffset, listStride, twinsOffset, uppersOffset, upperStride,
} from "../memory/settings";
import { publish, published } from "../memory/order";
import { copyWords } from "../memory/words";

/** Address of a graph chunk. */
export function chunkAt(generation: usize, number: u32): usize {
  return load<u32>(<usize>load<u32>(generation + G_GRAPH) + number * 4);
}

/** The list of a slot on a level. */
export function listOf(generation: usize, slot: u32, level: u32): usize {
  const chunk = chunkAt(generation, slot >>> CHUNK_BITS);
  const index = slot & (CHUNK_SLOTS - 1);
  if (level == 0) return chunk + linksOffset + index * listStride;
  return <usize>load<u32>(chunk + uppersOffset + index * 4) + (level - 1) * upperStride;
}

/** The distances of a list, or 0: there are none on level 0. */
// @ts-ignore: decorator
@inline
export function distancesOf(list: usize, level: u32): usize {
  return level == 0 ? 0 : list + LIST_HEADER + capacityUpper * 4;
}

/** Address of the head of the chain of slots with the same vector as a linked one: slot + 1, or 0. */
export function twinsOf(generation: usize, slot: u32): usize {
  return chunkAt(generation, slot >>> CHUNK_BITS) + twinsOffset + (slot & (CHUNK_SLOTS - 1)) * 4;
}

/** The head of that chain. */
export function firstTwin(generation: usize, slot: u32): u32 {
  return published(twinsOf(generation, slot));
}

/** Address of the lock of a slot's lists. */
export function lockOf(generation: usize, slot: u32): usize {
  return listOf(generation, slot, 0) + LIST_LOCK;
}

export function capacityOf(level: u32): u32 {
  return level == 0 ? capacityBase : capacityUpper;
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Any count that was ever there will do: every cell holds a valid id. */
export function countOf(list: usize): u32 {
  return load<u32>(list, LIST_COUNT);
}

/** Address of a list's ids. */
export function idsOf(list: usize): usize {
  return list + LIST_HEADER;
}

export function idAt(list: usize, i: u32): u32 {
  return load<u32>(list + (i << 2), LIST_HEADER);
}

/** `idAt` without the list's lock. */
export function publishedId(list: usize, i: u32): u32 {
  return published(list + LIST_HEADER + (i << 2));
}

export function distanceAt(dists: usize, i: u32): f32 {
  return load<f32>(dists + (i << 2));
}

/** How many of the first entries hide none of each other. */
export function diverseOf(list: usize): u32 {
  return load<u32>(list, LIST_DIVERSE) & ~DOUBLES;
}

/** Whether a level-0 list may name a slot twice: it was loaded, and not written since. */
export function mayHaveDoubles(list: usize): bool {
  return (load<u32>(list, LIST_DIVERSE) & DOUBLES) != 0;
}

const TOUCHED: u32 = 256; // bytes of a list: what more than a few lists are longer than

/** Loads the lines of a list; the result must be used, or the loads vanish. */
export function touchList(generation: usize, slot: u32, level: u32): u32 {
  const list = listOf(generation, slot, level);
  const bytes = min<u32>(TOUCHED, level == 0 ? listStride : upperStride);
  let seen: u32 = 0;
  for (let i: u32 = 0; i < bytes; i += 64) seen += load<u32>(list + i);
  return seen;
}

/** Loads what an append to the list of a slot will write, so that many such misses are under way at once. */
export function touchEnd(generation: usize, slot: u32, level: u32): u32 {
  const list = listOf(generation, slot, level);
  const end = min<u32>(countOf(list), capacityOf(level) - 1);
  const seen = load<u32>(list + LIST_HEADER + (end << 2));
  return level == 0 ? seen : seen + load<u32>(distancesOf(list, level) + (end << 2));
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function setId(list: usize, i: u32, id: u32): void {
  publish(list + LIST_HEADER + (i << 2), id);
}

/** `dists`: of the list, 0: it has none. */
export function setEntry(list: usize, dists: usize, i: u32, id: u32, distance: f32): void {
  setId(list, i, id);
  if (dists != 0) store<f32>(dists + (i << 2), distance);
}

/** Readers see the entries below from now on. */
export function setCount(list: usize, count: u32): void {
  atomic.store<u32>(list, count, LIST_COUNT);
}

export function setDiverse(list: usize, diverse: u32): void {
  store<u32>(list, diverse, LIST_DIVERSE);
}

/** Makes the list of a new chunk empty. */
export function clearList(list: usize): void {
  store<u32>(list, 0, LIST_LOCK);
  store<u32>(list, 0, LIST_COUNT);
  store<u32>(list, 0, LIST_DIVERSE);
  store<u32>(list, 0, LIST_OLDER);
}

/**
 * Writes the whole list of a slot that nothing leads to yet: `count` ids and distances, of which the first `diverse`
 * hide none of each other; the rest is the slot itself.
 */
export function writeOwnList(
  generation: usize, slot: u32, level: u32, ids: usize, dists: usize, count: u32, diverse: u32,
): void {
  if (level != 0) copyWords(distancesOf(listOf(generation, slot, level), level), dists, count);
  writeIds(generation, slot, level, ids, count, diverse);
}

/** Like `writeOwnList` on level 0, with ids from elsewhere, among which there may be doubles. */
export function writeLoadedList(generation: usize, slot: u32, ids: usize, count: u32, diverse: u32): void {
  writeIds(generation, slot, 0, ids, count, diverse | DOUBLES);
}

// @ts-ignore: decorator
@inline
function writeIds(generation: usize, slot: u32, level: u32, ids: usize, count: u32, diverse: u32): void {
  const list = listOf(generation, slot, level);
  const end = capacityOf(level) << 2;
  const itself = i32x4.splat(slot);
  // @ts-ignore: a constant of the build
  if (ORDERED) {
    for (let i: u32 = 0; i < end; i += 4) publish(list + LIST_HEADER + i, i < count << 2 ? load<u32>(ids + i) : slot);
    setDiverse(list, diverse);
    setCount(list, count);
    return;
  }
  // By twos, since capacities are even; of an odd count, the last cell is written again below.
  for (let i = (count << 2) & ~7; i < end; i += 8) v128.store_lane<u64>(list + LIST_HEADER + i, itself, 0);
  copyWords(list + LIST_HEADER, ids, count);
  setDiverse(list, diverse);
  setCount(list, count);
}
