/*
 * What is a space's snapshot, and how is it taken while others add, link and search? Frame by frame, without a pause.
 *
 *   FRAME_SPACE   settings, id, the cut, the name, the centroid
 *   FRAME_BYTES   what the space takes in memory, for those who only look
 *   FRAME_SLOTS   records of consecutive slots, as many as fit into the intake (64 KiB)
 *   FRAME_ROWS    rows of slots, if there are any (snapshot/rows.ts)
 *   FRAME_END     how many slots and links there were
 *
 *   record        [state][key header][twin][age] [vector] [key], if it was linked [code], and of a linked slot, per
 *                 level, [count][diverse][ids], above level 0 with [distances]
 *
 * The cut is taken under the partition lock: the number of slots, the version, and the number of the partition's last
 * op. Slots that were dead at that version are included only so that walks can pass through them. Afterwards slots below
 * the cut change only by dying, which the version shows.
 *
 * The graph of a snapshot is the one between the slots that were linked soon after the cut: a bit each. A list is
 * copied under its node lock, without ids whose bit is not set, so it names only slots whose lists are in the snapshot;
 * a slot without its bit is linked again after the snapshot is loaded. The ways that led through newer slots are
 * missing: FE_LEFT_OUT says how many, and then a census follows.
 *
 * What still lives in a generation that is being emptied comes last, not linked. Codes are in.
 */
import {
  BEAM_CODES, BEAM_F32, BEAM_TURNED, BODILESS, E_BUSY, E_MEMORY, E_MORE, E_STALE, FB_ALL, FB_COLUMNS,
  FB_DICTIONARIES, FB_DOCUMENTS, FB_GRAPH, FB_HEADER, FB_VECTORS, FE_HEADER, FE_LEFT_OUT, FRAME_BYTES, FRAME_END, FRAME_ROWS, FRAME_SLOTS, FRAME_SPACE, FS_CHANGED, FS_CREATED, FS_DIMENSIONS, FS_DOUBT, FS_ELIGIBLE_BIT, FS_ENTRY,
  FS_F32_BIT, FS_FLAGS, FS_FORCED_BIT, FS_FORMAT, FS_GRAPH_BIT, FS_HEADER, FS_ID, FS_LIVE, FS_M, FS_METRIC, FS_NAME,
  FS_SEED, FS_SEQUENCE, FS_SLOTS, FS_SOUND, FS_TURNED_BIT, FS_VERSION, F_BYTES, F_COUNT, F_FIRST, F_HEADER, F_KIND,
  GRAPH, G_BEAM, G_CENTROID, G_COLUMNS, G_COUNT, G_DOUBT, G_ELIGIBLE, G_ENTRY, G_FORCE_F32, G_GRAPH, G_LIVE, G_SOUND,
  G_STATE, G_SUSPECT, G_SUSPECT_END, INTAKE_BYTES, IN_GRAPH, KEY_HEADER, KEY_LENGTH,
  LINKED, MAX_KEY_BYTES, OK, PENDING, P_SEQUENCE, R_AGE, R_DEAD_BIT, R_HEADER, R_KEY, R_STATE, R_TWIN, SLOT_BORN,
  SLOT_DIED, SLOT_KEY, SNAPSHOT_FORMAT, S_CHANGED, S_CREATED, S_GENERATIONS, S_ID, S_LIVE, S_NAME, S_VERSION,
  TWINNED, X_VECTORS,
} from "../layout";
import { copyLists, idsLeftOut, listsBytes } from "../graph/links";
import { firstTwin } from "../graph/lists";
import { allocate, free, useReserve } from "../memory/arena";
import { announce, park } from "../memory/epochs";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info, info64 } from "../memory/scratch";
import { codeStride, dimensions, M, metric, paddedFloats, seed } from "../memory/settings";
import { clearBytes, copyBytes, copyWords, hasBit, setBit } from "../memory/words";
import { allBytes, columnBytes, countBytes, dictionaryBytes, documentBytes, graphBytes, vectorBytes } from "../space/bytes";
import { currentOf, emptyingOf } from "../space/generations";
import { isAlive } from "../space/spaces";
import { codeAddress } from "../vectors/codes";
import { ageOf, nextTwin, slotAddress, stateOf, vectorOf } from "../vectors/slots";
import { FRAME_FULL, partEnd, parts, ROW_DONE, startRows, writePart } from "./rows";

const MARKED_AT_ONCE: u32 = 1 << 16; // about 1 ms

