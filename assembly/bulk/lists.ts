/*
 * How do the rows of a portion get into the graph? Phase by phase for all of them, so that a row's lists are complete before
 * a slot that is linked already, and so a search, leads to it.
 *
 *   choose    the neighbours of each row, from what it was compared with (prune.ts)
 *   between   links back among the rows, which no search can reach yet: a full list gives up its farthest. Under node locks only
 *             if several threads do it
 *   upper     the levels above 0, by ordinary insertion
 *   back      links back from the slots of the graph, under their node locks
 *   publish   LINKED
 */
import {
  B_CURSOR, B_LOCKS, FAULT_BULK_BACK, FAULT_BULK_BETWEEN, FAULT_BULK_CHOSEN, FAULT_BULK_NEAR, FAULT_BULK_PUBLISHED,
  FAULT_BULK_UPPER, G_LINKED, LINKED, PENDING, SLOT_STATE, U_CURSOR, U_FROM, U_LEAVES, U_TO,
} from "../layout";
import { linkUpperLevels } from "../graph/insert";
import { connect, lockList, unlockList } from "../graph/links";
import {
  countOf, distanceAt, diverseOf, idAt, idsOf, listOf, setCount, setEntry, touchEnd, touchList, writeOwnList,
} from "../graph/lists";
import { diverseCount, selectNeighbours } from "../graph/prune";
import { ask, isAsked } from "../graph/sight";
import { goesByCodes, watch } from "../graph/suspects";
import { faultPoint } from "../memory/faults";
import { chosenDistances, chosenIds } from "../memory/scratch";
import { capacityBase, chosenBase, efConstruction, levelOf } from "../memory/settings";
import { contains, copyBytes, copyWords } from "../memory/words";
import { codeAddress } from "../vectors/codes";
import { slotAddress } from "../vectors/slots";
import { takeCandidates } from "./buffers";
import { addRow, beginGroup, compareSome, COMPARED, sortRows } from "./dense";
import {
  block, directory, from, generation, groupProbes, isRow, listDistances, order, ownCounts, PROBES, probes, rowOf, rows, rowSlots,
  unit,
} from "./portion";

export const MOST_CANDIDATES: u32 = 64; // of a row; with wider searches slots are linked one by one

let sink: u32 = 0; // uses what the touches load

function slotAt(place: u32): u32 {
  return load<u32>(rowSlots + <u32>load<u16>(order + place * 2) * 4);
}

/** Goes on with comparing the rows of the unit in hand with their leaves. False once that is done. */
export function compareGroup(): bool {
  const next = load<u32>(unit + U_CURSOR);
  const first = load<u32>(unit + U_FROM);
  const count = load<u32>(unit + U_TO) - first;
  beginGroup(efConstruction); // as many candidates as an ordinary insert has
  if (next == 0) {
    for (let r: u32 = 0; r < count; r++) {
      const row: u32 = load<u16>(order + (first + r) * 2);
      const slot = load<u32>(rowSlots + row * 4);
      addRow(codeAddress(directory, slot), slot);
      copyBytes(groupProbes + r * PROBES * 2, probes + row * PROBES * 2, PROBES * 2);
    }
    store<u32>(unit + U_LEAVES, sortRows(PROBES));
  }
  const end = compareSome(next, load<u32>(unit + U_LEAVES), COMPARED);
  faultPoint(FAULT_BULK_NEAR);
  store<u32>(unit + U_CURSOR, end);
  return end < load<u32>(unit + U_LEAVES);
}

/** Chooses the neighbours of up to `most` rows of the unit in hand. False once that is done, or codes went blind. */
export function chooseSome(most: u32): bool {
  const first = load<u32>(unit + U_FROM);
  const count = load<u32>(unit + U_TO) - first;
  let r = load<u32>(unit + U_CURSOR);
  const end = min<u32>(count, r + most);
  for (; r < end; r++) {
    const slot = slotAt(first + r);
    takeCandidates(r, efConstruction);
    ask(generation, slot, slotAddress(generation, slot));
    const ids = chosenIds(0);
    const dists = chosenDistances(0);
    const own = selectNeighbours(generation, chosenBase, ids, dists);
    writeOwnList(generation, slot, 0, ids, dists, own, diverseCount);
    copyWords(distancesOfRow(slot), dists, own);
    store<u8>(ownCounts + first + r, <u8>own);
    if (!isAsked(generation, slot)) continue;
    watch(generation, slot);
    if (!goesByCodes(generation)) return false;
  }
  faultPoint(FAULT_BULK_CHOSEN);
  store<u32>(unit + U_CURSOR, end);
  return end < count;
}

