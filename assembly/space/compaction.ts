/*
 * How does a space get rid of its dead slots, or of codes that went blind? It is filled anew, bit by bit.
 *
 * A new, empty generation becomes current; the old one is emptied by ordinary upserts of its live slots. Searches look
 * at both, versions keep them apart. When nothing live is left in the old one it is unlinked, and its memory goes
 * back to the arena once every reader has passed (epochs.ts). A step moves a few slots under the partition lock.
 */
import {
  COMPACT_BLIND, COMPACT_NO, FAULT_MOVE, G_BLIND, G_BYTES, G_COUNT, G_FORCE_F32, G_MOVED, P_LOCK, P_RETIRED, S_BYTES,
  S_CENSUS, S_COMPACTIONS, S_GENERATIONS, S_LIVE, S_WANTS_COMPACTION, SEAT_HELD_PARTITION, SLOT_DIED,
} from "../layout";
import { moveSlot, wishCompaction } from "./accept";
import { availableBytes, useReserve } from "../memory/arena";
import { collect, retire } from "./retirement";
import { faultPoint } from "../memory/faults";
import { abandonGeneration, bytesFor, newGeneration, pendingOf } from "./generations";
import { enqueue, lockQueueOf, stopClaims } from "./queues";
import { maxPending } from "../memory/settings";
import { ALIVE, slotAddress } from "../vectors/slots";
import { isAlive } from "./spaces";
import { release, tryAcquire } from "../memory/locks";

const KEY_BYTES: u32 = 24; // of a key, for the estimate of what a compaction takes
const STEP_SLOTS: u32 = 64; // about 100 µs under the lock

export const STEP_DONE: i32 = 0; // nothing left to do
export const STEP_MORE: i32 = 1;
export const STEP_LATER: i32 = 2; // no room among the pending ops, no memory or no lock: try again after some linking

/** One step for a space that wants compaction. */
export function compactSome(space: usize, incarnation: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return STEP_LATER;
  let answer = STEP_DONE;
  useReserve(true);
  if (isAlive(space, incarnation)) answer = step(space);
  useReserve(false);
  if (load<u32>(P_RETIRED) != 0) collect();
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

function step(space: usize): i32 {
  let generations = load<u64>(space + S_GENERATIONS);
  if (generations >> 32 == 0) {
    const wants = load<u32>(space + S_WANTS_COMPACTION);
    if (wants == COMPACT_NO) return STEP_DONE;
    const old: usize = <u32>generations;
    const blind = wants == COMPACT_BLIND || (load<u32>(old + G_BLIND) | load<u32>(old + G_FORCE_F32)) != 0;
    const fresh = newGeneration(space, blind);
    if (fresh == 0) return STEP_LATER;
    const live = load<u32>(space + S_LIVE);
    // It would stop half-way: wait for more deletes, or for room.
    const fits = bytesFor(fresh, live, live * KEY_BYTES) <= availableBytes();
    if (!fits || !lockQueueOf(space)) {
      abandonGeneration(space, fresh);
      return STEP_LATER;
    }
    stopClaims(space);
    generations = (generations << 32) | <u64>fresh;
    atomic.store<u64>(space + S_GENERATIONS, generations);
    store<u32>(space + S_CENSUS, 0);
  }
  const from: usize = <u32>(generations >> 32);
  const count = load<u32>(from + G_COUNT);
  let slot = load<u32>(from + G_MOVED);
  for (let moved: u32 = 0; slot < count && moved < STEP_SLOTS; slot++) {
    if (load<u64>(slotAddress(from, slot) + SLOT_DIED) == ALIVE) {
      // User's adds come first: a compaction fills half of the pending room at most.
      if (pendingOf(<u32>generations) >= maxPending >>> 1 || !moveSlot(space, from, slot)) return STEP_LATER;
      moved++;
      faultPoint(FAULT_MOVE);
    }
    store<u32>(from + G_MOVED, slot + 1);
  }
  if (slot < count) return STEP_MORE;
  atomic.store<u64>(space + S_GENERATIONS, generations & 0xffffffff);
  // Its bytes are the space's no longer: when they are freed, the header may be another space's.
  store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) - load<u32>(from + G_BYTES));
  store<u32>(from + G_BYTES, 0);
  retire(from);
  store<u32>(space + S_COMPACTIONS, load<u32>(space + S_COMPACTIONS) + 1);
  const blind = load<u32>(<usize>(<u32>generations) + G_BLIND) != 0; // while it was being filled
  atomic.store<u32>(space + S_WANTS_COMPACTION, blind ? COMPACT_BLIND : COMPACT_NO);
  if (blind) enqueue(space);
  else wishCompaction(space);
  return STEP_DONE;
}

/** Frees what readers have left; true when something still waits, for a reader or for the lock. */
export function tidy(): bool {
  if (load<u32>(P_RETIRED) == 0) return false;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return true;
  collect();
  const waits = load<u32>(P_RETIRED) != 0;
  release(P_LOCK, SEAT_HELD_PARTITION);
  return waits;
}