let space: usize = 0, incarnation: u32 = 0, generation: usize = 0, emptying: usize = 0;
let version: u64 = 0, sequence: u64 = 0, changed: u64 = 0;
let count: u32 = 0; // slots of `generation` below the cut
let total: u32 = 0; // and slots of `emptying` that were visible
let live: u32 = 0, entry: u32 = 0, beam: u32 = 0;
let suspect: u32 = 0, suspectEnd: u32 = 0; // as G_SUSPECT, G_SUSPECT_END
let marks: usize = 0; // a bit per slot of `generation`: its lists are part of the snapshot
let marked: u32 = 0; // slots of `generation` whose bit is decided

let kind: u32 = 0; // of the next frame
let next: u32 = 0; // next slot of `generation`, then of `emptying`
let written: u32 = 0, linked: u32 = 0;
let leftOut: u64 = 0; // ids in lists that were linked after the marks

/**
 * Takes the cut of a space. X_INFO: slots, number of the last op in it (two words). OK, E_STALE, E_BUSY or E_MEMORY.
 * After OK, until `endSnapshot`, this seat must make no other call but `nextFrame`: its epoch stays announced.
 */
export function startSnapshot(that: usize, ofIncarnation: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  announce();
  space = that;
  incarnation = ofIncarnation;
  const status = unlocked(!isAlive(that, ofIncarnation) ? E_STALE : cut() ? OK : E_MEMORY);
  if (status != OK) {
    park();
    return status;
  }
  if (marks != 0) clearBytes(marks, (count + 7) >>> 3);
  marked = next = written = linked = 0;
  leftOut = 0;
  kind = FRAME_SPACE;
  info(0, total);
  info64(1, sequence);
  return OK;
}

function cut(): bool {
  const generations = load<u64>(space + S_GENERATIONS);
  generation = currentOf(generations);
  emptying = emptyingOf(generations);
  version = load<u64>(space + S_VERSION);
  sequence = load<u64>(P_SEQUENCE);
  changed = load<u64>(space + S_CHANGED);
  count = load<u32>(generation + G_COUNT);
  live = load<u32>(space + S_LIVE);
  total = count + (emptying == 0 ? 0 : load<u32>(emptying + G_LIVE));
  countBytes(space, generation, emptying);
  const isGraph = atomic.load<u32>(generation + G_STATE) == GRAPH;
  entry = isGraph ? atomic.load<u32>(generation + G_ENTRY) : 0; // linked already, and below the cut
  beam = load<u32>(generation + G_BEAM);
  suspectEnd = atomic.load<u32>(generation + G_SUSPECT_END);
  suspect = atomic.load<u32>(generation + G_SUSPECT);
  marks = 0;
  if (entry == 0) return true;
  useReserve(true);
  marks = allocate((count + 7) >>> 3, 0);
  useReserve(false);
  return marks != 0;
}

/**
 * Decides the bits of the next slots. A twin gets its bit from the chain of a linked slot: one may hang on a slot that
 * is not linked yet, and then both are linked again.
 */
function markLinked(): void {
  const end = min<u32>(count, marked + MARKED_AT_ONCE);
  for (let slot = marked; slot < end; slot++) {
    if (stateOf(slotAddress(generation, slot)) != LINKED || isSuspect(slot)) continue;
    setBit(marks, slot);
    for (let twin = firstTwin(generation, slot); twin != 0; twin = nextTwin(generation, twin)) {
      if (twin <= count && stateOf(slotAddress(generation, twin - 1)) == TWINNED) setBit(marks, twin - 1);
    }
  }
  marked = end;
}

/** Whether a slot waits to be linked again, which it will be as one that never was. The entry point is needed. */
function isSuspect(slot: u32): bool {
  return slot >= suspect && slot < suspectEnd && slot + 1 != entry;
}

function isMarked(slot: u32): bool {
  return marks != 0 && slot < count && hasBit(marks, slot);
}

/**
 * Writes the next frame to the intake. Returns its bytes, 0 after the last one, or E_STALE: the space was dropped.
 * E_MORE: call again, there is more to do before the first one; E_BUSY: later, the next slot's lists are being written;
 * E_MEMORY: a row is larger than what is free.
 */
