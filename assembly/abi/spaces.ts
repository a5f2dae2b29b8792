/* How are spaces opened, dropped, listed and described? */
import {
  E_BUSY, E_DAMAGED, E_MEMORY, E_STALE, G_BEAM, G_DEAD, G_LIVE, G_QUARANTINED, G_STATE, INTAKE_BYTES, INTENT_DROPPED,
  INTENT_KIND, INTENT_NONE, KEY_HEADER, KEY_LENGTH, MAX_NAME_BYTES, NOT_FOUND, OK, P_INTENT, P_STATE, SPACES_AT_ONCE,
  SP_ADDRESS, SP_BEAM, SP_BYTES, SP_CHANGED, SP_COLUMNS, SP_COMPACTIONS, SP_CREATED, SP_DEAD, SP_DICTIONARIES,
  SP_DOCUMENTS, SP_GRAPH, SP_HEADER, SP_HOME, SP_ID,
  SP_INCARNATION, SP_LINKS, SP_LIVE, SP_NAME, SP_PENDING, SP_QUARANTINED, SP_STORED, SP_SUSPECTS, SP_VECTORS, STATE_SOUND,
  S_CHANGED,
  S_COMPACTIONS, S_CREATED, S_GENERATIONS, S_HOME, S_ID, S_INCARNATION, S_LIVE, S_NAME, X_KEY, X_VECTORS,
} from "../layout";
import { suspectsOf } from "../graph/suspects";
import { journalRoom, reportSequence } from "../journal/ring";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import { copyBytes } from "../memory/words";
import {
  allBytes, columnBytes, countBytes, dictionaryBytes, documentBytes, graphBytes, vectorBytes,
} from "../space/bytes";
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
    const room = journalRoom(0, 0, header);
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
  const room = journalRoom(0, 0, 0);
  if (room != OK) return room;
  if (!removeSpace(space)) return E_BUSY;
  store<u32>(P_INTENT + INTENT_KIND, INTENT_DROPPED); // a trap from here on undoes nothing
  reportSequence();
  collect();
  store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
  return OK;
}

/**
 * The spaces after `space` (0: from the first on), at most SPACES_AT_ONCE: a record of each in the intake (SP_*). Returns how
 * many, 0 behind the last one, or E_BUSY.
 */
export function listSpaces(space: usize): i32 {
  if (!lockPartition()) return E_BUSY;
  let to = base + X_VECTORS;
  const end = to + INTAKE_BYTES - SP_HEADER - MAX_NAME_BYTES;
  let count: i32 = 0;
  while (count < <i32>SPACES_AT_ONCE && to <= end && (space = spaceAfter(space)) != 0) {
    to = writeSpace(space, to);
    count++;
  }
  return unlocked(count);
}

/** The record of one space, as `listSpaces` writes it, in the intake. OK, E_STALE or E_BUSY. */
export function describeSpace(space: usize, incarnation: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  if (!isAlive(space, incarnation)) return unlocked(E_STALE);
  writeSpace(space, base + X_VECTORS);
  return unlocked(OK);
}

/** Returns the address behind the record. */
function writeSpace(space: usize, to: usize): usize {
  const name: usize = load<u32>(space + S_NAME);
  const length = load<u32>(name) & KEY_LENGTH;
  const bytes = (SP_HEADER + length + 7) & ~7;
  const generations = load<u64>(space + S_GENERATIONS);
  const current = currentOf(generations);
  const emptying = emptyingOf(generations);
  store<u32>(to + SP_BYTES, bytes);
  store<u32>(to + SP_ADDRESS, <u32>space);
  store<u32>(to + SP_INCARNATION, load<u32>(space + S_INCARNATION));
  store<u32>(to + SP_NAME, load<u32>(name));
  store<u64>(to + SP_CHANGED, load<u64>(space + S_CHANGED));
  store<u64>(to + SP_CREATED, load<u64>(space + S_CREATED));
  store<u32>(to + SP_ID, load<u32>(space + S_ID));
  store<u32>(to + SP_HOME, load<u32>(space + S_HOME));
  store<u32>(to + SP_LIVE, load<u32>(space + S_LIVE));
  store<u32>(to + SP_DEAD, load<u32>(current + G_DEAD) + (emptying == 0 ? 0 : load<u32>(emptying + G_DEAD)));
  store<u32>(to + SP_PENDING, pendingOf(current) + (emptying == 0 ? 0 : load<u32>(emptying + G_LIVE)));
  store<u32>(to + SP_GRAPH, load<u32>(current + G_STATE));
  store<u32>(to + SP_BEAM, load<u32>(current + G_BEAM));
  store<u32>(to + SP_COMPACTIONS, load<u32>(space + S_COMPACTIONS));
  store<u32>(to + SP_QUARANTINED, load<u32>(current + G_QUARANTINED));
  store<u32>(to + SP_SUSPECTS, suspectsOf(current) + (emptying == 0 ? 0 : suspectsOf(emptying)));
  countBytes(space, current, emptying);
  store<u32>(to + SP_STORED, allBytes);
  store<u32>(to + SP_VECTORS, vectorBytes);
  store<u32>(to + SP_LINKS, graphBytes);
  store<u32>(to + SP_DOCUMENTS, documentBytes);
  store<u32>(to + SP_COLUMNS, columnBytes);
  store<u32>(to + SP_DICTIONARIES, dictionaryBytes);
  copyBytes(to + SP_HEADER, name + KEY_HEADER, length);
  return to + bytes;
}

/** How many vectors are live, or E_STALE. */
export function liveIn(space: usize, incarnation: u32): i32 {
  return isAlive(space, incarnation) ? atomic.load<u32>(space + S_LIVE) : E_STALE;
}
