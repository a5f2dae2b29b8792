/*
 * Does a space keep its promises? The invariant walker: read-only, under the partition lock, while nobody links.
 *
 * Answers 0, or the number of the first broken promise, with slot, level and position in X_INFO.
 */
import {
  BARE, CODE_SCALE, G_CLAIMED, G_COUNT, G_DEAD, G_ENTRY, G_FLOOR, G_GRAPH, G_KEY_TABLE, G_LINKED, G_LIVE, G_STATE, GRAPH,
  IN_GRAPH, LINKED, LIST_HEADER, LIST_KEPT, LIST_LOCK, PENDING, S_GENERATIONS, S_LIVE, S_VERSION, SLOT_BORN,
  SLOT_DIED, SLOT_KEY, SLOT_TWIN, TWINNED, X_INFO,
} from "../layout";
import { arenaIsWhole } from "../memory/arena";
import { codeAddress } from "../vectors/codes";
import { capacityOf, countOf, hasDistances, idAt, listOf, twinsOf } from "../graph/links";
import { findCell, hashKey, SLOT_BIAS } from "../space/keys";
import { base } from "../memory/scratch";
import { levelOf } from "../memory/settings";
import { ALIVE, slotAddress, stateOf } from "../vectors/slots";

export const BROKEN_ARENA: u32 = 1;
export const BROKEN_COUNTS: u32 = 2; // live, dead, linked or the space's live count disagree with the slots
export const BROKEN_VERSION: u32 = 3; // born after the space's version, or died before it was born
export const BROKEN_KEY: u32 = 4; // a live slot that its key does not lead to
export const BROKEN_FLOOR: u32 = 5; // a waiting slot below the floor, or cursors out of order
export const BROKEN_LIST: u32 = 6; // a list that is too long, names itself, a double, or what is not in the graph
export const BROKEN_LEVEL: u32 = 7; // a neighbour that does not reach the level of the list
export const BROKEN_LOCK: u32 = 8; // a node lock that nobody should hold
export const BROKEN_ENTRY: u32 = 9; // an entry point that is missing or not on the top level
export const BROKEN_TWIN: u32 = 10; // a twin chain that names a slot which is not linked
export const BROKEN_CODE: u32 = 11; // a code scale that is not a finite number ≥ 0

function fail(what: u32, slot: u32, level: u32, index: u32): u32 {
  store<u32>(base + X_INFO, slot);
  store<u32>(base + X_INFO + 4, level);
  store<u32>(base + X_INFO + 8, index);
  return what;
}

export function checkSpace(space: usize): u32 {
  if (!arenaIsWhole()) return fail(BROKEN_ARENA, 0, 0, 0);
  const generations = load<u64>(space + S_GENERATIONS);
  const current: usize = <u32>generations;
  const emptying: usize = <u32>(generations >> 32);
  let live = load<u32>(current + G_LIVE);
  if (emptying != 0) live += load<u32>(emptying + G_LIVE);
  if (live != load<u32>(space + S_LIVE)) return fail(BROKEN_COUNTS, live, 0, load<u32>(space + S_LIVE));
  let broken = checkGeneration(space, current, 0);
  if (broken == 0 && emptying != 0) broken = checkGeneration(space, emptying, current);
  return broken;
}

