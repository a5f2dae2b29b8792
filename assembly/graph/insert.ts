/*
 * How does a slot get into the graph? Algorithms 1 and 4 of the paper, for many threads at once.
 *
 * The slot's code and its own lists on all levels are complete before any other list names it; then others link back
 * to it, bottom level first, so nobody can step onto it and find no way on. Links are written only through graph.ts.
 */
import {
  FAILED_ONCE, FAULT_LINK_BACK, FAULT_LINK_CODED, FAULT_LINK_DONE, FAULT_LINK_ENTRY, FAULT_LINK_OWN_LISTS,
  FAULT_LINK_START, FAULT_TWIN, G_CENTROID, G_COUNT, G_ENTRY, G_ENTRY_LOCK, G_FINISHED, G_FLOOR, G_GRAPH, G_LINKED,
  G_SPACE, HANGS, IN_GRAPH, LINKED, PENDING, RECENT_SLOTS, S_VERSION, SEAT_HELD_ENTRY, SEAT_HELD_GENERATION, SKIPPED,
  SLOT_DIED, SLOT_STATE, SLOT_TWIN, TWINNED,
} from "../layout";
import { codeAddress, distanceTo, encodeSlot, exact, queryFromSlot } from "../vectors/codes";
import { faultPoint } from "../memory/faults";
import {
  connect, connectIfRoom, diverseCount, expectDoubles, holds, selectNeighbours, touchEnd, twinsOf, writeListAgain,
  writeOwnList,
} from "./links";
import { poolCount, poolDistance, poolSlot } from "./candidates";
import { chosen, chosenStride } from "../memory/scratch";
import { enter, exclude, restartPool, searchLayer, startAt } from "./walk";
import { chosenBase, cosine, efConstruction, levelOf, M, paddedFloats } from "../memory/settings";
import { inverseOf, slotAddress, stateOf, vectorOf } from "../vectors/slots";
import { acquire, release, seat } from "../memory/locks";

let sink: u32 = 0; // uses what the touches load

const FIRST_ALONE: u32 = 64; // so many slots go in one at a time, so that the graph starts connected

