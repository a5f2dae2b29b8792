/*
 * What did a thread leave behind when it trapped, and how is it repaired?
 *
 * The thread calls this itself from its JavaScript, or the pool does once its worker is gone. The seat says which locks
 * it held. Each guarded structure can be rebuilt from a simpler truth: lists from their ids, queues from the spaces,
 * key tables from the slots, the arena from its chain of headers, a half-done op from its intent.
 */
import {
  E_DAMAGED, G_COUNT, G_DEAD, G_ELIGIBLE, G_LIVE, INTENT_DROPPED, INTENT_KIND, INTENT_NONE, INTENT_SPACE, KEY_HEADER,
  P_INTENT, P_KEYS_REPAIR, P_LIVE_SPACES, P_STATE, SEAT_EPOCH, SEAT_HELD_ENTRY, SEAT_HELD_GENERATION, SEAT_HELD_LEVEL, SEAT_HELD_NODE,
  SEAT_HELD_PARTITION, SEAT_HELD_QUEUE, SEAT_HELD_SLOT, SEAT_MEASURE_PINNED, SEAT_PINNED, SLOT_BIAS, SLOT_DIED, SLOT_KEY, S_GENERATIONS, S_HASH, S_LIVE,
  T_OWNER,
} from "../layout";
import { repairList } from "../graph/links";
import { rebuildArena, useReserve } from "../memory/arena";
import { releaseOf, seat, seatAddress } from "../memory/locks";
import { flatBelow } from "../memory/settings";
import { commit } from "../space/accept";
import { currentOf, emptyingOf } from "../space/generations";
import { hashKey } from "../memory/hashes";
import { emptyCell, fillCell, findCell, openTable } from "../space/keys";
import { blameSlot } from "../space/linker";
import { breakQueue, distrustQueues, giveUpPortions, mend } from "../space/queues";
import { spaceAfter } from "../space/spaces";
import { ALIVE, slotAddress } from "../vectors/slots";

/**
 * Repairs what seat `number` left. Returns 1 when an op that the seat was accepting is now in, 0 when there was none or
 * it had changed nothing, E_DAMAGED when there is no memory to rebuild a key table.
 */
export function repairSeat(number: u32): i32 {
  useReserve(false);
  const that = seatAddress(number);
  if (load<u32>(that + SEAT_HELD_NODE) != 0) {
    const generation: usize = load<u32>(that + SEAT_HELD_GENERATION);
    repairList(generation, load<u32>(that + SEAT_HELD_SLOT), load<u32>(that + SEAT_HELD_LEVEL));
    releaseOf(that, SEAT_HELD_NODE);
  }
  if (load<u32>(that + SEAT_HELD_ENTRY) != 0) releaseOf(that, SEAT_HELD_ENTRY);
  blameSlot(that);
  giveUpPortions(that);
  if (load<u32>(that + SEAT_HELD_QUEUE) != 0) breakQueue(that);
  let status: i32 = 0;
  if (load<u32>(that + SEAT_HELD_PARTITION) != 0) {
    status = repairPartition();
    releaseOf(that, SEAT_HELD_PARTITION);
  }
  atomic.store<u32>(that + SEAT_EPOCH, 0);
  if (that != seat) { // else its scan goes on
    atomic.store<u32>(that + SEAT_PINNED, 0);
    atomic.store<u32>(that + SEAT_MEASURE_PINNED, 0);
  }
  mend();
  return status;
}

/** Under the dead owner's partition lock. */
function repairPartition(): i32 {
  rebuildArena();
  distrustQueues();
  const table: usize = load<u32>(P_KEYS_REPAIR);
  if (table != 0 && !rebuildTable(table)) {
    store<u32>(P_STATE, 0);
    return E_DAMAGED;
  }
  store<u32>(P_KEYS_REPAIR, 0);
  const kind = load<u32>(P_INTENT + INTENT_KIND);
  if (kind == INTENT_NONE) return 0;
  if (kind == INTENT_DROPPED) {
    store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
    return 1; // its space has left its queue already
  }
  const space: usize = load<u32>(P_INTENT + INTENT_SPACE);
  commit();
  const generations = load<u64>(space + S_GENERATIONS);
  let live = recount(currentOf(generations));
  if (emptyingOf(generations) != 0) live += recount(emptyingOf(generations));
  atomic.store<u32>(space + S_LIVE, live);
  return 1;
}

function recount(generation: usize): u32 {
  const count = load<u32>(generation + G_COUNT);
  let live: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    if (load<u64>(slotAddress(generation, slot) + SLOT_DIED) == ALIVE) live++;
  }
  store<u32>(generation + G_LIVE, live);
  atomic.store<u32>(generation + G_DEAD, count - live);
  if (live > flatBelow && load<u32>(generation + G_ELIGIBLE) == 0) atomic.xchg<u32>(generation + G_ELIGIBLE, count);
  return live;
}

/** Rebuilds a key table; the old one's blocks are lost, since it is not known which of them are whole. */
function rebuildTable(table: usize): bool {
  const owner: usize = load<u32>(table + T_OWNER);
  if (!openTable(table, owner, 0)) return false;
  return owner == 0 ? refillWithSpaces(table) : refillWithSlots(table, owner);
}

function refillWithSpaces(table: usize): bool {
  let count: u32 = 0;
  for (let space: usize = 0; (space = spaceAfter(space)) != 0; ) {
    store<u32>(P_LIVE_SPACES, ++count);
    const hash = load<u32>(space + S_HASH);
    const cell = emptyCell(table, hash, 0);
    if (cell == 0) return false;
    fillCell(table, cell, hash, <u32>space);
  }
  return true;
}

function refillWithSlots(table: usize, generation: usize): bool {
  const count = load<u32>(generation + G_COUNT);
  for (let slot: u32 = 0; slot < count; slot++) {
    const record: usize = load<u32>(slotAddress(generation, slot) + SLOT_KEY);
    const header = load<u32>(record);
    const hash = hashKey(record + KEY_HEADER, header);
    let cell = findCell(table, hash, record + KEY_HEADER, header);
    if (cell == 0) cell = emptyCell(table, hash, 0);
    if (cell == 0) return false;
    fillCell(table, cell, hash, slot + SLOT_BIAS);
  }
  return true;
}

/** Whether this instance's seat holds any lock: tests check after every call that it does not. */
export function holdsLocks(): bool {
  const outer = load<u32>(seat + SEAT_HELD_PARTITION) | load<u32>(seat + SEAT_HELD_QUEUE);
  return (outer | load<u32>(seat + SEAT_HELD_ENTRY) | load<u32>(seat + SEAT_HELD_NODE)) != 0;
}
