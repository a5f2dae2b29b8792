/*
 * Which slots are nearest to a query? Algorithms 2 and 5 of the paper (Malkov & Yashunin, 2018) and exact scans. Never
 * writes links.
 *
 * A search of a space sees what was accepted before it, linked or not:
 *   1. announce the epoch, then read generations and floors, then the version; again if the generations changed;
 *   2. scan what is not linked yet, first: what gets linked meanwhile is found by the graph search that follows;
 *   3. walk the graph; 4. if dead slots or a cut-off graph left fewer hits than there should be, scan everything.
 */
import {
  BEAM_CODES, E_STALE, FLAT, G_BEAM, G_COUNT, G_DEAD, G_ENTRY, G_FLOOR, G_LIVE, G_MOVED, G_QUARANTINE, G_STATE,
  MAX_EF, S_GENERATIONS, S_LIVE, S_VERSION, SLOT_DIED, SLOT_TWIN,
} from "../layout";
import { distances, distanceTo, exactToQuery, queryFromVector, touchAll } from "../vectors/codes";
import { capacityOf, countOf, idsOf, listOf, touchList, twinsOf } from "./links";
import { addHit, hasHit, hitCount, sortHits, startHits } from "../space/hits";
import { expand, insertSorted, poolCount, poolDistance, poolSlot, restart, truncate } from "./candidates";
import { fresh, freshDistances, POOL_ENTRIES } from "../memory/scratch";
import { levelOf, slotStride } from "../memory/settings";
import { chunkEnd, inGraph, slotAddress, visible } from "../vectors/slots";
import { isAlive } from "../space/spaces";
import { clearVisited, visit, visitAll } from "./visited";
import { copyWords } from "../memory/words";

let poolLive: u32 = 0; // entries that count towards ef
let sink: u32 = 0; // uses what the touches load

const NOBODY: u32 = ~0;
let excluded: u32 = NOBODY;

/** The slot that searches of this instance pass by from now on: the one being linked. */
export function exclude(slot: u32): void {
  excluded = slot;
}

/**
 * Algorithm 2 on one level, from the entries that are in the pool already (all unexpanded and marked as visited).
 *
 * `ef` bounds how many entries that count the pool keeps. While linking, all count. In a search, `version` is given
 * and dead slots are walked through without counting, so the pool can be longer than ef.
 */
export function searchLayer(generation: usize, level: u32, ef: u32, counting: bool, version: u64): void {
  const capacity = capacityOf(level);
  let next: u32 = 0;
  while (next < poolCount) {
    if (!expand(next)) {
      next++;
      continue;
    }
    const list = listOf(generation, poolSlot(next), level);
    // Three passes, so that as many cache misses as possible are under way at once: gather, touch, compute. The list
    // of the entry that is probably next comes along. Together 5 to 8 % of an insert, 10 % of a search (2026-11-23).
    const gathered = visitAll(idsOf(list), min<u32>(countOf(list), capacity));
    sink += touchAll(gathered);
    if (next + 1 < poolCount) sink += touchList(generation, poolSlot(next + 1), level);
    distances(gathered);
    next = min<u32>(next + 1, offerAll(generation, gathered, ef, counting, version));
  }
}

/** Puts the gathered slots that are near enough into the pool. Returns the lowest place that one took, or ~0. */
function offerAll(generation: usize, gathered: u32, ef: u32, counting: bool, version: u64): u32 {
  let lowest: u32 = ~0;
  for (let group: u32 = 0; group < gathered; group += 4) {
    let near: u32 = gathered - group < 4 ? (1 << (gathered - group)) - 1 : 15;
    if (poolLive >= ef) {
      const worst = f32x4.splat(poolDistance(poolCount - 1));
      near &= i32x4.bitmask(f32x4.lt(v128.load(freshDistances + (group << 2)), worst));
    }
    for (; near != 0; near &= near - 1) {
      const i = group + ctz(near);
      const distance = load<f32>(freshDistances + (i << 2));
      if (poolLive >= ef && distance >= poolDistance(poolCount - 1)) continue;
      const slot = load<u32>(fresh + (i << 2));
      if (slot == excluded) continue; // here and not by a mark in the visited table, which forgets
      const place = insertSorted(distance, slot);
      if (place == ~0) continue; // met again after it was forgotten
      lowest = min<u32>(lowest, place);
      if (counting) {
        dropSurplus(generation, slot, ef, version);
      } else {
        truncate(min<u32>(poolCount, ef));
        poolLive = poolCount;
      }
    }
  }
  return lowest;
}

