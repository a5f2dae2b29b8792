/*
 * How does a space come back from a snapshot? Frame by frame (write.ts), into a new space that only this thread uses.
 *
 * A checksum shows that bytes are those that somebody wrote, not who did: nothing in a frame is believed. What an index
 * computes from something else is computed again (inverse norms, codes, the entry point); what it can't, is compared
 * with what linking, walking and searching rely on. Work and memory are in proportion to the bytes that
 * have come. On any error the caller drops the space.
 */
import {
  BEAM_CODES, BEAM_F32, BEAM_TURNED, BODILESS, BROKEN_CODE, BROKEN_KEY, BROKEN_LIST, BROKEN_ORDER, BROKEN_ROW,
  BROKEN_SPACE, BROKEN_TWIN, BROKEN_VECTOR, CHUNK_BITS, CHUNK_SLOTS, E_BROKEN, E_BUSY, E_FOREIGN, E_MEMORY, E_MORE,
  FE_HEADER, FE_LEFT_OUT, FRAME_BYTES, FRAME_END, FRAME_ROWS, FRAME_SLOTS, FRAME_SPACE, FS_ALL_BITS, FS_CHANGED, FS_CREATED,
  FS_DIMENSIONS, FS_DOUBT, FS_ELIGIBLE_BIT, FS_ENTRY, FS_F32_BIT, FS_FLAGS, FS_FORCED_BIT, FS_FORMAT, FS_GRAPH_BIT,
  FS_HEADER, FS_ID, FS_LIVE, FS_M, FS_METRIC, FS_NAME, FS_SEED, FS_SLOTS, FS_SOUND, FS_TURNED_BIT, FS_VERSION,
  F_BYTES, F_COUNT, F_FIRST, F_HEADER, F_KIND, GRAPH, G_BEAM, G_BODILESS, G_CENTROID, G_CLAIMED, G_COUNT, G_DEAD,
  G_DOUBT, G_ELIGIBLE, G_ENTRY, G_FLOOR, G_FORCE_F32, G_GRAPH, G_GRAPH_CHUNKS, G_KEY_TABLE, G_LINKED, G_LIVE, G_READY, G_SOUND,
  G_STATE, INTAKE_BYTES, KEY_LENGTH, LINKED, OK, PENDING, P_LIMIT, P_NEXT_SPACE_ID,
  RL_COUNT, RL_DIVERSE, RL_HEADER, R_AGE, R_DEAD_BIT, R_HEADER, R_KEY, R_STATE, R_TWIN, SKIPPED, SLOT_BIAS, SLOT_BORN,
  SLOT_DIED, SLOT_INVERSE, SLOT_KEY, SLOT_STATE, SLOT_TWIN, SNAPSHOT_FORMAT, S_CHANGED, S_CREATED, S_GENERATIONS,
  S_INCARNATION, S_LIVE, S_VERSION, TAG_UTF8, TWINNED, X_VECTORS,
} from "../layout";
import { ensureGraph } from "../graph/chunks";
import { capacityOf, twinsOf, writeLoadedList, writeOwnList } from "../graph/lists";
import { setOffset } from "../graph/promotion";
import { FULL } from "../graph/sight";
import { allocate, availableBytes, free, useReserve } from "../memory/arena";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import {
  codeStride, cosine, dimensions, flatBelow, levelOf, M, metric, paddedFloats, seed, slotStride,
} from "../memory/settings";
import { allBelow, contains, copyBytes, copyWords, padded } from "../memory/words";
import { checkVectorAt, inverseNorm, LARGEST_SQUARED_NORM, wishCompaction } from "../space/accept";
import { bytesFor, currentOf, storeKey } from "../space/generations";
import { hashKey } from "../memory/hashes";
import { emptyCell, fillCell, findCell } from "../space/keys";
import { offerRange } from "../space/portions";
import { enqueue, makeReady } from "../space/queues";
import { createSpace, findSpace } from "../space/spaces";
import { codeAddress, encodeSlot, resembles } from "../vectors/codes";
import { dotF32 } from "../vectors/kernels";
import { ageAddress, ALIVE, ensureSlot, slotAddress, stateOf, vectorOf } from "../vectors/slots";
import { isKey, isName } from "./encoding";
import { areRowsWhole, expectRows, loadPart, NO_MEMORY, problem, problemSlot } from "./rows";
import { linkedBits, namedAreLinked, twinsAreOnChains } from "./named";

