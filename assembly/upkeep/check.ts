/*
 * Does a space keep its promises? The invariant walker: it changes nothing, under the partition lock, while no thread
 * links.
 *
 * Returns 0, or the number of the first broken promise, with slot, level and position in X_INFO.
 */
import {
  GRAPH, G_CLAIMED, G_COUNT, G_DEAD, G_ENTRY, G_FLOOR, G_GRAPH, G_KEY_TABLE, G_LINKED, G_LIVE, G_STATE, IN_GRAPH,
  KEY_HEADER, LINKED, PENDING, SLOT_BORN, SLOT_DIED, SLOT_KEY, S_GENERATIONS, S_LIVE, S_VERSION, TWINNED,
} from "../layout";
import { hasDistances } from "../graph/chunks";
import { capacityOf, countOf, diverseOf, idAt, isBare, listOf, lockOf, twinsOf } from "../graph/lists";
import { allocate, arenaIsWhole, free, useReserve } from "../memory/arena";
import { info } from "../memory/scratch";
import { levelOf } from "../memory/settings";
import { clearBytes, hasBit, setBit } from "../memory/words";
import { currentOf, emptyingOf } from "../space/generations";
import { hashKey } from "../space/hashes";
import { findCell, slotIn } from "../space/keys";
import { codeAddress, hasScale } from "../vectors/codes";
import { sameVector } from "../vectors/metric";
import { ALIVE, nextTwin, slotAddress, stateOf } from "../vectors/slots";

const BROKEN_ARENA: u32 = 1;
const BROKEN_COUNTS: u32 = 2; // live, dead, linked or the space's live count disagree with the slots
const BROKEN_VERSION: u32 = 3; // born after the space's version, or died before it was born
const BROKEN_KEY: u32 = 4; // a live slot that its key does not lead to
const BROKEN_FLOOR: u32 = 5; // a waiting slot below the floor, or cursors out of order
const BROKEN_LIST: u32 = 6; // a list that is too long, or names itself, a slot twice, or one that is not in the graph
const BROKEN_LEVEL: u32 = 7; // a neighbour that does not reach the level of the list
const BROKEN_LOCK: u32 = 8; // a node lock that is held
const BROKEN_ENTRY: u32 = 9; // an entry point that is missing or not linked
const BROKEN_TWIN: u32 = 10; // a twin on no chain or on two, or a chain that names another slot
const BROKEN_CODE: u32 = 11; // a code scale that is not a finite number ≥ 0

function fail(what: u32, slot: u32, level: u32, index: u32): u32 {
  info(0, slot);
  info(1, level);
  info(2, index);
  return what;
}

/** What all spaces share. */
export function checkPartition(): u32 {
  return arenaIsWhole() ? 0 : fail(BROKEN_ARENA, 0, 0, 0);
}

export function checkSpace(space: usize): u32 {
  const generations = load<u64>(space + S_GENERATIONS);
  const current = currentOf(generations);
  const emptying = emptyingOf(generations);
  let live = load<u32>(current + G_LIVE);
  if (emptying != 0) live += load<u32>(emptying + G_LIVE);
  if (live != load<u32>(space + S_LIVE)) return fail(BROKEN_COUNTS, live, 0, load<u32>(space + S_LIVE));
  let broken = checkGeneration(space, current, 0);
  if (broken == 0 && emptying != 0) broken = checkGeneration(space, emptying, current);
  return broken;
}

