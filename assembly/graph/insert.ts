/*
 * How does a slot get into the graph? Algorithm 1 of the paper, for many threads at once.
 *
 * The slot's code and its own lists on all levels are complete before any other list names it; then others link back to
 * it, bottom level first, so that every walk that steps onto it finds a way on.
 */
import {
  FAILED_ONCE, FAULT_LINK_BACK, FAULT_LINK_CODED, FAULT_LINK_DONE, FAULT_LINK_ENTRY, FAULT_LINK_OWN_LISTS,
  FAULT_LINK_START, FAULT_TWIN, FAULT_TWIN_MARKED, G_CENTROID, G_ENTRY, G_ENTRY_LOCK, G_FINISHED, G_GRAPH, G_LINKED,
  G_SPACE, HANGS, IN_GRAPH, LINKED, PENDING, RECENT_SLOTS, SEAT_HELD_ENTRY, SEAT_HELD_GENERATION, SEAT_TWIN_OF, SKIPPED,
  SLOT_DIED, SLOT_STATE, SLOT_TWIN, S_VERSION, TWINNED,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { acquire, release, seat } from "../memory/locks";
import { chosenDistances, chosenIds, chosenOn } from "../memory/scratch";
import { chosenBase, cosine, efConstruction, levelOf, M, paddedFloats } from "../memory/settings";
import { hasBit } from "../memory/words";
import { distanceTo, queryFromSlot } from "../vectors/beam";
import { codeAddress, encodeSlot } from "../vectors/codes";
import { sameVector } from "../vectors/metric";
import { nextTwin, slotAddress, stateOf } from "../vectors/slots";
import { candidateCount, candidateDistance, candidateSlot } from "./candidates";
import { connect, connectIfRoom, expectDoubles, holds, writeListAgain } from "./links";
import { touchEnd, twinsOf, writeOwnList } from "./lists";
import { diverseCount, selectNeighbours } from "./prune";
import { ask } from "./sight";
import { hangBehindOlder, noteOlder } from "./twins";
import { continueBelow, enterFromSlot, searchLayer } from "./walk";

export const FIRST_ALONE: u32 = 64; // this many slots go in one at a time, so that the graph starts connected

let sink: u32 = 0; // uses what the touches load

/** Links one slot of a promoted generation. False when there was nothing to do: it is linked already. */
export function linkSlot(generation: usize, slot: u32): bool {
  const at = slotAddress(generation, slot);
  if (stateOf(at) != PENDING) return false;
  const space: usize = load<u32>(generation + G_SPACE);
  if (space == 0) return false; // it was dropped
  // A slot whose first try trapped may be known to others and have twins: it goes in, dead or not. Any other is skipped
  // once it is dead for every search to come: after the floor has passed a skipped slot no search scans it, and one at
  // a version before its death would find neither it nor its successor.
  const again = (load<u32>(at + SLOT_STATE) & FAILED_ONCE) != 0;
  if (!again && atomic.load<u64>(at + SLOT_DIED) <= atomic.load<u64>(space + S_VERSION)) {
    finish(generation, at, SKIPPED);
    return true;
  }
  faultPoint(FAULT_LINK_START);
  encodeSlot(generation, at, codeAddress(load<u32>(generation + G_GRAPH), slot));
  faultPoint(FAULT_LINK_CODED);
  const level = levelOf(slot);
  const entry = atomic.load<u32>(generation + G_ENTRY);
  const alone = entry == 0 || level > levelOf(entry - 1) || load<u32>(generation + G_LINKED) < FIRST_ALONE;
  if (!alone) {
    insert(generation, slot, at, level, entry - 1);
    return true;
  }
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  acquire(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
  const first = atomic.load<u32>(generation + G_ENTRY);
  if (first == 0) {
    for (let l: u32 = 0; l <= level; l++) writeList(generation, slot, l, 0, 0, again);
    finish(generation, at, LINKED);
    atomic.store<u32>(generation + G_ENTRY, slot + 1);
  } else {
    insert(generation, slot, at, level, first - 1);
  }
  release(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
  return true;
}

export function finish(generation: usize, at: usize, state: u32): void {
  if (state & IN_GRAPH) atomic.add<u32>(generation + G_LINKED, 1);
  atomic.store<u32>(at + SLOT_STATE, state);
}

/** Writes the first `count` that were chosen on a level. */
function writeList(generation: usize, slot: u32, level: u32, count: u32, diverse: u32, again: bool): void {
  const ids = chosenIds(level);
  const dists = chosenDistances(level);
  if (again) writeListAgain(generation, slot, level, ids, dists, count, diverse);
  else writeOwnList(generation, slot, level, ids, dists, count, diverse);
}

function insert(generation: usize, slot: u32, at: usize, level: u32, entry: u32): void {
  const top = levelOf(entry);
  const highest = min<u32>(level, top);
  // A slot whose first try trapped half-way may be reachable already: it must not find itself.
  const again = (load<u32>(at + SLOT_STATE) & FAILED_ONCE) != 0;
  const finishedBefore = atomic.load<u32>(generation + G_FINISHED);
  enterFromSlot(generation, slot, entry, highest, efConstruction);

  for (let l: i32 = highest; l >= 0; l--) {
    if (l < <i32>highest) {
      queryFromSlot(generation, slot); // choosing neighbours used another query
      continueBelow(efConstruction);
    }
    searchLayer(generation, l, efConstruction, false, 0);
    // One that others may know already can't be a twin any more: it may have twins of its own.
    if (l == 0 && !again && hangOnTwin(generation, slot, at)) return;
    if (l == 0) ask(generation, slot, at);
    const count = selectNeighbours(generation, l == 0 ? chosenBase : M, chosenIds(l), chosenDistances(l));
    store<u32>(chosenOn(l), count);
    writeList(generation, slot, l, count, diverseCount, again);
  }
  for (let l = highest + 1; l <= level; l++) writeList(generation, slot, l, 0, 0, again);
  faultPoint(FAULT_LINK_OWN_LISTS);

  for (let l: u32 = 0; l <= highest; l++) {
    const count = load<u32>(chosenOn(l));
    const ids = chosenIds(l);
    const dists = chosenDistances(l);
    // A lock waits for every store before it: without this each neighbour's miss would be waited for alone (2 %).
    for (let i: u32 = 0; i < count; i++) sink += touchEnd(generation, load<u32>(ids + (i << 2)), l);
    for (let i: u32 = 0; i < count; i++) {
      connect(generation, load<u32>(ids + (i << 2)), l, slot, load<f32>(dists + (i << 2)));
      if (i == 1) faultPoint(FAULT_LINK_BACK);
    }
  }
  connectRecent(generation, slot, finishedBefore);
  faultPoint(FAULT_LINK_DONE);
  finish(generation, at, LINKED);
  if (level > top) {
    faultPoint(FAULT_LINK_ENTRY);
    atomic.store<u32>(generation + G_ENTRY, slot + 1);
  }
}

/**
 * Links the levels above 0 of a slot whose list on level 0 is complete. The entry point is on its highest level or above. For
 * a bulk, while no other thread links slots of the generation but those of the bulk. Two that are linked at the same time do not
 * see each other on these levels: on level 0 they are neighbours if they are near.
 */
export function linkUpperLevels(generation: usize, slot: u32): void {
  const level = levelOf(slot);
  enterFromSlot(generation, slot, atomic.load<u32>(generation + G_ENTRY) - 1, level, efConstruction);
  for (let l: i32 = level; l >= 1; l--) {
    if (l < <i32>level) {
      queryFromSlot(generation, slot);
      continueBelow(efConstruction);
    }
    searchLayer(generation, l, efConstruction, false, 0);
    const count = selectNeighbours(generation, M, chosenIds(l), chosenDistances(l));
    store<u32>(chosenOn(l), count);
    writeList(generation, slot, l, count, diverseCount, false);
  }
  for (let l: u32 = 1; l <= level; l++) {
    const count = load<u32>(chosenOn(l));
    const ids = chosenIds(l);
    const dists = chosenDistances(l);
    for (let i: u32 = 0; i < count; i++) {
      connect(generation, load<u32>(ids + (i << 2)), l, slot, load<f32>(dists + (i << 2)));
    }
  }
}

/**
 * Two slots that are linked at the same time do not see each other: if they are the first of a cluster, it can fall
 * into two halves that are connected only by far neighbours. So each slot, when it finishes, looks at those that
 * finished since it began (none with one thread), and links both ways with those nearer than its farthest neighbour.
 */
function connectRecent(generation: usize, slot: u32, before: u32): void {
  const position = atomic.add<u32>(generation + G_FINISHED, 1);
  atomic.store<u32>(recentAt(generation, position), slot + 1);
  const since = min<u32>(position - before, RECENT_SLOTS - 1);
  if (since == 0) return;
  const farthest = candidateDistance(min<u32>(candidateCount, chosenBase) - 1);
  for (let i: u32 = 1; i <= since; i++) {
    // Its lists are written. A place that is not filled yet holds an older slot: then at most a link is gained.
    const mark = atomic.load<u32>(recentAt(generation, position - i));
    if (mark == 0 || mark - 1 == slot) continue;
    queryFromSlot(generation, slot); // a prune used another query
    const distance = distanceTo(mark - 1);
    if (!(distance < farthest) || holds(generation, slot, 0, mark - 1)) continue;
    connect(generation, slot, 0, mark - 1, distance);
    if (!holds(generation, mark - 1, 0, slot)) connect(generation, mark - 1, 0, slot, distance);
  }
}

function recentAt(generation: usize, position: u32): usize {
  const ring: usize = load<u32>(generation + G_CENTROID) + paddedFloats * 4;
  return ring + ((position & (RECENT_SLOTS - 1)) << 2);
}

/**
 * A slot with exactly the vector of a linked one hangs on that one's chain of twins: a thousand equal vectors linked to
 * one another would fill each other's lists and cut themselves off. Their codes are equal, so are their distances.
 */
function hangOnTwin(generation: usize, slot: u32, at: usize): bool {
  const same = distanceTo(slot);
  for (let i: u32 = 0; i < candidateCount; i++) {
    if (cosine ? candidateDistance(i) > same + 1e-6 : candidateDistance(i) != same) continue;
    const other = candidateSlot(i);
    if (!sameVector(slotAddress(generation, other), at)) continue;
    store<u32>(seat + SEAT_TWIN_OF, other);
    atomic.store<u32>(at + SLOT_STATE, PENDING | HANGS);
    faultPoint(FAULT_TWIN_MARKED);
    hangBehindOlder(generation, other, slot);
    faultPoint(FAULT_TWIN);
    finish(generation, at, TWINNED);
    return true;
  }
  return false;
}

/**
 * After a trap in `linkSlot` of the seat `that`: a slot that is on the chain of twins that the seat was about to hang it
 * on is in. True then; one that is not on it yet hangs nowhere.
 */
export function finishTwin(that: usize, generation: usize, slot: u32): bool {
  const at = slotAddress(generation, slot);
  const state = load<u32>(at + SLOT_STATE);
  if ((state & HANGS) == 0) return false;
  let twin = atomic.load<u32>(twinsOf(generation, load<u32>(that + SEAT_TWIN_OF)));
  while (twin != 0 && twin != slot + 1) twin = nextTwin(generation, twin);
  if (twin != 0) {
    finish(generation, at, TWINNED);
    return true;
  }
  // It may be linked itself the next time, with twins of its own.
  store<u32>(at + SLOT_TWIN, 0);
  noteOlder(generation, slot, 0);
  atomic.store<u32>(at + SLOT_STATE, state & ~HANGS);
  return false;
}

// ── a linked slot once more ─────────────────────────────────────────────────────────────────────────────────────────

/** Chooses neighbours on level 0 for a slot that is linked: returns how many. The candidates are those of its search. */
export function findNeighbours(generation: usize, slot: u32, entry: u32): u32 {
  enterFromSlot(generation, slot, entry, 0, efConstruction);
  searchLayer(generation, 0, efConstruction, false, 0);
  return selectNeighbours(generation, chosenBase, chosenIds(0), chosenDistances(0));
}

export function foundSlot(i: u32): u32 {
  return load<u32>(chosenIds(0) + (i << 2));
}

export function foundDistance(i: u32): f32 {
  return load<f32>(chosenDistances(0) + (i << 2));
}

// ── for a census ────────────────────────────────────────────────────────────────────────────────────────────────────

const MENDED_LINKS: u32 = 4;

/**
 * Gives a linked slot that a census did not reach new links, both ways, from what a search for it finds. Only slots
 * that the census reached (a bit each at `reached`, for the first `slots`) and whose lists have room link back: a prune
 * could cut a way that the census has counted on. True when at least one does.
 */
export function relink(generation: usize, slot: u32, reached: usize, slots: u32): bool {
  const entry = atomic.load<u32>(generation + G_ENTRY);
  if (entry == 0 || entry - 1 == slot) return true;
  expectDoubles(generation);
  const count = findNeighbours(generation, slot, entry - 1);
  for (let i: u32 = 0; i < count; i++) connectIfRoom(generation, slot, foundSlot(i));
  let links: u32 = 0;
  for (let i: u32 = 0; i < candidateCount && links < MENDED_LINKS; i++) {
    const other = candidateSlot(i);
    if (other >= slots || !hasBit(reached, other)) continue;
    if (connectIfRoom(generation, other, slot)) links++;
  }
  return links != 0;
}

/** Links a slot to one that a search for it would not find; false when that one's list is full. */
export function relinkFrom(generation: usize, from: u32, slot: u32): bool {
  return connectIfRoom(generation, from, slot);
}
