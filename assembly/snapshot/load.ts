/*
 * How does a space come back from a snapshot? Frame by frame (write.ts), into a new space that only this thread uses.
 *
 * JavaScript has verified each frame's checksum, so its bytes are those that were written; what can be wrong is that
 * frames are missing, come twice, or belong to an index of other settings. On any error the caller drops the space.
 */
import {
  BEAM_CODES, BEAM_F32, CHUNK_BITS, CHUNK_SLOTS, COMPACT_BLIND, E_BROKEN, E_BUSY, E_FOREIGN, E_MEMORY, FE_LEFT_OUT,
  FRAME_END, FRAME_SLOTS, FRAME_SPACE, FS_BLIND_BIT, FS_CHANGED, FS_CHECKED, FS_CREATED, FS_DIMENSIONS, FS_ELIGIBLE_BIT,
  FS_ENTRY, FS_F32_BIT, FS_FLAGS, FS_FORCED_BIT, FS_FORMAT, FS_GRAPH_BIT, FS_HEADER, FS_ID, FS_LIVE, FS_M, FS_METRIC,
  FS_NAME, FS_SEED, FS_SLOTS, F_BYTES, F_COUNT, F_FIRST, F_HEADER, F_KIND, GRAPH, G_BEAM, G_BLIND,
  G_CENTROID, G_CHECKED, G_CLAIMED, G_COUNT, G_DEAD, G_ELIGIBLE, G_ENTRY, G_FLOOR, G_FORCE_F32, G_GRAPH, G_GRAPH_CHUNKS,
  G_KEY_TABLE, G_LINKED, G_LIVE, G_STATE, INTAKE_BYTES, KEY_LENGTH, LINKED, MAX_KEY_BYTES, OK, PENDING,
  P_NEXT_SPACE_ID, RL_COUNT, RL_DIVERSE, RL_HEADER, R_DEAD_BIT, R_HEADER, R_INVERSE, R_KEY, R_STATE, R_TWIN, SKIPPED,
  SLOT_BIAS, SLOT_BORN, SLOT_DIED, SLOT_INVERSE, SLOT_KEY, SLOT_STATE, SLOT_TWIN, SNAPSHOT_FORMAT, STATE_MASK,
  S_CHANGED, S_CREATED, S_GENERATIONS, S_INCARNATION, S_LIVE, S_VERSION, S_WANTS_COMPACTION, TAG_UTF8, TWINNED,
  X_VECTORS,
} from "../layout";
import { ensureGraph } from "../graph/chunks";
import { capacityOf, twinsOf, writeBareList, writeOwnList } from "../graph/lists";
import { allocate, availableBytes, free, useReserve } from "../memory/arena";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import {
  codeStride, dimensions, distancesBytes, flatBelow, levelOf, M, metric, paddedFloats, seed,
} from "../memory/settings";
import { allBelow, copyBytes, copyWords, padded } from "../memory/words";
import { wishCompaction } from "../space/accept";
import { bytesFor, currentOf, storeKey } from "../space/generations";
import { hashKey } from "../space/hashes";
import { emptyCell, fillCell } from "../space/keys";
import { addDepth, enqueue } from "../space/queues";
import { createSpace, findSpace } from "../space/spaces";
import { codeAddress } from "../vectors/codes";
import { ALIVE, ensureSlot, nextTwin, slotAddress, stateOf, vectorOf } from "../vectors/slots";

const KEY_BYTES: u32 = 8; // of a key, as a guess

let space: usize = 0, generation: usize = 0; // space 0: the next frame must be a FRAME_SPACE
let cursor: usize = 0; // in the frame
let flags: u32 = 0, isGraph: bool = false;
let total: u32 = 0, expectedLive: u32 = 0, entry: u32 = 0;
let live: u32 = 0, linked: u32 = 0, twins: u32 = 0; // so far; twins are among the linked ones
let floor: u32 = 0; // first slot that is not linked
let deadKey: usize = 0; // the empty key, for slots whose key no longer matters

/**
 * Loads the frame in the intake; `home` is that of the space, `first`: a new one begins. OK, E_BROKEN, E_MEMORY, with
 * X_INFO: address (0: there is none) and incarnation of the space; E_FOREIGN, X_INFO: the word that differs; E_BUSY.
 */
export function loadFrame(home: u32, first: bool): i32 {
  if (!lockPartition()) return E_BUSY;
  useReserve(true); // a compaction may have used it when the snapshot was taken
  const frame = base + X_VECTORS;
  const kind = load<u32>(frame + F_KIND);
  let status = E_BROKEN;
  if (first) space = 0;
  if (first && kind == FRAME_SPACE) status = loadSpace(frame, home);
  else if (space != 0 && kind == FRAME_SLOTS) status = loadSlots(frame);
  else if (space != 0 && kind == FRAME_END) status = loadEnd(frame);
  useReserve(false);
  if (status != E_FOREIGN) {
    info(0, <u32>space);
    info(1, space == 0 ? 0 : load<u32>(space + S_INCARNATION));
  }
  if (status != OK || kind == FRAME_END) space = 0;
  return unlocked(status);
}