/** Every slot, then the counts, then the graph. `newer`: the generation that this one is emptied into, or 0. */
function checkGeneration(space: usize, generation: usize, newer: usize): u32 {
  const count = load<u32>(generation + G_COUNT);
  const graph = load<u32>(generation + G_STATE) == GRAPH;
  let live: u32 = 0, linked: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const at = slotAddress(generation, slot);
    const died = load<u64>(at + SLOT_DIED);
    const born = load<u64>(at + SLOT_BORN);
    if (born > load<u64>(space + S_VERSION) || died <= born) return fail(BROKEN_VERSION, slot, 0, 0);
    if (died == ALIVE) {
      live++;
      const broken = checkKey(generation, newer, slot, load<u32>(at + SLOT_KEY));
      if (broken != 0) return broken;
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
  const isLinked = entry < count && stateOf(slotAddress(generation, entry)) == LINKED;
  return isLinked ? checkGraph(generation, count) : fail(BROKEN_ENTRY, entry, levelOf(entry), 0);
}

/** A live slot's key leads to it, and to nothing in the newer generation. */
function checkKey(generation: usize, newer: usize, slot: u32, record: usize): u32 {
  const header = load<u32>(record);
  const hash = hashKey(record + KEY_HEADER, header);
  const cell = findCell(generation + G_KEY_TABLE, hash, record + KEY_HEADER, header);
  if (cell == 0 || slotIn(cell) != slot) return fail(BROKEN_KEY, slot, 0, 0);
  if (newer == 0 || findCell(newer + G_KEY_TABLE, hash, record + KEY_HEADER, header) == 0) return 0;
  return fail(BROKEN_KEY, slot, 1, 0);
}

/** Every list and chain of every linked slot; twins have none, and each is on one chain. */
function checkGraph(generation: usize, count: u32): u32 {
  const bytes = (count + 7) >>> 3;
  useReserve(true);
  const met = allocate(bytes, 0);
  useReserve(false);
  if (met == 0) return 0; // nothing is known then
  clearBytes(met, bytes);
  const broken = checkLists(generation, count, met);
  free(met);
  return broken;
}

/** `met`: a bit for each slot that is on a chain. */
function checkLists(generation: usize, count: u32, met: usize): u32 {
  for (let slot: u32 = 0; slot < count; slot++) {
    if (stateOf(slotAddress(generation, slot)) != LINKED) continue;
    if (!hasScale(codeAddress(load<u32>(generation + G_GRAPH), slot))) return fail(BROKEN_CODE, slot, 0, 0);
    if (!checkChain(generation, slot, count, met)) return BROKEN_TWIN;
    if (load<u32>(lockOf(generation, slot)) != 0) return fail(BROKEN_LOCK, slot, 0, 0);
    for (let level: u32 = 0; level <= levelOf(slot); level++) {
      const broken = checkList(generation, slot, level, count);
      if (broken != 0) return broken;
    }
  }
  for (let slot: u32 = 0; slot < count; slot++) {
    const lost = stateOf(slotAddress(generation, slot)) == TWINNED && !hasBit(met, slot);
    if (lost) return fail(BROKEN_TWIN, slot, 0, 0);
  }
  return 0;
}

function checkChain(generation: usize, slot: u32, count: u32, met: usize): bool {
  for (let twin = load<u32>(twinsOf(generation, slot)); twin != 0; twin = nextTwin(generation, twin)) {
    fail(BROKEN_TWIN, slot, 0, twin);
    if (twin > count || hasBit(met, twin - 1)) return false;
    const at = slotAddress(generation, twin - 1);
    if (stateOf(at) != TWINNED || !sameVector(slotAddress(generation, slot), at)) return false;
    setBit(met, twin - 1);
  }
  return true;
}

function checkList(generation: usize, slot: u32, level: u32, count: u32): u32 {
  const list = listOf(generation, slot, level);
  const n = countOf(list);
  if (isBare(list) ? level != 0 : level == 0 && !hasDistances(generation, slot)) {
    return fail(BROKEN_LIST, slot, level, n);
  }
  if (n > capacityOf(level) || diverseOf(list) > n) return fail(BROKEN_LIST, slot, level, n);
  for (let i: u32 = 0; i < capacityOf(level); i++) {
    const id = idAt(list, i);
    if (id >= count) return fail(BROKEN_LIST, slot, level, i);
    if (i >= n) continue;
    if (id == slot) return fail(BROKEN_LIST, slot, level, i);
    if (levelOf(id) < level) return fail(BROKEN_LEVEL, slot, level, i);
    for (let j: u32 = 0; j < i; j++) if (idAt(list, j) == id) return fail(BROKEN_LIST, slot, level, i);
  }
  return 0;
}
