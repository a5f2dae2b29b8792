/*
 * Which candidates does a search hold? Sorted by distance, the nearest first: `W` and `C` of the paper's algorithm 2 in
 * one, since a candidate that has left W is never expanded.
 *
 *   distances  [f32 × POOL_ENTRIES]         two arrays, so that a place is found by comparing four distances at a time
 *   slots      [u32 × POOL_ENTRIES]         the top bit: EXPANDED
 *
 * Both in the seat's scratch. A place is counted, not searched for: half of a binary search's branches are guessed
 * wrong, which made it a sixth of a search's time (2026-11-24, `bun run bench core`).
 */
import { poolDistances, poolSlots } from "../memory/scratch";

const EXPANDED: u32 = 0x80000000;
const WINDOW: u32 = 128; // entries that are compared one and all; above it the range is halved first

export let poolCount: u32 = 0;

// @ts-ignore: decorator
@inline
export function poolSlot(i: u32): u32 {
  return load<u32>(poolSlots + (i << 2)) & ~EXPANDED;
}

// @ts-ignore: decorator
@inline
export function poolDistance(i: u32): f32 {
  return load<f32>(poolDistances + (i << 2));
}

/** Marks an entry as expanded; false when it was. */
// @ts-ignore: decorator
@inline
export function expand(i: u32): bool {
  const word = load<u32>(poolSlots + (i << 2));
  store<u32>(poolSlots + (i << 2), word | EXPANDED);
  return (word & EXPANDED) == 0;
}

/** Keeps the first `count` entries, all to be expanded (again). */
export function restart(count: u32): void {
  poolCount = min<u32>(poolCount, count);
  for (let i: u32 = 0; i < poolCount; i++) store<u32>(poolSlots + (i << 2), poolSlot(i));
}

/** Drops all entries from `count` on. */
// @ts-ignore: decorator
@inline
export function truncate(count: u32): void {
  poolCount = count;
}

/** Puts a slot behind all entries that are not farther and returns its place; ~0 when the pool holds it already. */
export function insertSorted(distance: f32, slot: u32): u32 {
  const place = placeOf(distance);
  if (place > 0 && poolDistance(place - 1) == distance && holdsAt(place, distance, slot)) return ~0;
  openGap(poolDistances, place);
  openGap(poolSlots, place);
  store<f32>(poolDistances + (place << 2), distance);
  store<u32>(poolSlots + (place << 2), slot);
  poolCount++;
  return place;
}

/** How many entries are not farther than `distance`. */
// @ts-ignore: decorator
@inline
function placeOf(distance: f32): u32 {
  let low: u32 = 0;
  let high = poolCount;
  while (high - low > WINDOW) {
    const middle = (low + high) >>> 1;
    if (poolDistance(middle) <= distance) low = middle + 1;
    else high = middle;
  }
  const by = f32x4.splat(distance);
  const end = poolDistances + (high << 2);
  let at = poolDistances + (low << 2);
  let counts = i32x4.splat(0);
  for (; at + 16 <= end; at += 16) counts = i32x4.sub(counts, f32x4.le(v128.load(at), by));
  const rest = (1 << (<u32>(end - at) >>> 2)) - 1;
  low += popcnt<u32>(i32x4.bitmask(f32x4.le(v128.load(at), by)) & rest);
  low += i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  return low + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

/** Moves the entries from `place` on back by one, four at a time; up to four cells behind the last are overwritten. */
// @ts-ignore: decorator
@inline
function openGap(entries: usize, place: u32): void {
  const end = entries + (poolCount << 2);
  let at = entries + (place << 2);
  let carried = v128.load(at);
  while (at < end) {
    const next = v128.load(at, 16);
    v128.store(at, carried, 4);
    carried = next;
    at += 16;
  }
}

/** Whether one of the entries before `place` at that very distance is this slot. */
function holdsAt(place: u32, distance: f32, slot: u32): bool {
  for (let i = place; i > 0; ) {
    i--;
    if (poolDistance(i) != distance) return false;
    if (poolSlot(i) == slot) return true;
  }
  return false;
}