function differs(frame: usize, at: u32, value: u32): bool {
  if (load<u32>(frame + at) == value) return false;
  info(0, at);
  return true;
}

function loadSpace(frame: usize, home: u32): i32 {
  if (differs(frame, FS_FORMAT, SNAPSHOT_FORMAT) || differs(frame, FS_DIMENSIONS, dimensions)) return E_FOREIGN;
  if (differs(frame, FS_METRIC, metric) || differs(frame, FS_M, M) || differs(frame, FS_SEED, seed)) return E_FOREIGN;
  const header = load<u32>(frame + FS_NAME);
  const name = frame + FS_HEADER;
  if ((header & KEY_LENGTH) > MAX_KEY_BYTES || findSpace(name, header) != 0) return E_BROKEN;
  const id = load<u32>(frame + FS_ID);
  const nextId = load<u32>(P_NEXT_SPACE_ID);
  store<u32>(P_NEXT_SPACE_ID, id);
  const created = createSpace(name, header, home);
  store<u32>(P_NEXT_SPACE_ID, max<u32>(nextId, id + 1));
  if (created == 0) return E_MEMORY;
  space = created;
  store<u64>(space + S_CREATED, load<u64>(frame + FS_CREATED));
  store<u64>(space + S_CHANGED, load<u64>(frame + FS_CHANGED));
  store<u64>(space + S_VERSION, 1); // the living are born at 0, the dead died at 1
  generation = currentOf(load<u64>(space + S_GENERATIONS));
  flags = load<u32>(frame + FS_FLAGS);
  total = load<u32>(frame + FS_SLOTS);
  expectedLive = load<u32>(frame + FS_LIVE);
  entry = load<u32>(frame + FS_ENTRY);
  isGraph = (flags & FS_GRAPH_BIT) != 0;
  live = linked = twins = 0;
  floor = total;
  deadKey = 0;
  store<u32>(generation + G_FORCE_F32, flags & FS_FORCED_BIT ? 1 : 0);
  if (!isGraph) {
    makeRoom();
    return entry == 0 ? OK : E_BROKEN;
  }
  if (entry == 0 || entry > total) return E_BROKEN;
  if (!ensureGraph(generation, 0, true)) return E_MEMORY;
  const centroid = name + padded(header & KEY_LENGTH);
  copyBytes(load<u32>(generation + G_CENTROID), centroid, paddedFloats * 4);
  store<u32>(generation + G_BEAM, flags & FS_F32_BIT ? BEAM_F32 : BEAM_CODES);
  store<u32>(generation + G_CHECKED, load<u32>(frame + FS_CHECKED));
  store<u32>(generation + G_BLIND, flags & FS_BLIND_BIT ? 1 : 0);
  atomic.store<u32>(generation + G_STATE, GRAPH);
  makeRoom(); // a graph's, however high `flatBelow` is here
  return OK;
}

/** Grows the memory once, instead of by an eighth several times: each growth ends in pages of 4 KiB. */
function makeRoom(): void {
  let bytes = bytesFor(generation, total, total * KEY_BYTES);
  const chunks = ((total + CHUNK_SLOTS - 1) >>> CHUNK_BITS) - load<u32>(generation + G_GRAPH_CHUNKS);
  if (isGraph) bytes -= <u64>chunks * distancesBytes; // they come later, if ever
  if (bytes <= availableBytes()) free(allocate(<u32>bytes, 0));
}

function loadSlots(frame: usize): i32 {
  const count = load<u32>(frame + F_COUNT);
  if (load<u32>(frame + F_FIRST) != load<u32>(generation + G_COUNT)) return E_BROKEN;
  if (<u64>load<u32>(generation + G_COUNT) + count > total) return E_BROKEN;
  const end = frame + min<u32>(load<u32>(frame + F_BYTES), max<u32>(INTAKE_BYTES, paddedFloats * 4));
  cursor = frame + F_HEADER;
  for (let i: u32 = 0; i < count; i++) {
    const status = loadRecord(end);
    if (status != OK) return status;
  }
  return OK;
}

