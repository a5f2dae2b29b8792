/*
 * Which candidates does a search hold? Sorted by distance, the nearest first: `W` and `C` of the paper's algorithm 2 in
 * one, since a candidate that has left W is never expanded.
 *
 *   candidateDistances  [f32 × MAX_CANDIDATES]   two arrays, so that four distances are compared at a time
 *   candidateSlots      [u32 × MAX_CANDIDATES]   with the top bit EXPANDED
 *
 * Both are in the seat's scratch. A place is counted, not searched for: processors guess half of a binary search's
 * branches wrong, which made it a sixth of a search's time (docs/ARCHITECTURE.md).
 */
import { candidateDistances, candidateSlots } from "../memory/scratch";

const EXPANDED: u32 = 0x80000000;
const WINDOW: u32 = 128; // entries that are all compared; a longer range is halved first

export let candidateCount: u32 = 0;

export function candidateSlot(i: u32): u32 {
  return load<u32>(candidateSlots + (i << 2)) & ~EXPANDED;
}

export function candidateDistance(i: u32): f32 {
  return load<f32>(candidateDistances + (i << 2));
}

/** Marks an entry as expanded; false when it was already. */
export function expand(i: u32): bool {
  const word = load<u32>(candidateSlots + (i << 2));
  store<u32>(candidateSlots + (i << 2), word | EXPANDED);
  return (word & EXPANDED) == 0;
}

/** Keeps the first `count` entries, all of them to be expanded again. */
export function restart(count: u32): void {
  candidateCount = min<u32>(candidateCount, count);
  for (let i: u32 = 0; i < candidateCount; i++) store<u32>(candidateSlots + (i << 2), candidateSlot(i));
}

/** Drops all entries from `count` on. */
export function truncate(count: u32): void {
  candidateCount = count;
}

/** Puts a slot behind all entries that are not farther and returns its place; ~0 when it is a candidate already. */
export function insertCandidate(distance: f32, slot: u32): u32 {
  const place = placeOf(distance);
  if (place > 0 && candidateDistance(place - 1) == distance && holdsAt(place, distance, slot)) return ~0;
  openGap(candidateDistances, place);
  openGap(candidateSlots, place);
  store<f32>(candidateDistances + (place << 2), distance);
  store<u32>(candidateSlots + (place << 2), slot);
  candidateCount++;
  return place;
}

/** How many entries are not farther than `distance`. */
function placeOf(distance: f32): u32 {
  let low: u32 = 0;
  let high = candidateCount;
  while (high - low > WINDOW) {
    const middle = (low + high) >>> 1;
    if (candidateDistance(middle) <= distance) low = middle + 1;
    else high = middle;
  }
  const by = f32x4.splat(distance);
  const end = candidateDistances + (high << 2);
  let at = candidateDistances + (low << 2);
  let counts = i32x4.splat(0);
  for (; at + 16 <= end; at += 16) counts = i32x4.sub(counts, f32x4.le(v128.load(at), by));
  const rest = (1 << (<u32>(end - at) >>> 2)) - 1;
  low += popcnt<u32>(i32x4.bitmask(f32x4.le(v128.load(at), by)) & rest);
  low += i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  return low + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

/** Moves the entries from `place` on back by one, four at a time; overwrites up to four cells behind the last. */
function openGap(entries: usize, place: u32): void {
  const end = entries + (candidateCount << 2);
  let at = entries + (place << 2);
  let carried = v128.load(at);
  while (at < end) {
    const next = v128.load(at, 16);
    v128.store(at, carried, 4);
    carried = next;
    at += 16;
  }
}

/** Whether one of the entries before `place` at exactly this distance is the slot. */
function holdsAt(place: u32, distance: f32, slot: u32): bool {
  for (let i = place; i > 0; ) {
    i--;
    if (candidateDistance(i) != distance) return false;
    if (candidateSlot(i) == slot) return true;
  }
  return false;
}