/** Links one slot of a promoted generation. Does nothing to a slot that is linked already. */
export function linkSlot(generation: usize, slot: u32): void {
  const at = slotAddress(generation, slot);
  if (stateOf(at) != PENDING) return;
  // Dead for every search to come, not only on the way to be: once the floor has passed a skipped slot, nobody scans
  // it, and a search at a version before its death would find neither it nor its successor.
  const space: usize = load<u32>(generation + G_SPACE);
  if (space == 0) return; // dropped meanwhile
  // A slot whose first try trapped may be known to others, and hold twins: it goes in, dead or not.
  const again = (load<u32>(at + SLOT_STATE) & FAILED_ONCE) != 0;
  if (!again && atomic.load<u64>(at + SLOT_DIED) <= atomic.load<u64>(space + S_VERSION)) {
    finish(generation, at, SKIPPED);
    return;
  }
  faultPoint(FAULT_LINK_START);
  encodeSlot(generation, at, codeAddress(load<u32>(generation + G_GRAPH), slot));
  faultPoint(FAULT_LINK_CODED);
  const level = levelOf(slot);
  const entry = atomic.load<u32>(generation + G_ENTRY);
  const alone = entry == 0 || level > levelOf(entry - 1) || load<u32>(generation + G_LINKED) < FIRST_ALONE;
  if (!alone) {
    insert(generation, slot, at, level, entry - 1);
    return;
  }
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  acquire(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
  const first = atomic.load<u32>(generation + G_ENTRY);
  if (first == 0) {
    for (let l: u32 = 0; l <= level; l++) writeList(generation, slot, l, 0, 0, 0, 0, again);
    finish(generation, at, LINKED);
    atomic.store<u32>(generation + G_ENTRY, slot + 1);
  } else {
    insert(generation, slot, at, level, first - 1);
  }
  release(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
}

function finish(generation: usize, at: usize, state: u32): void {
  if (state & IN_GRAPH) atomic.add<u32>(generation + G_LINKED, 1);
  atomic.store<u32>(at + SLOT_STATE, state);
}

function writeList(
  generation: usize, slot: u32, level: u32, ids: usize, dists: usize, count: u32, diverse: u32, again: bool,
): void {
  if (again) writeListAgain(generation, slot, level, ids, dists, count, diverse);
  else writeOwnList(generation, slot, level, ids, dists, count, diverse);
}

function insert(generation: usize, slot: u32, at: usize, level: u32, entry: u32): void {
  const top = levelOf(entry);
  const highest = min<u32>(level, top);
  // A slot whose first try trapped half-way can be reached already: it must not find itself.
  const again = (load<u32>(at + SLOT_STATE) & FAILED_ONCE) != 0;
  const finishedBefore = atomic.load<u32>(generation + G_FINISHED);
  exclude(slot);
  queryFromSlot(generation, slot);
  startAt(entry);
  enter(generation, top, highest, efConstruction);

  for (let l: i32 = highest; l >= 0; l--) {
    if (l < <i32>highest) {
      queryFromSlot(generation, slot); // choosing neighbours used another query
      restartPool(efConstruction);
    }
    searchLayer(generation, l, efConstruction, false, 0);
    // One that others may know already can't be a twin any more: it may have twins of its own.
    if (l == 0 && !again && hangOnTwin(generation, slot, at)) return;
    const own = chosen + l * chosenStride;
    const ids = own + 4;
    const distances = ids + chosenBase * 4;
    const most = l == 0 ? chosenBase : M;
    const count = selectNeighbours(generation, most, ids, distances);
    store<u32>(own, count);
    writeList(generation, slot, l, ids, distances, count, diverseCount, again);
  }
  for (let l = highest + 1; l <= level; l++) writeList(generation, slot, l, 0, 0, 0, 0, again);
  faultPoint(FAULT_LINK_OWN_LISTS);

  for (let l: u32 = 0; l <= highest; l++) {
    const own = chosen + l * chosenStride;
    const count = load<u32>(own);
    // A lock waits for every store before it: without this each neighbour's miss would be waited for alone (2 %).
    for (let i: u32 = 0; i < count; i++) sink += touchEnd(generation, load<u32>(own + 4 + (i << 2)), l);
    for (let i: u32 = 0; i < count; i++) {
      const neighbour = load<u32>(own + 4 + (i << 2));
      connect(generation, neighbour, l, slot, load<f32>(own + 4 + chosenBase * 4 + (i << 2)));
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
 * Two slots that are linked at the same time do not see each other: if they are the first of a cluster, it can fall
 * into two halves that know of each other only by far neighbours. So whoever finishes looks at those that finished
 * meanwhile, and links both ways with the ones that are nearer than its farthest neighbour. With one thread there are
 * none.
 */
function connectRecent(generation: usize, slot: u32, before: u32): void {
  const position = atomic.add<u32>(generation + G_FINISHED, 1);
  atomic.store<u32>(recentAt(generation, position), slot + 1);
  const meanwhile = min<u32>(position - before, RECENT_SLOTS - 1);
  if (meanwhile == 0) return;
  const farthest = poolDistance(min<u32>(poolCount, chosenBase) - 1);
  for (let i: u32 = 1; i <= meanwhile; i++) {
    // Its lists are written. A place not filled yet holds an older slot: then at most a link is gained.
    const mark = atomic.load<u32>(recentAt(generation, position - i));
    if (mark == 0 || mark - 1 == slot) continue;
    queryFromSlot(generation, slot); // a prune used another query
    const distance = distanceTo(mark - 1);
    if (!(distance < farthest) || holds(generation, slot, 0, mark - 1)) continue;
    connect(generation, slot, 0, mark - 1, distance);
    if (!holds(generation, mark - 1, 0, slot)) connect(generation, mark - 1, 0, slot, distance);
  }
}

// @ts-ignore: decorator
@inline
function recentAt(generation: usize, position: u32): usize {
  const ring: usize = load<u32>(generation + G_CENTROID) + paddedFloats * 4;
  return ring + ((position & (RECENT_SLOTS - 1)) << 2);
}

/**
 * A slot with the very same vector as a linked one hangs on that one's chain of twins: a thousand equal vectors linked
 * to one another would fill each other's lists and cut themselves off. Their codes are equal, so are their distances.
 */
function hangOnTwin(generation: usize, slot: u32, at: usize): bool {
  const same = distanceTo(slot);
  for (let i: u32 = 0; i < poolCount; i++) {
    if (cosine ? poolDistance(i) > same + 1e-6 : poolDistance(i) != same) continue;
    const other = poolSlot(i);
    const otherAt = slotAddress(generation, other);
    if (cosine) {
      // Parallel vectors of different lengths, too: all that f32 sees between them is rounding.
      if (exact(vectorOf(otherAt), inverseOf(otherAt), vectorOf(at), inverseOf(at)) > 1e-13) continue;
    } else if (memory.compare(vectorOf(otherAt), vectorOf(at), paddedFloats * 4) != 0) continue;
    const chain = twinsOf(generation, other);
    atomic.store<u32>(at + SLOT_STATE, PENDING | HANGS);
    while (true) {
      const head = atomic.load<u32>(chain);
      store<u32>(at + SLOT_TWIN, head);
      if (atomic.cmpxchg<u32>(chain, head, slot + 1) == head) break;
    }
    faultPoint(FAULT_TWIN);
    finish(generation, at, TWINNED);
    return true;
  }
  return false;
}

/**
 * After a trap in `linkSlot`: a slot on a chain of twins is in, since its only link must not be used for anything
 * else. True then.
 */
export function finishTwin(generation: usize, slot: u32): bool {
  const at = slotAddress(generation, slot);
  if ((load<u32>(at + SLOT_STATE) & HANGS) == 0) return false;
  finish(generation, at, TWINNED);
  return true;
}

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
  exclude(slot);
  queryFromSlot(generation, slot);
  startAt(entry - 1);
  enter(generation, levelOf(entry - 1), 0, efConstruction);
  searchLayer(generation, 0, efConstruction, false, 0);
  const ids = chosen + 4;
  const distances = ids + chosenBase * 4;
  const count = selectNeighbours(generation, chosenBase, ids, distances);
  for (let i: u32 = 0; i < count; i++) {
    connectIfRoom(generation, slot, load<u32>(ids + (i << 2)), load<f32>(distances + (i << 2)));
  }
  let links: u32 = 0;
  for (let i: u32 = 0; i < poolCount && links < MENDED_LINKS; i++) {
    const other = poolSlot(i);
    if (other >= slots || (load<u8>(reached + (other >>> 3)) & (1 << (other & 7))) == 0) continue;
    if (connectIfRoom(generation, other, slot, poolDistance(i))) links++;
  }
  return links != 0;
}

/** Links a slot to one that a search for it would not find; false when that one's list is full. */
export function relinkFrom(generation: usize, from: u32, slot: u32): bool {
  queryFromSlot(generation, slot);
  return connectIfRoom(generation, from, slot, distanceTo(from));
}

/** Moves the floor over every slot that no longer waits. */
export function advanceFloor(generation: usize): void {
  const count = atomic.load<u32>(generation + G_COUNT);
  while (true) {
    const floor = atomic.load<u32>(generation + G_FLOOR);
    let next = floor;
    while (next < count && stateOf(slotAddress(generation, next)) != PENDING) next++;
    if (next == floor) return;
    if (atomic.cmpxchg<u32>(generation + G_FLOOR, floor, next) == floor) return;
  }
}
