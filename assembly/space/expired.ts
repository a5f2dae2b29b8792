/*
 * How is what has expired deleted, so that a compaction gives its memory back? As by ops of its keys, some at a time; what a
 * compaction is moving waits until it has moved.
 */
import {
  E_BUSY, E_MORE, E_STALE, G_COUNT, G_EXPIRING, KEY_HEADER, KEY_LENGTH, OK, OK_WAKE, SLOT_DIED, SLOT_KEY, S_GENERATIONS, S_INCARNATION,
  X_KEY,
} from "../layout";
import { announce, park } from "../memory/epochs";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import { copyBytes } from "../memory/words";
import { hasExpired } from "../rows/columns";
import { ALIVE, slotAddress } from "../vectors/slots";
import { removeLocked } from "./accept";
import { currentOf } from "./generations";
import { isAlive, spaceAfter } from "./spaces";

const SLOTS: u32 = 16384; // looked at in a call: about 50 µs
const MOST: u32 = 64; // deleted in a call: about 100 µs

/** The space after `space` (0: the first) with entries that may expire. X_INFO: address, incarnation. False when there is none. */
export function nextExpiring(space: usize): bool {
  announce();
  let at = space;
  while ((at = spaceAfter(at)) != 0) {
    const incarnation = atomic.load<u32>(at + S_INCARNATION);
    const generations = atomic.load<u64>(at + S_GENERATIONS);
    if ((incarnation & 1) == 0 || generations == 0 || load<u32>(currentOf(generations) + G_EXPIRING) == 0) continue;
    info(0, <u32>at);
    info(1, incarnation);
    break;
  }
  park();
  return at != 0;
}

/**
 * Deletes what has expired at `now` (milliseconds since 1970) among some slots from `from` on. X_INFO: [0] the slot to go on
 * from, [1] how many were deleted, [2] whether a worker has something new to do. OK at the end, E_MORE before it; E_STALE, E_BUSY
 * or a refusal of the journal.
 */
export function removeExpired(space: usize, incarnation: u32, from: u32, now: f64): i32 {
  info(0, from);
  info(1, 0);
  info(2, 0);
  if (!lockPartition()) return E_BUSY;
  return unlocked(isAlive(space, incarnation) ? removeSome(space, incarnation, from, now) : E_STALE);
}

function removeSome(space: usize, incarnation: u32, from: u32, now: f64): i32 {
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  const count = load<u32>(generation + G_COUNT);
  let removed: u32 = 0;
  let status = OK;
  let slot = from;
  for (const end = min<u32>(count, from + SLOTS); slot < end && removed < MOST; slot++) {
    const at = slotAddress(generation, slot);
    if (!hasExpired(generation, slot, now) || load<u64>(at + SLOT_DIED) != ALIVE) continue;
    const record: usize = load<u32>(at + SLOT_KEY);
    const header = load<u32>(record);
    copyBytes(base + X_KEY, record + KEY_HEADER, header & KEY_LENGTH);
    status = removeLocked(space, incarnation, header, -1);
    if (status < 0) break;
    if (status == OK_WAKE) info(2, 1);
    removed++;
  }
  info(0, slot);
  info(1, removed);
  return status < 0 ? status : slot < count ? E_MORE : OK;
}
