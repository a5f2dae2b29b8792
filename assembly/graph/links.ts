/*
 * How does a link get into a list that other threads read and write? Under its owner's node lock, one list at a time.
 * lists.ts has the layout of a list, prune.ts decides what a full one gives up.
 */
import {
  FAULT_LINK_NODE_LOCKED, G_RETRIED, RL_COUNT, RL_DIVERSE, RL_HEADER, SEAT_HELD_GENERATION, SEAT_HELD_LEVEL,
  SEAT_HELD_NODE, SEAT_HELD_SLOT,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { acquire, release, seat, tryAcquire } from "../memory/locks";
import { prunePairs } from "../memory/scratch";
import { capacityBase, capacityUpper, levelOf } from "../memory/settings";
import { contains, copyBytes, hasBit } from "../memory/words";
import { distanceTo, queryFromSlot } from "../vectors/beam";
import {
  capacityOf, countOf, distanceAt, distancesOf, diverseOf, idAt, idsOf, listOf, lockOf, mayHaveDoubles, setCount, setDiverse,
  setEntry, setId, writeOwnList,
} from "./lists";
import { pruneInto } from "./prune";

/** The lock of a slot's lists. Notes for a repair which of them is about to be written. */
function nodeLock(generation: usize, slot: u32, level: u32): usize {
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  store<u32>(seat + SEAT_HELD_SLOT, slot);
  store<u32>(seat + SEAT_HELD_LEVEL, level);
  return lockOf(generation, slot);
}

/** Takes the lock of a slot to write its list on level 0. Returns it, for `unlockList`. */
export function lockList(generation: usize, slot: u32): usize {
  const lock = nodeLock(generation, slot, 0);
  acquire(lock, SEAT_HELD_NODE);
  return lock;
}

export function unlockList(lock: usize): void {
  release(lock, SEAT_HELD_NODE);
}

/**
 * Adds `slot` at `distance` to the list of `to`; a full list is pruned. Two slots that are linked for the first time
 * never choose each other, so a list is searched for doubles only once a slot was retried.
 */
export function connect(generation: usize, to: u32, level: u32, slot: u32, distance: f32): void {
  const lock = nodeLock(generation, to, level);
  acquire(lock, SEAT_HELD_NODE);
  faultPoint(FAULT_LINK_NODE_LOCKED);
  const list = listOf(generation, to, level);
  const dists = distancesOf(list, level);
  dropDoubles(list);
  // A plain load: a thread that sets it does so before it takes the lock of a list to write it again.
  if (load<u32>(generation + G_RETRIED) == 0 || !holds(generation, to, level, slot)) {
    if (countOf(list) < capacityOf(level)) append(list, dists, slot, distance);
    else pruneInto(generation, to, level, list, dists, slot, distance);
  }
  release(lock, SEAT_HELD_NODE);
}

/** Adds `slot` to a level-0 list that has room for it and is not busy, without a prune; true when it is in the list. */
export function connectIfRoom(generation: usize, to: u32, slot: u32): bool {
  if (to == slot) return false;
  const lock = nodeLock(generation, to, 0);
  if (!tryAcquire(lock, SEAT_HELD_NODE)) return false;
  const list = listOf(generation, to, 0);
  const known = holds(generation, to, 0, slot);
  const fits = countOf(list) < capacityBase;
  if (!known && fits) {
    dropDoubles(list);
    append(list, 0, slot, 0);
  }
  release(lock, SEAT_HELD_NODE);
  return known || fits;
}

function append(list: usize, dists: usize, slot: u32, distance: f32): void {
  const count = countOf(list);
  setEntry(list, dists, count, slot, distance);
  setCount(list, count + 1);
}

/** Drops what somebody else wrote twice into a list that was loaded. Its lock is held. */
function dropDoubles(list: usize): void {
  if (!mayHaveDoubles(list)) return;
  const count = countOf(list);
  let n: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const id = idAt(list, i);
    if (!contains(idsOf(list), n, id)) setId(list, n++, id);
  }
  setDiverse(list, n == count ? diverseOf(list) : 0);
  setCount(list, n);
}

