/* How are spaces opened, dropped, listed and described? */
import {
  E_BUSY, E_DAMAGED, E_MEMORY, E_STALE, G_BEAM, G_DEAD, G_LIVE, G_QUARANTINED, G_STATE, INTENT_DROPPED, INTENT_KIND,
  INTENT_NONE, KEY_HEADER, KEY_LENGTH, NOT_FOUND, OK, P_INTENT, P_STATE, STATE_SOUND, S_BYTES, S_CHANGED, S_COMPACTIONS,
  S_CREATED, S_GENERATIONS, S_HOME, S_ID, S_INCARNATION, S_LIVE, S_NAME, X_KEY,
} from "../layout";
import { journalRoom, reportSequence } from "../journal/ring";
import { announce, park } from "../memory/epochs";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info, info64 } from "../memory/scratch";
import { copyBytes } from "../memory/words";
import { currentOf, emptyingOf, pendingOf } from "../space/generations";
import { collect } from "../space/retirement";
import { createSpace, findSpace, isAlive, removeSpace, spaceAfter } from "../space/spaces";

/** Finds the space named at X_KEY, or creates it. X_INFO: header address, incarnation; INFO_SEQUENCE. */
export function openSpace(header: u32, home: u32, create: bool): i32 {
  if (!lockPartition()) return E_BUSY;
  const status = openLocked(header, home, create);
  reportSequence(); // the absence may depend on an op that is not durable yet
  return unlocked(status);
}

function openLocked(header: u32, home: u32, create: bool): i32 {
  let space = findSpace(base + X_KEY, header);
  if (space == 0) {
    if (!create) return NOT_FOUND;
    if (load<u32>(P_STATE) != STATE_SOUND) return E_DAMAGED;
    const room = journalRoom(0, header);
    if (room != OK) return room;
    space = createSpace(base + X_KEY, header, home);
    if (space == 0) return E_MEMORY;
  }
  info(0, <u32>space);
  info(1, load<u32>(space + S_INCARNATION));
  return OK;
}

/** INFO_SEQUENCE. OK, E_STALE, E_DAMAGED, E_BUSY, E_JOURNAL_FULL or E_JOURNAL_STUCK. */
export function dropSpace(space: usize, incarnation: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  return unlocked(dropLocked(space, incarnation));
}

function dropLocked(space: usize, incarnation: u32): i32 {
  if (load<u32>(P_STATE) != STATE_SOUND) return E_DAMAGED;
  if (!isAlive(space, incarnation)) return E_STALE;
  const room = journalRoom(0, 0);
  if (room != OK) return room;
  if (!removeSpace(space)) return E_BUSY;
  store<u32>(P_INTENT + INTENT_KIND, INTENT_DROPPED); // a trap from here on undoes nothing
  reportSequence();
  collect();
  store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
  return OK;
}

/**
 * The space after `space` (0: the first). Its name goes to X_KEY; X_INFO: address, incarnation, name header, id,
 * numbers of its last op and of the one that created it (two words each). OK, NOT_FOUND or E_BUSY.
 */
export function nextSpace(space: usize): i32 {
  if (!lockPartition()) return E_BUSY;
  const at = spaceAfter(space);
  if (at == 0) return unlocked(NOT_FOUND);
  const name: usize = load<u32>(at + S_NAME);
  copyBytes(base + X_KEY, name + KEY_HEADER, load<u32>(name) & KEY_LENGTH);
  info(0, <u32>at);
  info(1, load<u32>(at + S_INCARNATION));
  info(2, load<u32>(name));
  info(3, load<u32>(at + S_ID));
  info64(4, load<u64>(at + S_CHANGED));
  info64(6, load<u64>(at + S_CREATED));
  return unlocked(OK);
}

/** How many vectors are live, or E_STALE. */
export function liveIn(space: usize, incarnation: u32): i32 {
  return isAlive(space, incarnation) ? atomic.load<u32>(space + S_LIVE) : E_STALE;
}

/**
 * X_INFO: live, dead, pending, bytes, graph, f32 beam, compactions, quarantined, home, whether it is being compacted.
 */
export function spaceInfo(space: usize, incarnation: u32): i32 {
  announce();
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  const alive = isAlive(space, incarnation) && generations != 0;
  if (alive) {
    const current = currentOf(generations);
    const emptying = emptyingOf(generations);
    info(0, load<u32>(space + S_LIVE));
    info(1, load<u32>(current + G_DEAD) + (emptying == 0 ? 0 : load<u32>(emptying + G_DEAD)));
    info(2, pendingOf(current) + (emptying == 0 ? 0 : load<u32>(emptying + G_LIVE)));
    info(3, load<u32>(space + S_BYTES));
    info(4, load<u32>(current + G_STATE));
    info(5, load<u32>(current + G_BEAM));
    info(6, load<u32>(space + S_COMPACTIONS));
    info(7, load<u32>(current + G_QUARANTINED));
    info(8, load<u32>(space + S_HOME));
    info(9, emptying == 0 ? 0 : 1);
  }
  park();
  return alive ? OK : E_STALE;
}
