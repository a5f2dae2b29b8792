/*
 * Which slots of a graph are nearest to a query? Algorithms 2 and 5 of the paper (Malkov & Yashunin, 2018), on the
 * beam's distances. They fill the candidates and never write a list.
 */
import { G_DEAD, LINKED, NO_SLOT, SLOT_DIED } from "../layout";
import { fresh, freshDistances, MAX_CANDIDATES, TOGETHER, together } from "../memory/scratch";
import { levelOf } from "../memory/settings";
import { hasBit } from "../memory/words";
import { isGone, mayBeGone } from "../rows/expiry";
import { distances, distanceTo, queryFromSlot, touchAll } from "../vectors/beam";
import { isFiltered, passes } from "../vectors/passing";
import { nextTwin, slotAddress, stateOf } from "../vectors/slots";
import {
  candidateCount, candidateDistance, candidateSlot, expand, insertCandidate, restart, truncate,
} from "./candidates";
import { capacityOf, countOf, firstTwin, idsOf, listOf, publishedId, touchList } from "./lists";
import { clearVisited, visit, visitAll } from "./visited";

/**
 * The beam on level 1. With ef = 1 there, as in the paper, a search of tight clusters far apart ends in a wrong one,
 * and a slot is linked into a second island of its cluster: of 6,000 vectors in 30 clusters up to 7 % were then not
 * their own nearest neighbour, with 16 none. It costs 10 % of a search, for which efConstruction 32 gives the recall of
 * 40 (tests/core/graph/walk.test.ts, docs/ARCHITECTURE.md).
 */
const UPPER_EF: u32 = 16;

let excluded: u32 = NO_SLOT; // the slot being linked, which its own walk passes by
let liveCandidates: u32 = 0; // those that count towards ef
let nearest: u32 = 0, nearestDistance: f32 = 0;
let visitsLeft: i32 = 0, visits: u32 = 0; // of a walk that counts
let sink: u32 = 0; // uses what the touches load

/** Fills the candidates with the nearest to the query, of which `ef` are visible at `version`; passes by the slot `without`. */
export function walkAt(generation: usize, entry: u32, ef: u32, version: u64, without: u32 = NO_SLOT): void {
  excluded = without;
  enter(generation, entry, 0, ef);
  const counting = atomic.load<u32>(generation + G_DEAD) != 0 || mayBeGone(generation);
  if (counting) {
    liveCandidates = 0;
    for (let i: u32 = 0; i < candidateCount; i++) if (counts(generation, candidateSlot(i), version)) liveCandidates++;
  }
  visitsLeft = 0x7fffffff;
  searchLayer(generation, 0, ef, counting, version);
}

const SEEDS: u32 = 8; // matching entry points of a filtered walk

/**
 * `walkAt` for the matches of a filter, of which `ef` are to be among the candidates: a bit per slot at `bits`, of the first
 * `slots`. Nodes that do not match are walked through. Some matches, spread over the slots, are entry points too: the
 * matches may lie far from the query. False when it gave up, after it had visited more than `most` nodes.
 */
export function walkFiltered(
  generation: usize, entry: u32, ef: u32, version: u64, bits: usize, slots: u32, most: u32, without: u32 = NO_SLOT,
): bool {
  excluded = without;
  enter(generation, entry, 0, ef);
  for (let i: u32 = 0; i < SEEDS; i++) enterAtMatch(generation, <u32>((<u64>slots * i) / SEEDS), bits, slots);
  liveCandidates = 0;
  for (let i: u32 = 0; i < candidateCount; i++) if (counts(generation, candidateSlot(i), version)) liveCandidates++;
  const budget = <i32>min<u32>(most, 0x7fffffff);
  visitsLeft = budget;
  searchLayer(generation, 0, ef, true, version);
  visits = <u32>(budget - visitsLeft);
  return visitsLeft >= 0;
}

/** How many nodes the last filtered walk has visited on level 0. */
export function visitedNodes(): u32 {
  return visits;
}

/** Makes the first linked match from `from` on, within a few bytes of bits, a candidate. */
function enterAtMatch(generation: usize, from: u32, bits: usize, slots: u32): void {
  const end = min<u32>(slots, from + 4096);
  for (let slot = from; slot < end; slot++) {
    if (!hasBit(bits, slot) || stateOf(slotAddress(generation, slot)) != LINKED) continue;
    if (visit(slot)) insertCandidate(distanceTo(slot), slot);
    return;
  }
}

/** Makes a slot the query and fills the candidates with its nearest on `level`, as entries for `searchLayer`. */
export function enterFromSlot(generation: usize, slot: u32, entry: u32, level: u32, ef: u32): void {
  excluded = slot;
  queryFromSlot(generation, slot);
  enter(generation, entry, level, ef);
}

/** Makes the candidates of one level the entries of the next lower one. */
export function continueBelow(ef: u32): void {
  clearVisited(ef);
  restart(ef);
  for (let i: u32 = 0; i < candidateCount; i++) visit(candidateSlot(i));
  liveCandidates = candidateCount;
}

/** From the entry point down to entries for `level`, of which level 0 gets several. */
function enter(generation: usize, entry: u32, level: u32, ef: u32): void {
  const top = levelOf(entry);
  nearest = entry;
  nearestDistance = distanceTo(entry);
  const wide = level == 0 && top > 0;
  descend(generation, top, wide ? 1 : level);
  startAtNearest(wide ? UPPER_EF : ef);
  if (!wide) return;
  searchLayer(generation, 1, UPPER_EF, false, 0);
  continueBelow(ef);
}