/** From now on lists are searched for doubles before they take a slot. To be called before a slot is linked again. */
export function expectDoubles(generation: usize): void {
  atomic.xchg<u32>(generation + G_RETRIED, 1);
}

/** Whether a list names a slot. */
export function holds(generation: usize, owner: u32, level: u32, slot: u32): bool {
  const list = listOf(generation, owner, level);
  const count = countOf(list);
  for (let i: u32 = 0; i < count; i++) if (idAt(list, i) == slot) return true;
  return false;
}

/**
 * `writeOwnList` for a slot whose first try may have made it known to others: under its lock, since they may add to it.
 * What they have added so far is lost; a census finds a slot that depended on it.
 */
export function writeListAgain(
  generation: usize, slot: u32, level: u32, ids: usize, dists: usize, count: u32, diverse: u32,
): void {
  const lock = nodeLock(generation, slot, level);
  acquire(lock, SEAT_HELD_NODE);
  writeOwnList(generation, slot, level, ids, dists, count, diverse);
  release(lock, SEAT_HELD_NODE);
}

/**
 * After a trap under a node lock: the list may hold an id twice, or an id with the distance of another. Drops doubles and the
 * slot itself, and computes every distance again; a loaded list drops its doubles when it is written. The caller releases the
 * node lock.
 */
export function repairList(generation: usize, slot: u32, level: u32): void {
  const list = listOf(generation, slot, level);
  if (level == 0 && mayHaveDoubles(list)) return;
  const dists = distancesOf(list, level);
  const count = countOf(list);
  if (dists != 0) queryFromSlot(generation, slot);
  let n: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const id = idAt(list, i);
    if (id != slot && !contains(idsOf(list), n, id)) setEntry(list, dists, n++, id, dists == 0 ? 0 : distanceTo(id));
  }
  setDiverse(list, 0);
  setCount(list, n);
}

/** Computes the distances of a slot's list on a level above 0 again, under its node lock. Another query is set afterwards. */
export function renewDistances(generation: usize, slot: u32, level: u32): void {
  const lock = nodeLock(generation, slot, level);
  acquire(lock, SEAT_HELD_NODE);
  repairList(generation, slot, level);
  release(lock, SEAT_HELD_NODE);
}

// ── for snapshots ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Most bytes that `copyLists` writes for a slot. */
export function listsBytes(slot: u32): u32 {
  return RL_HEADER + capacityBase * 4 + levelOf(slot) * (RL_HEADER + capacityUpper * 8);
}

export let idsLeftOut: u32 = 0; // of the last copyLists

/**
 * Copies a linked slot's lists as RL_*, level by level, and returns where they end; 0 when they are busy. Only ids
 * below `limit` whose bit is set at `marks` are copied. Under the node lock, so never in the middle of a prune.
 */
export function copyLists(generation: usize, slot: u32, to: usize, marks: usize, limit: u32): usize {
  const lock = nodeLock(generation, slot, 0);
  if (!tryAcquire(lock, SEAT_HELD_NODE)) return 0;
  const levels = levelOf(slot);
  idsLeftOut = 0;
  for (let level: u32 = 0; level <= levels; level++) {
    const list = listOf(generation, slot, level);
    const dists = distancesOf(list, level);
    const copied: usize = prunePairs; // distances, as long as it is not known where the ids end
    const count = countOf(list);
    const diverse = diverseOf(list);
    const ids = to + RL_HEADER;
    let n: u32 = 0, stillDiverse: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const id = idAt(list, i);
      if (id >= limit || !hasBit(marks, id)) continue;
      store<u32>(ids + (n << 2), id);
      if (level != 0) store<f32>(copied + (n << 2), distanceAt(dists, i));
      n++;
      if (i < diverse) stillDiverse++;
    }
    idsLeftOut += count - n;
    store<u32>(to + RL_COUNT, n);
    store<u32>(to + RL_DIVERSE, stillDiverse);
    to = ids + (n << 2);
    if (level == 0) continue;
    copyBytes(to, copied, n << 2);
    to += n << 2;
  }
  release(lock, SEAT_HELD_NODE);
  return to;
}
