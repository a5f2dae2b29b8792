/*
 * Which spaces are there? Names, headers, creation and dropping. Under the partition lock.
 *
 * A header is never freed: it waits in P_FREE_SPACES for the next space, and its S_INCARNATION shows stale handles.
 */
import {
  CELL_VALUE, G_NAME, G_SPACE, JOURNAL_CREATE, JOURNAL_DROP, KEY_HEADER, KEY_LENGTH, P_FREE_SPACES, P_KEYS_REPAIR,
  P_LIVE_SPACES, P_NEXT_SPACE_ID, P_SPACE_LIST, P_SPACE_TABLE, SPACE_BYTES, S_ALL_NEXT, S_BYTES, S_CENSUS, S_CHANGED,
  S_COMPACTIONS, S_CREATED, S_GENERATIONS, S_HASH, S_HOME, S_ID, S_INCARNATION, S_LIVE, S_MARK, S_MARK_COUNT,
  S_NAME, S_NEXT, S_QUEUED, S_VERSION, S_WANTS_COMPACTION,
} from "../layout";
import { appendEntry } from "../journal/ring";
import { allocate, bytesOf, free } from "../memory/arena";
import { clearBytes, copyBytes } from "../memory/words";
import { currentOf, emptyingOf, newGeneration } from "./generations";
import { hashKey } from "../memory/hashes";
import { emptyCell, fillCell, findCell, removeCell } from "./keys";
import { leaveQueue, lockQueueOf } from "./queues";
import { retire } from "./retirement";

export function isAlive(space: usize, incarnation: u32): bool {
  return atomic.load<u32>(space + S_INCARNATION) == incarnation && (incarnation & 1) == 1;
}

/** The space after `space` (0: the first) in the list of all that are alive, or 0. */
export function spaceAfter(space: usize): usize {
  do {
    space = space == 0 ? load<u32>(P_SPACE_LIST) : load<u32>(space + S_ALL_NEXT);
  } while (space != 0 && (atomic.load<u32>(space + S_INCARNATION) & 1) == 0);
  return space;
}

/** The header of a named space, or 0. */
export function findSpace(bytes: usize, header: u32): usize {
  const cell = findCell(P_SPACE_TABLE, hashKey(bytes, header), bytes, header);
  return cell == 0 ? 0 : load<u32>(cell + CELL_VALUE);
}

/** A new, empty space, for whose entry `journalRoom` found room; 0 when there is no memory: nothing has changed. */
export function createSpace(bytes: usize, header: u32, home: u32): usize {
  const space = takeHeader();
  if (space == 0) return 0;
  const length = header & KEY_LENGTH;
  const name = allocate(KEY_HEADER + length, 0);
  const hash = hashKey(bytes, header);
  const cell: usize = name == 0 ? 0 : emptyCell(P_SPACE_TABLE, hash, 0);
  const generation: usize = cell == 0 ? 0 : newGeneration(space, false);
  if (generation == 0) {
    free(name);
    returnHeader(space);
    return 0;
  }
  store<u32>(name, header);
  copyBytes(name + KEY_HEADER, bytes, length);
  store<u32>(space + S_HOME, home);
  store<u32>(space + S_NAME, <u32>name);
  store<u32>(space + S_HASH, hash);
  store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) + bytesOf(name) + SPACE_BYTES);
  atomic.store<u64>(space + S_GENERATIONS, <u64>generation);
  store<u32>(P_KEYS_REPAIR, P_SPACE_TABLE); // after a trap from here on, the table is rebuilt of what lives
  const id = load<u32>(P_NEXT_SPACE_ID);
  store<u32>(P_NEXT_SPACE_ID, id + 1);
  store<u32>(space + S_ID, id);
  fillCell(P_SPACE_TABLE, cell, hash, <u32>space);
  appendEntry(space, JOURNAL_CREATE, id, header, bytes);
  store<u64>(space + S_CREATED, load<u64>(space + S_CHANGED));
  atomic.add<u32>(space + S_INCARNATION, 1); // it is there
  store<u32>(P_LIVE_SPACES, load<u32>(P_LIVE_SPACES) + 1);
  store<u32>(P_KEYS_REPAIR, 0);
  return space;
}

function takeHeader(): usize {
  let space: usize = load<u32>(P_FREE_SPACES);
  if (space != 0) {
    store<u32>(P_FREE_SPACES, load<u32>(space + S_NEXT));
  } else {
    space = allocate(SPACE_BYTES, 0);
    if (space == 0) return 0;
    clearBytes(space, SPACE_BYTES);
    store<u32>(space + S_ALL_NEXT, load<u32>(P_SPACE_LIST));
    store<u32>(P_SPACE_LIST, <u32>space);
  }
  // S_INCARNATION and S_SERIAL go on counting, so that a thread that remembers the header can't mistake the new space.
  store<u64>(space + S_VERSION, 0);
  store<u32>(space + S_QUEUED, 0);
  store<u32>(space + S_LIVE, 0);
  store<u32>(space + S_BYTES, 0);
  store<u32>(space + S_WANTS_COMPACTION, 0);
  store<u32>(space + S_COMPACTIONS, 0);
  store<u32>(space + S_CENSUS, 0);
  store<u64>(space + S_MARK, 0);
  store<u64>(space + S_MARK_COUNT, 0);
  return space;
}

function returnHeader(space: usize): void {
  store<u32>(space + S_NEXT, load<u32>(P_FREE_SPACES));
  store<u32>(P_FREE_SPACES, <u32>space);
}

/**
 * Ends a space: running searches finish with what they hold, every later call finds it gone. False when its run queue
 * is busy: nothing has changed. `journalRoom` has found room.
 */
export function removeSpace(space: usize): bool {
  if (!lockQueueOf(space)) return false;
  const name: usize = load<u32>(space + S_NAME);
  store<u32>(P_KEYS_REPAIR, P_SPACE_TABLE); // as in createSpace
  atomic.add<u32>(space + S_INCARNATION, 1); // it is gone
  removeCell(findCell(P_SPACE_TABLE, load<u32>(space + S_HASH), name + KEY_HEADER, load<u32>(name)));
  leaveQueue(space);
  const generations = load<u64>(space + S_GENERATIONS);
  atomic.store<u64>(space + S_GENERATIONS, 0);
  store<u32>(space + S_NAME, 0);
  store<u32>(currentOf(generations) + G_NAME, <u32>name); // freed with the generation: nothing here can trap
  orphan(currentOf(generations));
  if (emptyingOf(generations) != 0) orphan(emptyingOf(generations));
  appendEntry(space, JOURNAL_DROP, load<u32>(space + S_ID), 0, 0);
  store<u32>(P_LIVE_SPACES, load<u32>(P_LIVE_SPACES) - 1);
  returnHeader(space);
  store<u32>(P_KEYS_REPAIR, 0);
  return true;
}

/** Cuts a generation from the header, which another space may get while linkers still work on the generation. */
function orphan(generation: usize): void {
  atomic.store<u32>(generation + G_SPACE, 0);
  retire(generation);
}