const KEY_BYTES: u32 = 8; // of a key, as a guess
const LONGEST_MEAN: f32 = 1.001; // of unit vectors, squared
const LARGEST_VERSION: u64 = 1 << 53; // JavaScript reads ages as numbers
const SEEN_AT_ONCE: u32 = 1 << 14; // about 1 ms
const AHEAD: u32 = 4; // room is reserved for this many times the slots that have arrived

let space: usize = 0, generation: usize = 0; // space 0: the next frame must be a FRAME_SPACE
let cursor: usize = 0; // in the frame
let flags: u32 = 0, isGraph: bool = false;
let total: u32 = 0, expectedLive: u32 = 0, entry: u32 = 0;
let version: u64 = 0; // at the cut
let live: u32 = 0, linked: u32 = 0, twins: u32 = 0; // so far; twins are among the linked ones
let namesTwin: bool = false; // whether some record does
let bodiless: u32 = 0; // live slots without a vector
let highest: u32 = 0; // slot + 1 of the first linked slot of the highest level
let floor: u32 = 0; // first slot that is not linked
let room: u32 = 0; // slots that the memory has grown for
let bits: usize = 0, seen: u32 = 0; // of linked slots, at the end; how many lists were seen
let deadKey: usize = 0; // the empty key, for slots whose key no longer matters

/**
 * Loads the frame in the intake; `home` is that of the space, `first`: a new one begins. OK, E_BROKEN, E_MEMORY, with
 * X_INFO: address (0: there is none) and incarnation of the space; E_FOREIGN, X_INFO: the word that differs; E_BUSY;
 * E_MORE: call again with the same frame.
 */
export function loadFrame(home: u32, first: bool): i32 {
  if (!lockPartition()) return E_BUSY;
  useReserve(true); // a compaction may have used it when the snapshot was taken
  const frame = base + X_VECTORS;
  const kind = load<u32>(frame + F_KIND);
  const end = frame + min<u32>(load<u32>(frame + F_BYTES), max<u32>(INTAKE_BYTES, paddedFloats * 4));
  if (first) space = 0;
  let status = broken(BROKEN_ORDER, space == 0 ? 0 : load<u32>(generation + G_COUNT));
  if (first && kind == FRAME_SPACE) status = loadSpace(frame, end, home);
  else if (space != 0 && kind == FRAME_BYTES) status = OK; // counted again when asked for
  else if (space != 0 && kind == FRAME_SLOTS) status = loadSlots(frame, end);
  else if (space != 0 && kind == FRAME_ROWS) status = loadRows(frame, end);
  else if (space != 0 && kind == FRAME_END) status = loadEnd(frame, end);
  if (status != E_MORE) {
    free(bits);
    bits = 0;
  }
  useReserve(false);
  if (status != E_FOREIGN) {
    info(0, <u32>space);
    info(1, space == 0 ? 0 : load<u32>(space + S_INCARNATION));
  }
  if (status != E_MORE && (status != OK || kind == FRAME_END)) space = 0;
  return unlocked(status);
}

function broken(what: u32, slot: u32): i32 {
  info(2, what);
  info(3, slot);
  return E_BROKEN;
}

function differs(frame: usize, at: u32, value: u32): bool {
  if (load<u32>(frame + at) == value) return false;
  info(0, at);
  return true;
}

