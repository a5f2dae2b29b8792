/*
 * Which are the k nearest so far? A max-heap by (distance, age) in the seat's array of hits: the root is the worst,
 * the first to be replaced. At the end it becomes an array, nearest first, which JavaScript reads.
 */
import {
  HIT_AGE, HIT_BYTES, HIT_DISTANCE, HIT_GENERATION, HIT_KEY, HIT_SLOT, SEAT_RESULTS, SLOT_KEY,
} from "../layout";
import { seat } from "../memory/locks";
import { dot } from "../memory/settings";
import { ageOf } from "../vectors/slots";

let hits: usize = 0, hitLimit: u32 = 0;
export let hitCount: u32 = 0;

export function startHits(k: u32): void {
  hits = load<u32>(seat + SEAT_RESULTS);
  hitCount = 0;
  hitLimit = k;
}

function hitAt(i: u32): usize {
  return hits + i * HIT_BYTES;
}

/** A hit is one v128. */
function move(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
}

/** The rank of the worst hit; there must be one. */
export function worstRank(): f32 {
  return load<f32>(hits + HIT_DISTANCE);
}

/** Whether a slot at that distance comes before the hit at `b`: it is nearer, or as near and older. */
function before(distance: f32, generation: usize, slot: u32, b: usize): bool {
  const other = load<f32>(b + HIT_DISTANCE);
  return distance == other ? ageOf(generation, slot) < ageOfHit(b) : distance < other;
}

function ageOfHit(at: usize): u64 {
  return ageOf(load<u32>(at + HIT_GENERATION), load<u32>(at + HIT_SLOT));
}

function isBefore(a: usize, b: usize): bool {
  return before(load<f32>(a + HIT_DISTANCE), load<u32>(a + HIT_GENERATION), load<u32>(a + HIT_SLOT), b);
}

function put(at: usize, generation: usize, slot: u32, slotAt: usize, distance: f32): void {
  store<f32>(at + HIT_DISTANCE, distance);
  store<u32>(at + HIT_SLOT, slot);
  store<u32>(at + HIT_GENERATION, <u32>generation);
  store<u32>(at + HIT_KEY, load<u32>(slotAt + SLOT_KEY));
}

/** Puts the hit at `from` in its place in the heap of the first `count`, instead of the root. */
function replaceRoot(from: usize, count: u32): void {
  const hit = v128.load(from);
  const distance = load<f32>(from + HIT_DISTANCE);
  const generation = load<u32>(from + HIT_GENERATION);
  const slot = load<u32>(from + HIT_SLOT);
  let i: u32 = 0;
  while (true) {
    let child: u32 = 2 * i + 1;
    if (child >= count) break;
    const left = hitAt(child);
    const right = left + HIT_BYTES;
    if (child + 1 < count && isBefore(left, right)) child++;
    if (!before(distance, generation, slot, hitAt(child))) break;
    move(hitAt(i), hitAt(child));
    i = child;
  }
  v128.store(hitAt(i), hit);
}

/** Adds a hit unless there are k better ones. */
export function addHit(generation: usize, slot: u32, slotAt: usize, distance: f32): void {
  if (hitCount < hitLimit) {
    let i = hitCount++;
    for (let parent: u32 = 0; i > 0; i = parent) {
      parent = (i - 1) >>> 1;
      if (before(distance, generation, slot, hitAt(parent))) break;
      move(hitAt(i), hitAt(parent));
    }
    put(hitAt(i), generation, slot, slotAt, distance);
  } else if (hitLimit > 0 && before(distance, generation, slot, hits)) {
    put(hits, generation, slot, slotAt, distance);
    replaceRoot(hits, hitCount);
  }
}

export function hasHit(generation: usize, slot: u32): bool {
  for (let i: u32 = 0; i < hitCount; i++) {
    if (load<u32>(hitAt(i) + HIT_SLOT) == slot && load<u32>(hitAt(i) + HIT_GENERATION) == <u32>generation) return true;
  }
  return false;
}

/** Turns the heap into an array, nearest first, and ranks into distances. */
export function sortHits(): void {
  sortHeap();
  if (!dot) return;
  // Only now: ranks that are not equal may have equal distances.
  for (let i: u32 = 0; i < hitCount; i++) {
    const at = hitAt(i) + HIT_DISTANCE;
    store<f32>(at, 1 + load<f32>(at));
  }
}

function sortHeap(): void {
  for (let end = hitCount; end > 1; end--) {
    const worst = v128.load(hits);
    replaceRoot(hitAt(end - 1), end - 1);
    v128.store(hitAt(end - 1), worst);
  }
}

// ── a piece of a scan, whose hits are merged with those of others: with ranks and ages ──────────────────────────────

/** Turns the heap into an array, nearest first. */
export function sortRanks(): void {
  sortHeap();
  for (let i: u32 = 0; i < hitCount; i++) store<u64>(hitAt(i) + HIT_AGE, ageOfHit(hitAt(i)));
}

/** Adds a slot to a list that is not to be sorted. */
export function appendHit(generation: usize, slot: u32, slotAt: usize): void {
  const at = hitAt(hitCount++);
  put(at, generation, slot, slotAt, 0);
  store<u64>(at + HIT_AGE, ageOf(generation, slot));
}