export function nextFrame(): i32 {
  if (!isAlive(space, incarnation)) return E_STALE;
  if (marks != 0 && marked < count) {
    markLinked();
    if (marked < count) return E_MORE;
  }
  const frame = base + X_VECTORS;
  if (kind == 0) return 0;
  store<u32>(frame + F_KIND, kind);
  let end: usize = 0;
  if (kind == FRAME_SPACE) {
    end = writeSpace(frame);
    kind = FRAME_BYTES;
  } else if (kind == FRAME_BYTES) {
    end = writeBytes(frame);
    kind = total == 0 ? FRAME_END : FRAME_SLOTS;
  } else if (kind == FRAME_SLOTS) {
    const before = written;
    end = writeSlots(frame);
    if (written == before) return E_BUSY;
    if (written == total) {
      kind = hasRows() ? FRAME_ROWS : FRAME_END;
      written = next = 0;
      inEmptying = false;
      startRows();
    }
  } else if (kind == FRAME_ROWS) {
    const status = writeRows(frame);
    if (status != OK) return status;
    end = rowsEnd;
    if (written == total) kind = FRAME_END;
  } else {
    store<u32>(frame + F_FIRST, total);
    store<u32>(frame + F_COUNT, linked);
    store<u64>(frame + FE_LEFT_OUT, leftOut);
    end = frame + FE_HEADER;
    kind = 0;
  }
  for (; (end - frame) & 7; end++) store<u8>(end, 0);
  store<u32>(frame + F_BYTES, <u32>(end - frame));
  return <i32>(end - frame);
}

function writeSpace(frame: usize): usize {
  let flags: u32 = load<u32>(generation + G_ELIGIBLE) != 0 ? FS_ELIGIBLE_BIT : 0;
  if (load<u32>(generation + G_FORCE_F32) != 0) flags |= FS_FORCED_BIT;
  if (entry != 0) {
    flags |= FS_GRAPH_BIT;
    if (beam == BEAM_F32) flags |= FS_F32_BIT;
    if (beam == BEAM_TURNED) flags |= FS_TURNED_BIT;
  }
  const name: usize = load<u32>(space + S_NAME);
  const header = load<u32>(name);
  clearBytes(frame + F_FIRST, FS_HEADER - F_FIRST);
  store<u32>(frame + FS_FORMAT, SNAPSHOT_FORMAT);
  store<u32>(frame + FS_DIMENSIONS, dimensions);
  store<u32>(frame + FS_METRIC, metric);
  store<u32>(frame + FS_M, M);
  store<u32>(frame + FS_SEED, seed);
  store<u32>(frame + FS_ID, load<u32>(space + S_ID));
  store<u64>(frame + FS_SEQUENCE, sequence);
  store<u32>(frame + FS_SLOTS, total);
  store<u32>(frame + FS_LIVE, live);
  store<u32>(frame + FS_FLAGS, flags);
  store<u32>(frame + FS_ENTRY, entry);
  if (entry != 0 && beam == BEAM_CODES) {
    store<u32>(frame + FS_SOUND, load<u32>(generation + G_SOUND));
    store<u32>(frame + FS_DOUBT, atomic.load<u32>(generation + G_DOUBT));
  }
  store<u32>(frame + FS_NAME, header);
  store<u64>(frame + FS_CREATED, load<u64>(space + S_CREATED));
  store<u64>(frame + FS_CHANGED, changed);
  store<u64>(frame + FS_VERSION, version);
  let at = copyPadded(frame + FS_HEADER, name + KEY_HEADER, header & KEY_LENGTH);
  if (entry != 0) {
    copyBytes(at, load<u32>(generation + G_CENTROID), paddedFloats * 4);
    at += paddedFloats * 4;
  }
  return at;
}

/** As they were counted at the cut: the seat has made no other call since. */
function writeBytes(frame: usize): usize {
  clearBytes(frame + F_FIRST, FB_ALL - F_FIRST);
  store<u32>(frame + FB_ALL, allBytes);
  store<u32>(frame + FB_VECTORS, vectorBytes);
  store<u32>(frame + FB_GRAPH, graphBytes);
  store<u32>(frame + FB_DOCUMENTS, documentBytes);
  store<u32>(frame + FB_COLUMNS, columnBytes);
  store<u32>(frame + FB_DICTIONARIES, dictionaryBytes);
  return frame + FB_HEADER;
}

function copyPadded(to: usize, from: usize, bytes: u32): usize {
  copyBytes(to, from, bytes);
  for (; bytes & 3; bytes++) store<u8>(to + bytes, 0);
  return to + bytes;
}