/** After `slot` was put in: the last entry goes while the others hold ef live ones without it, or the array is full. */
function dropSurplus(generation: usize, slot: u32, ef: u32, version: u64): void {
  if (counts(generation, slot, version)) poolLive++;
  while (poolCount > 1) {
    const last = poolCount - 1;
    const live: u32 = counts(generation, poolSlot(last), version) ? 1 : 0;
    if (poolCount < POOL_ENTRIES && poolLive - live < ef) break;
    poolLive -= min<u32>(live, poolLive); // a dead slot may have got a twin since it was counted
    truncate(last);
  }
}

/** Whether a graph slot stands for something that a search at `version` may return: itself or a twin. */
function counts(generation: usize, slot: u32, version: u64): bool {
  if (version < load<u64>(slotAddress(generation, slot) + SLOT_DIED)) return true;
  return load<u32>(twinsOf(generation, slot)) != 0;
}

/** Empties the pool and starts a new layer search at one slot. */
function startPool(slot: u32, distance: f32, ef: u32): void {
  clearVisited(ef);
  visit(slot);
  truncate(0);
  insertSorted(distance, slot);
  poolLive = 1;
}

/** Starts the search of the next lower level from all entries of this one. */
export function restartPool(ef: u32): void {
  clearVisited(ef);
  restart(ef);
  for (let i: u32 = 0; i < poolCount; i++) visit(poolSlot(i));
  poolLive = poolCount;
}

let nearest: u32 = 0;
let nearestDistance: f32 = 0;

/** Algorithm 2 with ef = 1 from `nearest` down to, not including, `level`. */
function descend(generation: usize, from: u32, level: u32): void {
  for (let l = from; l > level; l--) {
    let moved = true;
    while (moved) {
      moved = false;
      const list = listOf(generation, nearest, l);
      const count = min<u32>(countOf(list), capacityOf(l));
      if (count == 0) break;
      copyWords(fresh, idsOf(list), count);
      sink += touchAll(count);
      distances(count);
      for (let i: u32 = 0; i < count; i++) {
        const distance = load<f32>(freshDistances + (i << 2));
        if (distance < nearestDistance && load<u32>(fresh + (i << 2)) != excluded) {
          nearestDistance = distance;
          nearest = load<u32>(fresh + (i << 2));
          moved = true;
        }
      }
    }
  }
}

/**
 * The beam on level 1. With ef = 1 there, as the paper has it, a search of tight clusters far apart ends in a wrong one,
 * and a slot is linked into a second island of its cluster: of 6,000 vectors in 30 clusters up to 7 % were then not
 * their own nearest neighbour, with 16 none. Costs 10 % of a search, for which efConstruction 32 gives the recall of 40
 * (2026-11-24, tests/core/islands.test.ts and `bun run bench core`).
 */
const UPPER_EF: u32 = 16;

/** From `nearest` (`startAt`) on level `from` to a pool of entries for `level`, of which level 0 gets several. */
export function enter(generation: usize, from: u32, level: u32, ef: u32): void {
  const wide = level == 0 && from > 0;
  descend(generation, from, wide ? 1 : level);
  startPool(nearest, nearestDistance, wide ? UPPER_EF : ef);
  if (!wide) return;
  searchLayer(generation, 1, UPPER_EF, false, 0);
  restartPool(ef);
}

/** Sets `nearest` to an entry point, with the query in place. */
export function startAt(slot: u32): void {
  nearest = slot;
  nearestDistance = distanceTo(slot);
}

// ── one space ───────────────────────────────────────────────────────────────────────────────────────────────────────
let version: u64 = 0;

// @ts-ignore: decorator
@inline
function offerHit(generation: usize, slot: u32, slotAt: usize): void {
  if (visible(slotAt, version)) addHit(generation, slot, slotAt, exactToQuery(slotAt));
}

/** Scans the slots from `from` that are not in the graph. */
function scanTail(generation: usize, from: u32, to: u32): void {
  for (let slot = from; slot < to; ) {
    const end = min<u32>(to, chunkEnd(slot));
    for (let at = slotAddress(generation, slot); slot < end; slot++, at += slotStride) {
      if (!inGraph(at)) offerHit(generation, slot, at);
    }
  }
}

/** Scans every slot from `from` on. */
function scanFrom(generation: usize, from: u32): void {
  const count = atomic.load<u32>(generation + G_COUNT);
  for (let slot = from; slot < count; ) {
    const end = min<u32>(count, chunkEnd(slot));
    for (let at = slotAddress(generation, slot); slot < end; slot++, at += slotStride) {
      offerHit(generation, slot, at);
    }
  }
}

function scanQuarantine(generation: usize): void {
  for (let mark = atomic.load<u32>(generation + G_QUARANTINE); mark != 0; ) {
    const at = slotAddress(generation, mark - 1);
    if (!hasHit(generation, mark - 1)) offerHit(generation, mark - 1, at);
    mark = load<u32>(at + SLOT_TWIN);
  }
}