function loadSpace(frame: usize, end: usize, home: u32): i32 {
  if (frame + FS_HEADER > end) return E_BROKEN;
  if (differs(frame, FS_FORMAT, SNAPSHOT_FORMAT) || differs(frame, FS_DIMENSIONS, dimensions)) return E_FOREIGN;
  if (differs(frame, FS_METRIC, metric) || differs(frame, FS_M, M) || differs(frame, FS_SEED, seed)) return E_FOREIGN;
  const header = load<u32>(frame + FS_NAME);
  const name = frame + FS_HEADER;
  flags = load<u32>(frame + FS_FLAGS);
  total = load<u32>(frame + FS_SLOTS);
  expectedLive = load<u32>(frame + FS_LIVE);
  entry = load<u32>(frame + FS_ENTRY);
  version = load<u64>(frame + FS_VERSION);
  isGraph = (flags & FS_GRAPH_BIT) != 0;
  const centroid = name + padded(header & KEY_LENGTH);
  const centroidBytes: usize = isGraph ? paddedFloats * 4 : 0;
  if (centroid + centroidBytes > end) return E_BROKEN;
  if (!isPossible() || !isName(header, name) || findSpace(name, header) != 0) return broken(BROKEN_SPACE, 0);
  if (<u64>total * slotStride > load<u32>(P_LIMIT)) return E_MEMORY;
  const id = load<u32>(frame + FS_ID);
  const nextId = load<u32>(P_NEXT_SPACE_ID);
  store<u32>(P_NEXT_SPACE_ID, id);
  const created = createSpace(name, header, home);
  store<u32>(P_NEXT_SPACE_ID, max<u32>(nextId, id + 1));
  if (created == 0) return E_MEMORY;
  space = created;
  store<u64>(space + S_CREATED, load<u64>(frame + FS_CREATED));
  store<u64>(space + S_CHANGED, load<u64>(frame + FS_CHANGED));
  store<u64>(space + S_VERSION, max<u64>(version, 1)); // the living are born at 0, the dead died at 1
  generation = currentOf(load<u64>(space + S_GENERATIONS));
  live = linked = twins = highest = room = bodiless = 0;
  namesTwin = false;
  expectRows();
  floor = total;
  deadKey = 0;
  store<u32>(generation + G_FORCE_F32, flags & FS_FORCED_BIT ? 1 : 0);
  return isGraph ? startGraph(frame, centroid) : OK;
}

/** Whether flags and counts go together. */
function isPossible(): bool {
  if ((flags & ~FS_ALL_BITS) != 0 || expectedLive > total || entry > total) return false;
  if (version > LARGEST_VERSION) return false;
  return isGraph ? entry != 0 : entry == 0 && (flags & (FS_F32_BIT | FS_TURNED_BIT)) == 0;
}

function startGraph(frame: usize, centroid: usize): i32 {
  if (!ensureGraph(generation, 0)) return E_MEMORY;
  copyBytes(load<u32>(generation + G_CENTROID), centroid, paddedFloats * 4);
  if (!isCentroid(load<u32>(generation + G_CENTROID))) return broken(BROKEN_SPACE, 0);
  store<u32>(generation + G_BEAM, flags & FS_F32_BIT ? BEAM_F32 : flags & FS_TURNED_BIT ? BEAM_TURNED : BEAM_CODES);
  store<u32>(generation + G_SOUND, min<u32>(load<u32>(frame + FS_SOUND), total));
  store<u32>(generation + G_DOUBT, min<u32>(load<u32>(frame + FS_DOUBT), FULL));
  setOffset(generation);
  atomic.store<u32>(generation + G_STATE, GRAPH); // however high `flatBelow` is here
  return OK;
}

/** A mean of vectors is no longer than the longest, and has nothing where they have nothing. */
function isCentroid(centroid: usize): bool {
  for (let i = dimensions; i < paddedFloats; i++) if (load<f32>(centroid + (i << 2)) != 0) return false;
  const squares = dotF32(centroid, centroid, paddedFloats);
  return squares <= (cosine ? LONGEST_MEAN : LARGEST_SQUARED_NORM);
}

/**
 * Grows the memory a few times for many slots each, instead of by an eighth many times: each growth ends in pages of
 * 4 KiB. Only for a multiple of the slots that have come: what a frame says costs its sender nothing.
 */
function makeRoom(arrived: u32): void {
  if (arrived <= room) return;
  room = <u32>min<u64>(total, <u64>arrived * AHEAD);
  const slots = room - load<u32>(generation + G_COUNT);
  const bytes = bytesFor(generation, slots, slots * KEY_BYTES);
  if (bytes <= availableBytes()) free(allocate(<u32>bytes, 0));
}

function loadSlots(frame: usize, end: usize): i32 {
  const slot = load<u32>(generation + G_COUNT);
  cursor = frame + F_HEADER;
  if (cursor > end || load<u32>(frame + F_FIRST) != slot) return E_BROKEN;
  const count = load<u32>(frame + F_COUNT);
  if (<u64>slot + count > total || <u64>count * (R_HEADER + dimensions * 4) > end - cursor) return E_BROKEN;
  makeRoom(slot + count);
  for (let i: u32 = 0; i < count; i++) {
    const status = loadRecord(slot + i, end);
    if (status != OK) return status;
  }
  return OK;
}