/** Writes as many records as fit, or come before a slot whose lists are busy; returns where they end. */
function writeSlots(frame: usize): usize {
  const full = frame + max<u32>(INTAKE_BYTES, paddedFloats * 4) - 8;
  const fixed = R_HEADER + dimensions * 4 + MAX_KEY_BYTES + codeStride;
  let at = frame + F_HEADER;
  store<u32>(frame + F_FIRST, written);
  const before = written;
  for (; written < count; written++, next++) {
    const slotAt = slotAddress(generation, next);
    const state = stateFor(slotAt, isMarked(next));
    if (at + fixed + (state == LINKED ? <usize>listsBytes(next) : 0) > full) break;
    const end = writeRecord(at, generation, slotAt, next, state);
    if (end == 0) break;
    at = end;
  }
  if (written == count) next = 0;
  for (; written >= count && written < total; next++) {
    const slotAt = slotAddress(emptying, next);
    if (load<u64>(slotAt + SLOT_BORN) > version || isDead(slotAt)) continue;
    if (at + fixed > full) break;
    at = writeRecord(at, emptying, slotAt, next, stateFor(slotAt, false));
    written++;
  }
  store<u32>(frame + F_COUNT, written - before);
  return at;
}

/** The state of a slot in the snapshot. */
function stateFor(slotAt: usize, isLinked: bool): u32 {
  const state = stateOf(slotAt);
  return isLinked || state == BODILESS ? state : PENDING;
}

function hasRows(): bool {
  return load<u32>(generation + G_COLUMNS) != 0 || (emptying != 0 && load<u32>(emptying + G_COLUMNS) != 0);
}

let rowsEnd: usize = 0;
let inEmptying: bool = false;

/** Writes as many rows as fit, with `written` as the number of the next slot in the snapshot. OK, E_BUSY or E_MEMORY. */
function writeRows(frame: usize): i32 {
  const full = frame + INTAKE_BYTES - 8;
  let at = frame + F_HEADER;
  let rows: u32 = 0;
  let status = ROW_DONE;
  const first = written;
  while (written < total && status == ROW_DONE) {
    const inCurrent = written < count;
    const from = inCurrent ? generation : emptying;
    if (!inCurrent && written == count && !inEmptying) {
      inEmptying = true;
      next = 0;
    }
    const slotAt = slotAddress(from, next);
    const isOut = !inCurrent && (load<u64>(slotAt + SLOT_BORN) > version || isDead(slotAt));
    if (!isOut && !isDead(slotAt)) {
      status = writePart(at, full, from, next, written);
      if (status < 0) break;
      at = partEnd;
      rows += parts;
      if (status == FRAME_FULL) break;
    }
    next++;
    if (!isOut) written++;
  }
  if (status < 0 && rows == 0) return status;
  store<u32>(frame + F_FIRST, first);
  store<u32>(frame + F_COUNT, rows);
  rowsEnd = at;
  return OK;
}

function isDead(slotAt: usize): bool {
  return atomic.load<u64>(slotAt + SLOT_DIED) <= version;
}

/** Writes the record of a slot of a generation; returns where it ends, 0 when the slot's lists are busy. */
function writeRecord(at: usize, from: usize, slotAt: usize, slot: u32, state: u32): usize {
  const dead = isDead(slotAt);
  const record: usize = load<u32>(slotAt + SLOT_KEY);
  const header = dead ? 0 : load<u32>(record);
  store<u32>(at + R_STATE, dead ? state | R_DEAD_BIT : state);
  store<u32>(at + R_KEY, header);
  store<u32>(at + R_TWIN, 0);
  if (state == LINKED) store<u32>(at + R_TWIN, firstMarked(firstTwin(generation, slot)));
  if (state == TWINNED) store<u32>(at + R_TWIN, firstMarked(nextTwin(generation, slot + 1)));
  store<u64>(at + R_AGE, ageOf(from, slot));
  copyWords(at + R_HEADER, vectorOf(slotAt), dimensions);
  let end = copyPadded(at + R_HEADER + dimensions * 4, record + KEY_HEADER, header & KEY_LENGTH);
  if ((state & IN_GRAPH) != 0) {
    copyBytes(end, codeAddress(load<u32>(generation + G_GRAPH), slot), codeStride);
    end += codeStride;
  }
  if (state == LINKED) {
    end = copyLists(generation, slot, end, marks, count);
    if (end == 0) return 0;
    leftOut += idsLeftOut;
  }
  if ((state & IN_GRAPH) != 0) linked++;
  return end;
}

/** Slot + 1 of the first of a chain of twins, from `twin` on, that is part of the snapshot, or 0. */
function firstMarked(twin: u32): u32 {
  while (twin != 0 && !isMarked(twin - 1)) twin = nextTwin(generation, twin);
  return twin;
}

/** Parks, and frees what `startSnapshot` took. OK, or E_BUSY: call again for the rest. */
export function endSnapshot(): i32 {
  park();
  if (marks == 0) return OK;
  if (!lockPartition()) return E_BUSY;
  free(marks);
  marks = 0;
  return unlocked(OK);
}
