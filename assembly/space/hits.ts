/*
 * Which are the k nearest so far? A max-heap by (distance, slot) in the seat's result array: the root is the worst, the
 * first to go. At the end it becomes an array, nearest first, which JavaScript reads.
 */
import { HIT_BYTES, HIT_DISTANCE, HIT_GENERATION, HIT_KEY, HIT_SLOT, SEAT_RESULTS, SLOT_KEY } from "../layout";
import { seat } from "../memory/locks";
import { copyWords } from "../memory/words";

let hits: usize = 0;
export let hitCount: u32 = 0;
let hitLimit: u32 = 0;

export function startHits(k: u32): void {
  hits = load<u32>(seat + SEAT_RESULTS);
  hitCount = 0;
  hitLimit = k;
}

// @ts-ignore: decorator
@inline
function before(aDistance: f32, aSlot: u32, b: usize): bool {
  const distance = load<f32>(b + HIT_DISTANCE);
  return aDistance < distance || (aDistance == distance && aSlot < load<u32>(b + HIT_SLOT));
}

function put(at: usize, distance: f32, slot: u32, generation: usize, key: u32): void {
  store<f32>(at + HIT_DISTANCE, distance);
  store<u32>(at + HIT_SLOT, slot);
  store<u32>(at + HIT_GENERATION, <u32>generation);
  store<u32>(at + HIT_KEY, key);
}

function siftDown(distance: f32, slot: u32, generation: usize, key: u32, count: u32): void {
  let i: u32 = 0;
  while (true) {
    let child: u32 = 2 * i + 1;
    if (child >= count) break;
    const left = hits + child * HIT_BYTES;
    if (child + 1 < count) {
      const right = left + HIT_BYTES;
      if (before(load<f32>(left + HIT_DISTANCE), load<u32>(left + HIT_SLOT), right)) child++;
    }
    const larger = hits + child * HIT_BYTES;
    if (!before(distance, slot, larger)) break;
    copyWords(hits + i * HIT_BYTES, larger, HIT_BYTES >>> 2);
    i = child;
  }
  put(hits + i * HIT_BYTES, distance, slot, generation, key);
}

/** Adds a hit unless k better ones are there. */
export function addHit(generation: usize, slot: u32, slotAt: usize, distance: f32): void {
  const key = load<u32>(slotAt + SLOT_KEY);
  if (hitCount < hitLimit) {
    let i = hitCount++;
    while (i > 0) {
      const parent: u32 = (i - 1) >>> 1;
      const at = hits + parent * HIT_BYTES;
      if (before(distance, slot, at)) break;
      copyWords(hits + i * HIT_BYTES, at, HIT_BYTES >>> 2);
      i = parent;
    }
    put(hits + i * HIT_BYTES, distance, slot, generation, key);
  } else if (hitLimit > 0 && before(distance, slot, hits)) {
    siftDown(distance, slot, generation, key, hitCount);
  }
}

export function hasHit(generation: usize, slot: u32): bool {
  for (let i: u32 = 0; i < hitCount; i++) {
    const at = hits + i * HIT_BYTES;
    if (load<u32>(at + HIT_SLOT) == slot && load<u32>(at + HIT_GENERATION) == <u32>generation) return true;
  }
  return false;
}

/** Turns the heap into an array, nearest first. */
export function sortHits(): void {
  for (let end = hitCount; end > 1; end--) {
    const last = hits + (end - 1) * HIT_BYTES;
    const distance = load<f32>(last + HIT_DISTANCE);
    const slot = load<u32>(last + HIT_SLOT);
    const generation: usize = load<u32>(last + HIT_GENERATION);
    const key = load<u32>(last + HIT_KEY);
    copyWords(last, hits, HIT_BYTES >>> 2);
    siftDown(distance, slot, generation, key, end - 1);
  }
}
