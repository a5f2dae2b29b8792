/*
 * What did a thread leave behind when it trapped, and how is it put right?
 *
 * Called by the thread itself from its JavaScript, or by the pool when its worker is gone. The seat says which locks
 * it held; each guarded structure can be made again from a simpler truth: lists from their ids, queues from the
 * spaces, key tables from the slots, the arena from its chain of headers, a half-done op from its intent.
 */
import {
  E_DAMAGED, G_COUNT, G_DEAD, G_ELIGIBLE, G_LIVE, INTENT_DROPPED, INTENT_KIND, INTENT_NONE, INTENT_SPACE, KEY_HEADER,
  P_INTENT, P_KEYS_REPAIR, P_SPACE_LIST, P_STATE, Q_LOCK, S_ALL_NEXT, S_GENERATIONS, S_HASH, S_INCARNATION, S_LIVE,
  S_NAME, SEAT_EPOCH, SEAT_HELD_ENTRY, SEAT_HELD_GENERATION, SEAT_HELD_LEVEL, SEAT_HELD_NODE, SEAT_HELD_PARTITION,
  SEAT_HELD_QUEUE, SEAT_HELD_SLOT, SLOT_DIED, SLOT_KEY, T_OWNER,
} from "../layout";
import { commit } from "../space/accept";
import { rebuildArena, useReserve } from "../memory/arena";
import { repairList } from "../graph/links";
import { emptyCell, fillCell, findCell, hashKey, openTable, SLOT_BIAS } from "../space/keys";
import { blameSlot } from "../space/linker";
import { breakQueue, distrustQueueOf, mend, queueAddress } from "../space/queues";
import { crossover } from "../memory/settings";
import { ALIVE, slotAddress } from "../vectors/slots";
import { seat, seatAddress } from "../memory/locks";

/**
 * Puts right what seat `number` left. Returns 1 when an op that the seat was accepting is now in, 0 when there was
 * none or it had changed nothing, E_DAMAGED when a key table could not be made again for lack of memory.
 */
export function repairSeat(number: u32): i32 {
  useReserve(false);
  const that = seatAddress(number);
  const node: usize = load<u32>(that + SEAT_HELD_NODE);
  if (node != 0) {
    const generation: usize = load<u32>(that + SEAT_HELD_GENERATION);
    repairList(generation, load<u32>(that + SEAT_HELD_SLOT), load<u32>(that + SEAT_HELD_LEVEL));
    letGo(that, SEAT_HELD_NODE);
  }
  if (load<u32>(that + SEAT_HELD_ENTRY) != 0) letGo(that, SEAT_HELD_ENTRY);
  blameSlot(that);
  const queue: usize = load<u32>(that + SEAT_HELD_QUEUE);
  if (queue != 0) breakQueue(<u32>((queue - Q_LOCK - queueAddress(0)) / (queueAddress(1) - queueAddress(0))), that);
  let answer: i32 = 0;
  if (load<u32>(that + SEAT_HELD_PARTITION) != 0) {
    answer = repairPartition();
    letGo(that, SEAT_HELD_PARTITION);
  }
  atomic.store<u32>(that + SEAT_EPOCH, 0);
  mend();
  return answer;
}

function letGo(that: usize, held: usize): void {
  const lock: usize = load<u32>(that + held);
  store<u32>(that + held, 0);
  atomic.store<u32>(lock, 0);
}

/** Under the dead owner's partition lock. */
function repairPartition(): i32 {
  rebuildArena();
  const table: usize = load<u32>(P_KEYS_REPAIR);
  if (table != 0 && !rebuildTable(table)) {
    store<u32>(P_STATE, 0);
    return E_DAMAGED;
  }
  store<u32>(P_KEYS_REPAIR, 0);
  if (load<u32>(P_INTENT + INTENT_KIND) == INTENT_NONE) return 0;
  if (load<u32>(P_INTENT + INTENT_KIND) == INTENT_DROPPED) {
    store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
    return 1; // its space has left its queue already
  }
  const space: usize = load<u32>(P_INTENT + INTENT_SPACE);
  commit();
  distrustQueueOf(space);
  const generations = load<u64>(space + S_GENERATIONS);
  let live = recount(<u32>generations);
  if (generations >> 32 != 0) live += recount(<u32>(generations >> 32));
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
  if (live > crossover && load<u32>(generation + G_ELIGIBLE) == 0) atomic.xchg<u32>(generation + G_ELIGIBLE, count);
  return live;
}

/** Makes a key table again; the old one's blocks are lost, since nobody knows which of them are whole. */
function rebuildTable(table: usize): bool {
  const owner: usize = load<u32>(table + T_OWNER);
  if (!openTable(table, owner, 0)) return false;
  if (owner == 0) {
    for (let space: usize = load<u32>(P_SPACE_LIST); space != 0; space = load<u32>(space + S_ALL_NEXT)) {
      if ((load<u32>(space + S_INCARNATION) & 1) == 0 || load<u32>(space + S_NAME) == 0) continue;
      const hash = load<u32>(space + S_HASH);
      const cell = emptyCell(table, hash, 0);
      if (cell == 0) return false;
      fillCell(table, cell, hash, <u32>space);
    }
    return true;
  }
  const count = load<u32>(owner + G_COUNT);
  for (let slot: u32 = 0; slot < count; slot++) {
    const record: usize = load<u32>(slotAddress(owner, slot) + SLOT_KEY);
    const header = load<u32>(record);
    const hash = hashKey(record + KEY_HEADER, header);
    let cell = findCell(table, hash, record + KEY_HEADER, header);
    if (cell == 0) cell = emptyCell(table, hash, 0);
    if (cell == 0) return false;
    fillCell(table, cell, hash, slot + SLOT_BIAS);
  }
  return true;
}

/** Whether the seat this instance is bound to holds any lock: a promise that tests check after every call. */
export function holdsLocks(): bool {
  return (
    (load<u32>(seat + SEAT_HELD_PARTITION) |
      load<u32>(seat + SEAT_HELD_QUEUE) |
      load<u32>(seat + SEAT_HELD_ENTRY) |
      load<u32>(seat + SEAT_HELD_NODE)) != 0
  );
}