function loadRows(frame: usize, end: usize): i32 {
  if (load<u32>(generation + G_COUNT) != total) return E_BROKEN;
  let at = frame + F_HEADER;
  for (let left = load<u32>(frame + F_COUNT); left > 0; left--) {
    at = loadPart(generation, total, at, end);
    if (at == 0) return problem == NO_MEMORY ? E_MEMORY : broken(problem, problemSlot);
  }
  return OK;
}

function loadRecord(slot: u32, end: usize): i32 {
  const at = cursor;
  const vectorBytes = dimensions * 4;
  if (at + R_HEADER + vectorBytes > end) return broken(BROKEN_ORDER, slot);
  const dead = (load<u32>(at + R_STATE) & R_DEAD_BIT) != 0;
  const state = load<u32>(at + R_STATE) & ~R_DEAD_BIT;
  const header = load<u32>(at + R_KEY);
  const twin = load<u32>(at + R_TWIN);
  const key = at + R_HEADER + vectorBytes;
  cursor = key + padded(header & KEY_LENGTH);
  const isWaiting = state == PENDING || state == BODILESS;
  if (cursor > end || (!isWaiting && (!isGraph || (state != LINKED && state != TWINNED)))) {
    return broken(BROKEN_ORDER, slot);
  }
  if (twin > total || (isWaiting && twin != 0)) return broken(BROKEN_TWIN, slot);
  if (twin != 0) namesTwin = true;
  if (load<u64>(at + R_AGE) > version) return broken(BROKEN_ORDER, slot);
  if (dead ? header != 0 : !isKey(header, key)) return broken(BROKEN_KEY, slot);
  if (!ensureSlot(generation, 0) || (isGraph && !ensureGraph(generation, 0))) return E_MEMORY;

  const slotAt = slotAddress(generation, slot);
  store<u64>(slotAt + SLOT_BORN, 0);
  store<u64>(slotAt + SLOT_DIED, dead ? 1 : ALIVE);
  store<u32>(slotAt + SLOT_STATE, state == PENDING && dead ? SKIPPED : state);
  store<u32>(slotAt + SLOT_TWIN, 0);
  store<u64>(ageAddress(generation, slot), load<u64>(at + R_AGE));
  const vector = vectorOf(slotAt);
  copyWords(vector, at + R_HEADER, dimensions);
  for (let i = dimensions; i < paddedFloats; i++) store<f32>(vector + (i << 2), 0);
  if (state == BODILESS) {
    if (!isNothing(vector)) return broken(BROKEN_VECTOR, slot);
    bodiless += dead ? 0 : 1;
    store<u32>(generation + G_BODILESS, load<u32>(generation + G_BODILESS) + 1);
  } else if (checkVectorAt(vector) != OK) {
    return broken(BROKEN_VECTOR, slot);
  }
  store<f32>(slotAt + SLOT_INVERSE, state == BODILESS ? 1 : inverseNorm);
  const known = dead ? emptyKey(slotAt) : loadKey(slot, slotAt, key, header);
  if (known != OK) return known;
  if (state == PENDING) {
    if (floor == total && !dead) floor = slot;
  } else if (state != BODILESS) {
    linked++;
    const status = state == LINKED ? loadLinked(slot, slotAt, twin, end) : loadTwin(slot, slotAt, twin, end);
    if (status != OK) return broken(status, slot);
  }
  store<u32>(generation + G_COUNT, slot + 1);
  return OK;
}

function isNothing(vector: usize): bool {
  for (let i: u32 = 0; i < dimensions; i++) if (load<f32>(vector + (i << 2)) != 0) return false;
  return true;
}

function emptyKey(slotAt: usize): i32 {
  if (deadKey == 0) deadKey = storeKey(generation, base, TAG_UTF8 << 24, 0);
  store<u32>(slotAt + SLOT_KEY, <u32>deadKey);
  return deadKey == 0 ? E_MEMORY : OK;
}

function loadKey(slot: u32, slotAt: usize, key: usize, header: u32): i32 {
  const table = generation + G_KEY_TABLE;
  const hash = hashKey(key, header);
  if (findCell(table, hash, key, header) != 0) return broken(BROKEN_KEY, slot);
  const record = storeKey(generation, key, header, 0);
  const cell: usize = record == 0 ? 0 : emptyCell(table, hash, 0);
  if (cell == 0) return E_MEMORY;
  store<u32>(slotAt + SLOT_KEY, <u32>record);
  fillCell(table, cell, hash, slot + SLOT_BIAS);
  live++;
  return OK;
}