function checkGeneration(space: usize, generation: usize, newer: usize): u32 {
  const count = load<u32>(generation + G_COUNT);
  const graph = load<u32>(generation + G_STATE) == GRAPH;
  let live: u32 = 0;
  let linked: u32 = 0;
  let top: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const at = slotAddress(generation, slot);
    const born = load<u64>(at + SLOT_BORN);
    const died = load<u64>(at + SLOT_DIED);
    if (born > load<u64>(space + S_VERSION) || died <= born) return fail(BROKEN_VERSION, slot, 0, 0);
    if (died == ALIVE) {
      live++;
      const record: usize = load<u32>(at + SLOT_KEY);
      const hash = hashKey(record + 4, load<u32>(record));
      const cell = findCell(generation + G_KEY_TABLE, hash, record + 4, load<u32>(record));
      if (cell == 0 || load<u32>(cell + 4) != slot + SLOT_BIAS) return fail(BROKEN_KEY, slot, 0, 0);
      if (newer != 0 && findCell(newer + G_KEY_TABLE, hash, record + 4, load<u32>(record)) != 0) {
        return fail(BROKEN_KEY, slot, 1, 0);
      }
    }
    const state = stateOf(at);
    if (newer == 0 && slot < load<u32>(generation + G_FLOOR) && state == PENDING) return fail(BROKEN_FLOOR, slot, 0, 0);
    if ((state & IN_GRAPH) == 0) continue;
    linked++;
    if (!graph) return fail(BROKEN_FLOOR, slot, 1, 0);
  }
  if (live != load<u32>(generation + G_LIVE)) return fail(BROKEN_COUNTS, live, 1, load<u32>(generation + G_LIVE));
  if (count - live != load<u32>(generation + G_DEAD)) return fail(BROKEN_COUNTS, count - live, 2, 0);
  const counted = load<u32>(generation + G_LINKED);
  if (linked != counted) return fail(BROKEN_COUNTS, linked, 3, counted);
  if (load<u32>(generation + G_CLAIMED) > count) return fail(BROKEN_FLOOR, count, 2, load<u32>(generation + G_CLAIMED));
  if (!graph || load<u32>(generation + G_ENTRY) == 0) return linked == 0 ? 0 : fail(BROKEN_ENTRY, 0, 0, 0);
  const entry = load<u32>(generation + G_ENTRY) - 1;
  top = levelOf(entry);
  if (entry >= count || stateOf(slotAddress(generation, entry)) != LINKED) return fail(BROKEN_ENTRY, entry, top, 0);
  return checkGraph(generation, count);
}

/** Every list of every linked slot; twins have none. */
function checkGraph(generation: usize, count: u32): u32 {
  for (let slot: u32 = 0; slot < count; slot++) {
    if (stateOf(slotAddress(generation, slot)) != LINKED) continue;
    const scale = load<f32>(codeAddress(load<u32>(generation + G_GRAPH), slot) + CODE_SCALE);
    if (!(scale >= 0) || !isFinite(scale)) return fail(BROKEN_CODE, slot, 0, 0);
    for (let mark = load<u32>(twinsOf(generation, slot)); mark != 0; ) {
      const hangs = mark <= count && stateOf(slotAddress(generation, mark - 1)) == TWINNED;
      if (!hangs) return fail(BROKEN_TWIN, slot, 0, mark);
      mark = load<u32>(slotAddress(generation, mark - 1) + SLOT_TWIN);
    }
    if (load<u32>(listOf(generation, slot, 0) + LIST_LOCK) != 0) return fail(BROKEN_LOCK, slot, 0, 0);
    for (let level: u32 = 0; level <= levelOf(slot); level++) {
      const broken = checkList(generation, slot, level, count);
      if (broken != 0) return broken;
    }
  }
  return 0;
}

function checkList(generation: usize, slot: u32, level: u32, count: u32): u32 {
  const list = listOf(generation, slot, level);
  const n = countOf(list);
  let kept = load<u32>(list + LIST_KEPT);
  if (level == 0 && (kept & BARE) != 0) kept &= ~BARE;
  else if (level == 0 && !hasDistances(generation, slot)) return fail(BROKEN_LIST, slot, level, n);
  if (n > capacityOf(level) || kept > n) return fail(BROKEN_LIST, slot, level, n);
  for (let i: u32 = 0; i < capacityOf(level); i++) {
    const id = load<u32>(list + LIST_HEADER + (i << 2));
    if (id >= count) return fail(BROKEN_LIST, slot, level, i);
    if (i >= n) continue;
    if (id == slot) return fail(BROKEN_LIST, slot, level, i);
    if (levelOf(id) < level) return fail(BROKEN_LEVEL, slot, level, i);
    for (let j: u32 = 0; j < i; j++) if (idAt(list, j) == id) return fail(BROKEN_LIST, slot, level, i);
  }
  return 0;
}
