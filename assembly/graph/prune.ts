/*
 * Which neighbours stay in a list? Algorithm 4 of the paper (Malkov & Yashunin, 2018): those that no chosen one hides,
 * for a slot that is being linked (`selectNeighbours`) and for a full list that takes one more (`pruneInto`).
 *
 * A candidate is hidden by a chosen neighbour that is nearer to it than the list's owner is.
 */
import { FAULT_LINK_PRUNE } from "../layout";
import { faultPoint } from "../memory/faults";
import { fresh, freshDistances, prunePairs } from "../memory/scratch";
import { prunedBase, prunedUpper } from "../memory/settings";
import { distances, queryFromSlot, touch, touchAll } from "../vectors/beam";
import { candidateCount, candidateDistance, candidateSlot } from "./candidates";
import { countOf, distanceAt, diverseOf, idAt, setCount, setDiverse, setEntry } from "./lists";
import { insertPair, pairDistance, pairSlot, setPair } from "./pairs";

/** Beside the slot of a pair: it was among the list's diverse entries, which hide none of each other. */
const WAS_DIVERSE: u32 = 0x80000000;

let sink: u32 = 0; // uses what the touches load

/** Prunes the full list of `owner`, which takes one more slot. Its node lock is held, and another query is set afterwards. */
export function pruneInto(
  generation: usize, owner: u32, level: u32, list: usize, dists: usize, slot: u32, distance: f32,
): void {
  const count = countOf(list);
  const diverse = diverseOf(list);
  const known = dists != 0 ? dists : distancesFrom(generation, owner, list, count);
  for (let i: u32 = 0; i < count; i++) {
    const id = idAt(list, i);
    insertPair(prunePairs, i, distanceAt(known, i), i < diverse ? id | WAS_DIVERSE : id);
  }
  insertPair(prunePairs, count, distance, slot);
  const limit = level == 0 ? prunedBase : prunedUpper;
  let chosen: u32 = 0;
  for (let i: u32 = 0; i <= count && chosen < limit; i++) {
    const id = pairSlot(prunePairs, i);
    if (!isDiverse(generation, id, pairDistance(prunePairs, i), chosen)) continue;
    // The chosen ones move to the front: their places are behind us.
    setPair(prunePairs, chosen++, pairDistance(prunePairs, i), id);
  }
  for (let i: u32 = 0; i < chosen; i++) {
    setEntry(list, dists, i, pairSlot(prunePairs, i) & ~WAS_DIVERSE, pairDistance(prunePairs, i));
    if (i == 1) faultPoint(FAULT_LINK_PRUNE);
  }
  setDiverse(list, chosen);
  setCount(list, chosen);
}

/** Distances of a list's ids from its owner, which stay until others are computed. */
function distancesFrom(generation: usize, owner: u32, list: usize, count: u32): usize {
  queryFromSlot(generation, owner);
  for (let i: u32 = 0; i < count; i++) store<u32>(fresh + (i << 2), idAt(list, i));
  sink += touchAll(count);
  distances(count);
  return freshDistances;
}

/** Whether none of the chosen pairs hides the candidate. */
function isDiverse(generation: usize, id: u32, distance: f32, chosen: u32): bool {
  const was = (id & WAS_DIVERSE) != 0;
  let group: u32 = 0;
  let prepared = false;
  for (let i: u32 = 0; i < chosen; i++) {
    const other = pairSlot(prunePairs, i);
    if (was && other & WAS_DIVERSE) continue; // settled when both were chosen before
    if (!prepared) {
      queryFromSlot(generation, id & ~WAS_DIVERSE);
      prepared = true;
    }
    touch(other & ~WAS_DIVERSE, group++);
    if (group == 4) {
      if (anyCloser(group, distance)) return false;
      group = 0;
    }
  }
  return group == 0 || !anyCloser(group, distance);
}

function anyCloser(count: u32, distance: f32): bool {
  distances(count);
  for (let i: u32 = 0; i < count; i++) if (load<f32>(freshDistances + (i << 2)) < distance) return true;
  return false;
}

export let diverseCount: u32 = 0; // of the last selectNeighbours

/**
 * Chooses up to `most` of a search's candidates, with the paper's keepPrunedConnections: those that none chosen before
 * hides, then the nearest of the rest. Writes ids and distances, returns how many.
 */
export function selectNeighbours(generation: usize, most: u32, ids: usize, dists: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < candidateCount && count < most; i++) {
    const id = candidateSlot(i);
    const distance = candidateDistance(i);
    if (isHidden(generation, id, distance, ids, count)) continue;
    store<u32>(ids + (count << 2), id);
    store<f32>(dists + (count << 2), distance);
    count++;
  }
  diverseCount = count;
  for (let i: u32 = 0; i < candidateCount && count < most; i++) {
    const id = candidateSlot(i);
    if (isAmong(id, ids, diverseCount)) continue;
    store<u32>(ids + (count << 2), id);
    store<f32>(dists + (count << 2), candidateDistance(i));
    count++;
  }
  return count;
}

function isAmong(id: u32, ids: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(ids + (i << 2)) == id) return true;
  return false;
}

/** Whether one of the `count` chosen ids hides the candidate. */
function isHidden(generation: usize, id: u32, distance: f32, ids: usize, count: u32): bool {
  if (count == 0) return false;
  queryFromSlot(generation, id);
  for (let i: u32 = 0; i < count; i += 4) {
    const group = min<u32>(4, count - i);
    for (let j: u32 = 0; j < group; j++) touch(load<u32>(ids + ((i + j) << 2)), j);
    if (anyCloser(group, distance)) return true;
  }
  return false;
}