const FEWEST_RESCORED: u32 = 40; // with 4k alone, k = 1 missed up to 30 % of exact matches in 3 dimensions

/** Slots from `floor` on may have been scanned as part of the tail already. */
function searchGraph(generation: usize, k: u32, ef: u32, floor: u32): void {
  const entry = atomic.load<u32>(generation + G_ENTRY);
  if (entry == 0) return;
  exclude(NOBODY);
  queryFromVector(generation);
  startAt(entry - 1);
  enter(generation, levelOf(entry - 1), 0, ef);
  const counting = atomic.load<u32>(generation + G_DEAD) != 0;
  if (counting) {
    poolLive = 0;
    for (let i: u32 = 0; i < poolCount; i++) if (counts(generation, poolSlot(i), version)) poolLive++;
  }
  searchLayer(generation, 0, ef, counting, version);

  // Codes order the beam, f32 the answer: the first 4k are enough to get f32's own recall back.
  const rescore: u32 = load<u32>(generation + G_BEAM) == BEAM_CODES ? max<u32>(4 * k, FEWEST_RESCORED) : k;
  let live: u32 = 0;
  for (let i: u32 = 0; i < poolCount && live < rescore; i++) {
    const slot = poolSlot(i);
    const at = slotAddress(generation, slot);
    if (visible(at, version)) {
      live++;
      if (slot < floor || !hasHit(generation, slot)) addHit(generation, slot, at, exactToQuery(at));
    }
    let twins: u32 = 0;
    for (let mark = load<u32>(twinsOf(generation, slot)); mark != 0 && twins < k; ) {
      const twin = mark - 1;
      const twinAt = slotAddress(generation, twin);
      if (visible(twinAt, version)) {
        twins++;
        if (twin < floor || !hasHit(generation, twin)) addHit(generation, twin, twinAt, exactToQuery(twinAt));
      }
      mark = load<u32>(twinAt + SLOT_TWIN);
    }
  }
}

/**
 * The k nearest of a space into the seat's result array, nearest first; the query is in scratch. Returns how many, or
 * E_STALE. `exactly`: by scan of everything. The epoch stays announced: the caller reads the keys and then parks.
 */
export function searchSpace(space: usize, incarnation: u32, k: u32, ef: u32, exactly: bool): i32 {
  let current: usize = 0;
  let emptying: usize = 0;
  let floor: u32 = 0;
  let emptyingFloor: u32 = 0;
  let moved: u32 = 0; // slots of the one being emptied below this have died by that version
  let live: u32 = 0; // at that version, or a moment later and more
  while (true) {
    const generations = atomic.load<u64>(space + S_GENERATIONS);
    current = <u32>generations;
    emptying = <u32>(generations >> 32);
    // After the generations: the header may have gone to another space by now, whose vectors are nobody else's.
    if (!isAlive(space, incarnation) || current == 0) return E_STALE;
    // Floors before the version: a slot that is skipped because it is dead died before any version read later.
    floor = atomic.load<u32>(current + G_FLOOR);
    emptyingFloor = emptying == 0 ? 0 : atomic.load<u32>(emptying + G_FLOOR);
    moved = emptying == 0 ? 0 : atomic.load<u32>(emptying + G_MOVED);
    version = atomic.load<u64>(space + S_VERSION);
    live = atomic.load<u32>(space + S_LIVE);
    const same = atomic.load<u64>(space + S_GENERATIONS) == generations;
    if (same && atomic.load<u64>(space + S_VERSION) == version) break;
  }
  startHits(k);
  if (!exactly && max<u32>(k, ef) <= MAX_EF) {
    const width = max<u32>(k, ef);
    if (emptying != 0) {
      if (isWalkedLonger(emptying, width, moved)) scanFrom(emptying, moved);
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
 * Whether walking the graph of a generation that is being emptied would take longer than scanning what is left in it: a
 * walk goes on until it has met ef live slots, and there are fewer and fewer.
 */
function isWalkedLonger(generation: usize, ef: u32, moved: u32): bool {
  const count = atomic.load<u32>(generation + G_COUNT);
  const live = max<u32>(load<u32>(generation + G_LIVE), 1);
  return <u64>(count - moved) * live <= <u64>SCANNED_PER_HOP * ef * count;
}

function searchGeneration(generation: usize, k: u32, ef: u32, floor: u32): void {
  const count = atomic.load<u32>(generation + G_COUNT);
  scanTail(generation, floor, count);
  if (load<u32>(generation + G_STATE) == FLAT) return;
  searchGraph(generation, k, ef, floor);
  scanQuarantine(generation);
}