/** Algorithm 2 with ef = 1 from `nearest` down to, not including, `level`. */
function descend(generation: usize, from: u32, level: u32): void {
  for (let l = from; l > level; l--) {
    let moved = true;
    while (moved) {
      moved = false;
      const list = listOf(generation, nearest, l);
      const count = min<u32>(countOf(list), capacityOf(l));
      if (count == 0) break;
      for (let i: u32 = 0; i < count; i++) store<u32>(fresh + (i << 2), publishedId(list, i));
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

/** Starts a new layer search with `nearest` as the only candidate. */
function startAtNearest(ef: u32): void {
  clearVisited(ef);
  visit(nearest);
  truncate(0);
  insertCandidate(nearestDistance, nearest);
  liveCandidates = 1;
}

/**
 * Algorithm 2 on one level, from the candidates, all of them unexpanded and marked as visited.
 *
 * At most `ef` candidates that count remain. While linking, all count. In a search of what is visible at `version`,
 * dead slots are walked through without counting (`counting`), so there can be more candidates than ef.
 */
export function searchLayer(generation: usize, level: u32, ef: u32, counting: bool, version: u64): void {
  const capacity = capacityOf(level);
  const most = level == 0 ? TOGETHER : 1;
  let next: u32 = 0;
  while (true) {
    let found: u32 = 0;
    for (; next < candidateCount && found < most; next++) {
      if (!expand(next)) continue;
      if (found != 0) sink += touchList(generation, candidateSlot(next), level);
      store<u32>(together + (found++ << 2), candidateSlot(next));
    }
    if (found == 0) return;
    // Three passes, so that as many cache misses as possible are under way at once: gather, touch, compute. The lists of
    // the candidates that are probably next are touched too.
    let gathered: u32 = 0;
    for (let i: u32 = 0; i < found; i++) {
      const list = listOf(generation, load<u32>(together + (i << 2)), level);
      gathered = visitAll(idsOf(list), min<u32>(countOf(list), capacity), gathered);
    }
    sink += touchAll(gathered);
    const ahead = min<u32>(candidateCount, next + most);
    for (let i = next; i < ahead; i++) sink += touchList(generation, candidateSlot(i), level);
    distances(gathered);
    if (counting && (visitsLeft -= <i32>gathered) < 0) return;
    next = min<u32>(next, offerAll(generation, gathered, ef, counting, version));
  }
}

/** Makes candidates of the gathered slots that are near enough. Returns the lowest place that one took, or ~0. */
function offerAll(generation: usize, gathered: u32, ef: u32, counting: bool, version: u64): u32 {
  let lowest: u32 = ~0;
  for (let group: u32 = 0; group < gathered; group += 4) {
    let near: u32 = gathered - group < 4 ? (1 << (gathered - group)) - 1 : 15;
    if (liveCandidates >= ef) {
      const worst = f32x4.splat(candidateDistance(candidateCount - 1));
      near &= i32x4.bitmask(f32x4.lt(v128.load(freshDistances + (group << 2)), worst));
    }
    for (; near != 0; near &= near - 1) {
      const i = group + ctz(near);
      const distance = load<f32>(freshDistances + (i << 2));
      if (liveCandidates >= ef && distance >= candidateDistance(candidateCount - 1)) continue;
      const slot = load<u32>(fresh + (i << 2));
      if (slot == excluded) continue; // here and not by a mark in the visited table, which forgets
      const place = insertCandidate(distance, slot);
      if (place == ~0) continue; // met again after it was forgotten
      lowest = min<u32>(lowest, place);
      if (counting) {
        dropSurplus(generation, slot, ef, version);
      } else {
        truncate(min<u32>(candidateCount, ef));
        liveCandidates = candidateCount;
      }
    }
  }
  return lowest;
}

/** After `slot` was put in: drops the last candidate while ef others count, or while the array is full. */
function dropSurplus(generation: usize, slot: u32, ef: u32, version: u64): void {
  if (counts(generation, slot, version)) liveCandidates++;
  while (candidateCount > 1) {
    const last = candidateCount - 1;
    const live: u32 = counts(generation, candidateSlot(last), version) ? 1 : 0;
    if (candidateCount < MAX_CANDIDATES && liveCandidates - live < ef) break;
    liveCandidates -= min<u32>(live, liveCandidates); // a dead slot may have got a twin since it was counted
    truncate(last);
  }
}

/** Whether a graph slot stands for something that a search at `version` may return: itself or a twin. */
function counts(generation: usize, slot: u32, version: u64): bool {
  if (isFiltered()) return passes(slot) || twinPasses(generation, slot); // what passes is visible
  if (version < load<u64>(slotAddress(generation, slot) + SLOT_DIED) && !isGone(generation, slot)) return true;
  return firstTwin(generation, slot) != 0;
}

const MOST_TWINS: u32 = 64;

/** Whether one of the first twins of a slot passes the filter; true when there are too many to know. */
function twinPasses(generation: usize, slot: u32): bool {
  let left = MOST_TWINS;
  for (let twin = firstTwin(generation, slot); twin != 0; twin = nextTwin(generation, twin)) {
    if (left-- == 0 || passes(twin - 1)) return true;
  }
  return false;
}