function loadRecord(end: usize): i32 {
  const at = cursor;
  const vectorBytes = dimensions * 4;
  if (at + R_HEADER + vectorBytes > end) return E_BROKEN;
  const slot = load<u32>(generation + G_COUNT);
  const state = load<u32>(at + R_STATE) & STATE_MASK;
  const dead = (load<u32>(at + R_STATE) & R_DEAD_BIT) != 0;
  const header = load<u32>(at + R_KEY);
  const twin = load<u32>(at + R_TWIN);
  const key = at + R_HEADER + vectorBytes;
  cursor = key + padded(header & KEY_LENGTH);
  if (cursor > end || twin > total || (header & KEY_LENGTH) > MAX_KEY_BYTES) return E_BROKEN;
  if (state != PENDING && !isGraph) return E_BROKEN;
  if (!ensureSlot(generation, 0) || (isGraph && !ensureGraph(generation, 0, true))) return E_MEMORY;
  const record = dead ? emptyKey() : storeKey(generation, key, header, 0);
  if (record == 0) return E_MEMORY;

  const slotAt = slotAddress(generation, slot);
  store<u64>(slotAt + SLOT_BORN, 0);
  store<u64>(slotAt + SLOT_DIED, dead ? 1 : ALIVE);
  store<f32>(slotAt + SLOT_INVERSE, load<f32>(at + R_INVERSE));
  store<u32>(slotAt + SLOT_KEY, <u32>record);
  store<u32>(slotAt + SLOT_STATE, state == PENDING && dead ? SKIPPED : state);
  store<u32>(slotAt + SLOT_TWIN, 0);
  const vector = vectorOf(slotAt);
  copyWords(vector, at + R_HEADER, dimensions);
  for (let i = dimensions; i < paddedFloats; i++) store<f32>(vector + (i << 2), 0);
  if (!dead) {
    const hash = hashKey(key, header);
    const cell = emptyCell(generation + G_KEY_TABLE, hash, 0);
    if (cell == 0) return E_MEMORY;
    fillCell(generation + G_KEY_TABLE, cell, hash, slot + SLOT_BIAS);
    live++;
  }
  if (state == PENDING) {
    if (floor == total && !dead) floor = slot;
  } else {
    linked++;
    if (state != LINKED) twins++;
    if (!loadLinks(slot, slotAt, state, twin, end)) return E_BROKEN;
  }
  store<u32>(generation + G_COUNT, slot + 1);
  return OK;
}

function emptyKey(): usize {
  if (deadKey == 0) deadKey = storeKey(generation, base, TAG_UTF8 << 24, 0);
  return deadKey;
}

function loadLinks(slot: u32, slotAt: usize, state: u32, twin: u32, end: usize): bool {
  if (cursor + codeStride > end) return false;
  copyWords(codeAddress(load<u32>(generation + G_GRAPH), slot), cursor, codeStride >>> 2);
  cursor += codeStride;
  if (state != LINKED) {
    store<u32>(slotAt + SLOT_TWIN, twin);
    return true;
  }
  store<u32>(twinsOf(generation, slot), twin);
  const levels = levelOf(slot);
  for (let level: u32 = 0; level <= levels; level++) {
    if (cursor + RL_HEADER > end) return false;
    const count = load<u32>(cursor + RL_COUNT);
    const diverse = load<u32>(cursor + RL_DIVERSE);
    const ids = cursor + RL_HEADER;
    cursor = ids + (count << (level == 0 ? 2 : 3));
    if (count > capacityOf(level) || diverse > count || cursor > end) return false;
    if (!allBelow(ids, count, total)) return false;
    if (level == 0) writeBareList(generation, slot, ids, count, diverse);
    else writeOwnList(generation, slot, level, ids, ids + (count << 2), count, diverse);
  }
  return true;
}

function loadEnd(frame: usize): i32 {
  const count = load<u32>(generation + G_COUNT);
  if (count != total || load<u32>(frame + F_FIRST) != total) return E_BROKEN;
  if (live != expectedLive || load<u32>(frame + F_COUNT) != linked) return E_BROKEN;
  if (isGraph && stateOf(slotAddress(generation, entry - 1)) != LINKED) return E_BROKEN;
  if (twins != twinsOnChains(count)) return E_BROKEN;
  store<u32>(generation + G_LIVE, live);
  store<u32>(generation + G_DEAD, count - live);
  store<u32>(generation + G_LINKED, linked);
  store<u32>(generation + G_FLOOR, floor);
  store<u32>(generation + G_CLAIMED, floor);
  store<u32>(generation + G_ENTRY, entry);
  store<u32>(space + S_LIVE, live);
  if (isGraph || (flags & FS_ELIGIBLE_BIT) != 0 || live > flatBelow) {
    // Accepting makes room for distances; but what waits, or has to be mended, is linked without it.
    const isWhole = isGraph && floor == count && load<u64>(frame + FE_LEFT_OUT) == 0;
    if (!ensureGraph(generation, 0, isWhole)) return E_MEMORY;
    addDepth(space, count - floor);
    atomic.xchg<u32>(generation + G_ELIGIBLE, count);
    enqueue(space);
  }
  wishCompaction(space);
  if (flags & FS_BLIND_BIT) {
    atomic.store<u32>(space + S_WANTS_COMPACTION, COMPACT_BLIND);
    enqueue(space);
  }
  return OK;
}

/** How many twins are on the chain of a linked slot: all of them must be. */
function twinsOnChains(count: u32): u32 {
  let found: u32 = 0;
  for (let slot: u32 = 0; slot < count && found <= twins; slot++) {
    if (stateOf(slotAddress(generation, slot)) != LINKED) continue;
    let twin = load<u32>(twinsOf(generation, slot));
    for (; twin != 0 && found <= twins; twin = nextTwin(generation, twin), found++) {
      if (stateOf(slotAddress(generation, twin - 1)) != TWINNED) return ~0;
    }
  }
  return found;
}
