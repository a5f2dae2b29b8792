/*
 * How does a space get rid of its dead slots? It is filled again, bit by bit.
 *
 * A new, empty generation becomes current; the old one is emptied by ordinary upserts of its live slots. Searches look
 * at both, versions keep them apart. When nothing live is left in the old one it is retired (retirement.ts). A step
 * moves a few slots under the partition lock.
 */
import {
  BEAM_TURNED, COMPACT_NO, FAULT_MOVE, G_BEAM, G_BYTES, G_COUNT, G_FORCE_F32, G_MOVED, P_RETIRED, SLOT_DIED, S_BYTES,
  S_CENSUS, S_COMPACTIONS, S_GENERATIONS, S_LIVE, S_WANTS_COMPACTION,
} from "../layout";
import { availableBytes, useReserve } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { lockPartition, unlockPartition } from "../memory/locks";
import { flatBelow, maxPending } from "../memory/settings";
import { ALIVE, slotAddress } from "../vectors/slots";
import { moveSlot, wishCompaction } from "./accept";
import { abandonGeneration, bytesFor, currentOf, emptyingOf, newGeneration, pendingOf } from "./generations";
import { passMarkOn } from "./marks";
import { endRange, offerRange } from "./portions";
import { lockQueueOf, makeReady, stopClaims } from "./queues";
import { collect, retire } from "./retirement";
import { isAlive } from "./spaces";

const KEY_BYTES: u32 = 24; // of a key, for the estimate of what a compaction takes
const STEP_SLOTS: u32 = 64; // about 100 µs under the lock

export const STEP_DONE: i32 = 0; // nothing left to do
export const STEP_MORE: i32 = 1;
export const STEP_LATER: i32 = 2; // no room among the pending ops, no memory or no lock: try again after some linking

/** One step for a space that wants compaction. */
export function compactSome(space: usize, incarnation: u32): i32 {
  if (!lockPartition()) return STEP_LATER;
  let outcome = STEP_DONE;
  useReserve(true);
  if (isAlive(space, incarnation)) outcome = step(space);
  useReserve(false);
  if (load<u32>(P_RETIRED) != 0) collect();
  unlockPartition();
  return outcome;
}

function step(space: usize): i32 {
  if (emptyingOf(load<u64>(space + S_GENERATIONS)) == 0) {
    if (load<u32>(space + S_WANTS_COMPACTION) == COMPACT_NO) return STEP_DONE;
    if (!begin(space)) return STEP_LATER;
  }
  const generations = load<u64>(space + S_GENERATIONS);
  const from = emptyingOf(generations);
  const count = load<u32>(from + G_COUNT);
  let slot = load<u32>(from + G_MOVED);
  for (let moved: u32 = 0; slot < count && moved < STEP_SLOTS; slot++) {
    if (load<u64>(slotAddress(from, slot) + SLOT_DIED) == ALIVE) {
      // Users' adds come first: a compaction fills at most half of the pending room.
      if (pendingOf(currentOf(generations)) >= maxPending >>> 1 || !moveSlot(space, from, slot)) return STEP_LATER;
      moved++;
      faultPoint(FAULT_MOVE);
    }
    store<u32>(from + G_MOVED, slot + 1);
  }
  if (slot < count) return STEP_MORE;
  end(space, from, currentOf(generations));
  return STEP_DONE;
}

/** Makes a new generation current; false when it has no memory or its queue is busy. */
function begin(space: usize): bool {
  const old = load<u64>(space + S_GENERATIONS);
  const from = currentOf(old);
  const blind = load<u32>(from + G_FORCE_F32) != 0 || load<u32>(from + G_BEAM) == BEAM_TURNED;
  const next = newGeneration(space, blind);
  if (next == 0) return false;
  const live = load<u32>(space + S_LIVE);
  // Without room for all it would stop half-way: wait for more deletes.
  const fits = bytesFor(next, live, live * KEY_BYTES) <= availableBytes();
  if (!fits || !lockQueueOf(space)) {
    abandonGeneration(space, next);
    return false;
  }
  stopClaims(space);
  if (live > flatBelow) offerRange(next, 0, live);
  atomic.store<u64>(space + S_GENERATIONS, (old << 32) | <u64>next);
  store<u32>(space + S_CENSUS, 0);
  return true;
}

/** Leaves the new generation alone. */
function end(space: usize, from: usize, current: usize): void {
  passMarkOn(space, from);
  atomic.store<u64>(space + S_GENERATIONS, <u64>current);
  endRange(current); // if fewer were left to move
  makeReady(space);
  // Its bytes are no longer the space's: when they are freed, the header may belong to another space.
  store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) - load<u32>(from + G_BYTES));
  store<u32>(from + G_BYTES, 0);
  retire(from);
  store<u32>(space + S_COMPACTIONS, load<u32>(space + S_COMPACTIONS) + 1);
  atomic.store<u32>(space + S_WANTS_COMPACTION, COMPACT_NO);
  wishCompaction(space);
}