/** Links back among rows. */
export function linkBetween(first: u32, end: u32): void {
  const locks = load<u32>(block + B_LOCKS) != 0;
  const ids = chosenIds(0);
  const distances = chosenDistances(0);
  for (let place = first; place < end; place++) {
    const slot = slotAt(place);
    // Copied first: others may write to its list.
    const lock = locks ? lockList(generation, slot) : 0;
    const count = copyChosen(place, true);
    if (locks) unlockList(lock);
    for (let i: u32 = 0; i < count; i++) {
      const other = load<u32>(ids + i * 4);
      sink += touchEnd(generation, other, 0) + touchList(generation, other, 0);
    }
    for (let i: u32 = 0; i < count; i++) {
      const other = load<u32>(ids + i * 4);
      const theirs = locks ? lockList(generation, other) : 0;
      addBetween(other, slot, load<f32>(distances + i * 4));
      if (locks) unlockList(theirs);
      if (i == 1) faultPoint(FAULT_BULK_BETWEEN);
    }
  }
}

/** Makes what a row has chosen itself, of rows or of slots of the graph, `chosenIds(0)` and their distances. Returns how many. */
function copyChosen(place: u32, ofRows: bool): u32 {
  const slot = slotAt(place);
  const list = listOf(generation, slot, 0);
  const dists = distancesOfRow(slot);
  const own: u32 = load<u8>(ownCounts + place);
  const ids = chosenIds(0);
  const distances = chosenDistances(0);
  let count: u32 = 0;
  for (let i: u32 = 0; i < own; i++) {
    const other = idAt(list, i);
    if (isRow(other) != ofRows) continue;
    store<u32>(ids + count * 4, other);
    store<f32>(distances + count * 4, distanceAt(dists, i));
    count++;
  }
  return count;
}

/** Where the distances of a row's level-0 list lie while the portion is linked. */
function distancesOfRow(slot: u32): usize {
  return listDistances + (<usize>load<u16>(rowOf + (slot - from) * 2) - 1) * (capacityBase * 4);
}

/** Adds a row to the list of another. */
function addBetween(to: u32, slot: u32, distance: f32): void {
  const list = listOf(generation, to, 0);
  const count = countOf(list);
  if (contains(idsOf(list), count, slot)) return;
  const dists = distancesOfRow(to);
  if (count == capacityBase) {
    crowd(list, dists, slot, distance);
    return;
  }
  setEntry(list, dists, count, slot, distance);
  setCount(list, count + 1);
}

/** A full list takes a slot and gives up its farthest; nearer ones and those that hide none of each other stay. */
function crowd(list: usize, dists: usize, slot: u32, distance: f32): void {
  let farthest = distance;
  let place: u32 = ~0;
  for (let i = diverseOf(list); i < capacityBase; i++) {
    if (distanceAt(dists, i) <= farthest) continue;
    farthest = distanceAt(dists, i);
    place = i;
  }
  if (place != ~0) setEntry(list, dists, place, slot, distance);
}

/** Whether a row has any neighbour: one without is linked alone, later. */
function isPlaced(slot: u32): bool {
  return countOf(listOf(generation, slot, 0)) != 0;
}

/** Links the upper levels of those rows, as they come in `order`, that have any. Returns how many that were. */
export function linkUpper(first: u32, end: u32): u32 {
  let done: u32 = 0;
  for (let place = first; place < end; place++) {
    const slot = slotAt(place);
    if (levelOf(slot) == 0 || !isPlaced(slot)) continue;
    linkUpperLevels(generation, slot);
    faultPoint(FAULT_BULK_UPPER);
    done++;
  }
  return done;
}

/** Links back to rows from the slots of the graph. */
export function linkBack(first: u32, end: u32): void {
  const ids = chosenIds(0);
  const distances = chosenDistances(0);
  for (let place = first; place < end; place++) {
    const slot = slotAt(place);
    const count = copyChosen(place, false);
    for (let i: u32 = 0; i < count; i++) sink += touchEnd(generation, load<u32>(ids + i * 4), 0);
    for (let i: u32 = 0; i < count; i++) {
      connect(generation, load<u32>(ids + i * 4), 0, slot, load<f32>(distances + i * 4));
      if (i == 1) faultPoint(FAULT_BULK_BACK);
    }
  }
}

/** Publishes up to `most` rows. False once all are. */
export function publish(most: u32): bool {
  let place = load<u32>(block + B_CURSOR);
  const end = min<u32>(rows, place + most);
  for (; place < end; place++) {
    const slot = slotAt(place);
    const at = slotAddress(generation, slot);
    if (load<u32>(at + SLOT_STATE) != PENDING || !isPlaced(slot)) continue;
    atomic.add<u32>(generation + G_LINKED, 1);
    atomic.store<u32>(at + SLOT_STATE, LINKED);
    if (place % 64 == 1) faultPoint(FAULT_BULK_PUBLISHED);
  }
  store<u32>(block + B_CURSOR, end);
  return end < rows;
}