/** Computes the code of a vector, and compares. */
function loadCode(slot: u32, slotAt: usize, end: usize): bool {
  const code = cursor;
  cursor += codeStride;
  if (cursor > end) return false;
  const record = codeAddress(load<u32>(generation + G_GRAPH), slot);
  encodeSlot(generation, slotAt, record);
  return resembles(record, code);
}

/** BROKEN_* or OK. */
function loadTwin(slot: u32, slotAt: usize, next: u32, end: usize): u32 {
  twins++;
  store<u32>(slotAt + SLOT_TWIN, next);
  return loadCode(slot, slotAt, end) ? OK : BROKEN_CODE;
}

/** BROKEN_* or OK. */
function loadLinked(slot: u32, slotAt: usize, twin: u32, end: usize): u32 {
  if (!loadCode(slot, slotAt, end)) return BROKEN_CODE;
  store<u32>(twinsOf(generation, slot), twin);
  const levels = levelOf(slot);
  if (highest == 0 || levels > levelOf(highest - 1)) highest = slot + 1;
  for (let level: u32 = 0; level <= levels; level++) {
    if (!loadList(slot, level, end)) return BROKEN_LIST;
  }
  return OK;
}

function loadList(slot: u32, level: u32, end: usize): bool {
  if (cursor + RL_HEADER > end) return false;
  const count = load<u32>(cursor + RL_COUNT);
  const diverse = load<u32>(cursor + RL_DIVERSE);
  if (count > capacityOf(level) || diverse > count) return false;
  const ids = cursor + RL_HEADER;
  const distances = ids + (count << 2);
  cursor = level == 0 ? distances : distances + (count << 2);
  if (cursor > end || !allBelow(ids, count, total) || contains(ids, count, slot)) return false;
  if (level == 0) {
    writeLoadedList(generation, slot, ids, count, diverse); // what it names twice goes once it is written
    return true;
  }
  for (let i: u32 = 0; i < count; i++) {
    const id = load<u32>(ids + (i << 2));
    if (levelOf(id) < level || contains(ids, i, id) || !isFinite(load<f32>(distances + (i << 2)))) return false;
  }
  writeOwnList(generation, slot, level, ids, distances, count, diverse);
  return true;
}

function loadEnd(frame: usize, end: usize): i32 {
  const count = load<u32>(generation + G_COUNT);
  if (frame + FE_HEADER > end || count != total || load<u32>(frame + F_FIRST) != total) return E_BROKEN;
  if (live != expectedLive || load<u32>(frame + F_COUNT) != linked) return E_BROKEN;
  if (!areRowsWhole(bodiless)) return broken(BROKEN_ROW, count);
  const status = isGraph ? checkGraph(count) : OK;
  if (status != OK) return status;
  store<u32>(generation + G_LIVE, live);
  store<u32>(generation + G_DEAD, count - live);
  store<u32>(generation + G_LINKED, linked);
  store<u32>(generation + G_FLOOR, floor);
  store<u32>(generation + G_CLAIMED, floor);
  store<u32>(generation + G_READY, floor);
  store<u32>(generation + G_ENTRY, entry);
  store<u32>(space + S_LIVE, live);
  if (isGraph || (flags & FS_ELIGIBLE_BIT) != 0 || live > flatBelow) {
    if (!ensureGraph(generation, 0)) return E_MEMORY;
    atomic.xchg<u32>(generation + G_ELIGIBLE, count);
    offerRange(generation, floor, count);
    makeReady(space);
    enqueue(space);
  }
  wishCompaction(space);
  return OK;
}

/** OK, or E_MORE: call again with the same frame; or an error. */
function checkGraph(count: u32): i32 {
  if (stateOf(slotAddress(generation, entry - 1)) != LINKED) return broken(BROKEN_SPACE, entry - 1);
  // A slot may have been linked above the entry point after the cut.
  if (levelOf(entry - 1) < levelOf(highest - 1)) entry = highest;
  if (linked == count && twins == 0 && !namesTwin) return OK; // whatever is named is linked
  if (bits == 0) {
    bits = linkedBits(generation, count);
    seen = 0;
    if (bits == 0) return E_MEMORY;
  }
  const next = min<u32>(count, seen + SEEN_AT_ONCE);
  if (!namedAreLinked(generation, seen, next, bits)) return broken(BROKEN_LIST, count);
  seen = next;
  if (seen < count) return E_MORE;
  return twinsAreOnChains(generation, count, twins, bits) ? OK : broken(BROKEN_TWIN, count);
}
