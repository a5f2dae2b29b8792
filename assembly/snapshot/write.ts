/*
 * What is a space's snapshot, and how is it taken while others add, link and search? Frame by frame, without a pause.
 *
 *   FRAME_SPACE   settings, id, the cut, the name, the centroid
 *   FRAME_SLOTS   records of consecutive slots, as many as fit into the intake (64 KiB)
 *   FRAME_END     how many slots and links there were
 *
 *   record        [state][key header][1/norm][twin] [vector] [key], if it was linked [code], and of a linked slot, per
 *                 level, [count][kept][ids], above level 0 with [distances]
 *
 * The cut is taken under the partition lock: the number of slots, the version, and the number of the partition's last
 * op. What is visible at that version is in, and what was dead by then only to lead through it. Slots below the cut do
 * not change any more, except by dying later, which the version tells.
 *
 * The graph of a snapshot is the one between the slots that were linked soon after the cut: a bit each. A list is copied
 * under its node lock, without ids whose bit is not set; a slot without its bit is to be linked again by whoever loads
 * the snapshot. So every list of a snapshot names only slots that have their lists in it. The ways that led through
 * newer slots are missing; FE_LEFT_OUT says how many, and whoever loads such a snapshot walks a census.
 *
 * Of a space that is being compacted, what still lives in the generation that is being emptied comes after the slots of
 * the current one, unlinked. Codes follow from vectors and centroid, but making them again takes longer than reading
 * them, above all in code that is not warm.
 * Distances on level 0 are nobody's need before something is linked.
 */
import {
  BEAM_F32, E_BUSY, E_MEMORY, E_MORE, E_STALE, FE_HEADER, FE_LEFT_OUT, FRAME_END, FRAME_SLOTS, FRAME_SPACE,
  FS_BLIND_BIT, FS_CHANGED, FS_CHECKED, FS_CREATED, FS_DIMENSIONS, FS_ELIGIBLE_BIT, FS_ENTRY, FS_F32_BIT, FS_FLAGS,
  FS_FORCED_BIT, FS_FORMAT, FS_GRAPH_BIT, FS_HEADER, FS_ID, FS_LIVE, FS_M, FS_METRIC, FS_NAME, FS_OFFSET, FS_SEED,
  FS_SEQUENCE, FS_SLOTS, F_BYTES, F_COUNT, F_FIRST, F_HEADER, F_KIND, GRAPH, G_BEAM, G_BLIND, G_CENTROID, G_CHECKED,
  G_COUNT, G_ELIGIBLE, G_ENTRY, G_FORCE_F32, G_GRAPH, G_LIVE, G_OFFSET, G_STATE, INTAKE_BYTES, KEY_HEADER, LINKED,
  MAX_KEY_BYTES, PENDING, P_LOCK, P_SEQUENCE, R_DEAD_BIT, R_HEADER, R_INVERSE, R_KEY, R_STATE, R_TWIN,
  SEAT_HELD_PARTITION, SLOT_BORN, SLOT_DIED, SLOT_KEY, SLOT_TWIN, SNAPSHOT_FORMAT, S_CHANGED, S_CREATED,
  S_GENERATIONS, S_ID, S_LIVE, S_NAME, S_VERSION, TWINNED, X_VECTORS,
} from "../layout";
import { allocate, free, useReserve } from "../memory/arena";
import { codeAddress } from "../vectors/codes";
import { announce, park } from "../space/retirement";
import { copyLists, idsLeftOut, listsBytes, twinsOf } from "../graph/links";
import { base, info } from "../memory/scratch";
import { codeStride, dimensions, M, metric, paddedFloats, seed } from "../memory/settings";
import { inverseOf, slotAddress, stateOf, vectorOf } from "../vectors/slots";
import { isAlive } from "../space/spaces";
import { release, tryAcquire } from "../memory/locks";
import { clearBytes, copyBytes, copyWords } from "../memory/words";

const MARKED_AT_ONCE: u32 = 1 << 16; // about 1 ms

let space: usize = 0;
let incarnation: u32 = 0;
let generation: usize = 0;
let emptying: usize = 0;
let version: u64 = 0;
let sequence: u64 = 0;
let changed: u64 = 0;
let count: u32 = 0; // slots of `generation` below the cut
let total: u32 = 0; // and of `emptying`, that were visible
let live: u32 = 0;
let entry: u32 = 0;
let isGraph: bool = false;
let marks: usize = 0; // a bit per slot of `generation`: its lists are part of the snapshot
let marked: u32 = 0; // slots of `generation` that were looked at for their bit

let kind: u32 = 0; // of the next frame
let next: u32 = 0; // next slot of `generation`, then of `emptying`
let written: u32 = 0;
let linked: u32 = 0;
let leftOut: u64 = 0; // ids in lists that were linked after the marks

/**
 * Takes the cut of a space. X_INFO: slots, number of the last op in it (two words). OK, E_STALE, E_BUSY or E_MEMORY.
 * After OK, until `endSnapshot`, this seat must make no other call but `nextFrame`: its epoch stays announced.
 */
export function startSnapshot(that: usize, ofIncarnation: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  announce();
  space = that;
  incarnation = ofIncarnation;
  let answer = E_STALE;
  if (isAlive(that, ofIncarnation)) answer = cut() ? 0 : E_MEMORY;
  release(P_LOCK, SEAT_HELD_PARTITION);
  if (answer != 0) {
    park();
    return answer;
  }
  if (marks != 0) clearBytes(marks, (count + 7) >>> 3);
  marked = 0;
  kind = FRAME_SPACE;
  next = 0;
  written = 0;
  linked = 0;
  leftOut = 0;
  info(0, total);
  info(1, <u32>sequence);
  info(2, <u32>(sequence >> 32));
  return 0;
}

function cut(): bool {
  const generations = load<u64>(space + S_GENERATIONS);
  generation = <u32>generations;
  emptying = <u32>(generations >> 32);
  version = load<u64>(space + S_VERSION);
  sequence = load<u64>(P_SEQUENCE);
  changed = load<u64>(space + S_CHANGED);
  count = load<u32>(generation + G_COUNT);
  live = load<u32>(space + S_LIVE);
  total = count + (emptying == 0 ? 0 : load<u32>(emptying + G_LIVE));
  isGraph = atomic.load<u32>(generation + G_STATE) == GRAPH;
  entry = isGraph ? atomic.load<u32>(generation + G_ENTRY) : 0; // linked already, and below the cut
  marks = 0;
  if (entry == 0) return true;
  useReserve(true);
  marks = allocate((count + 7) >>> 3, 0);
  useReserve(false);
  return marks != 0;
}

/**
 * Looks at the next slots.
 *
 * Twins count only by the chain of a linked slot: one may hang on a slot that is not linked yet, and then both are to be
 * linked again.
 */
function markLinked(): void {
  const end = min<u32>(count, marked + MARKED_AT_ONCE);
  for (let slot = marked; slot < end; slot++) {
    if (stateOf(slotAddress(generation, slot)) != LINKED) continue;
    mark(slot);
    let twin = load<u32>(twinsOf(generation, slot));
    while (twin != 0) {
      const at = slotAddress(generation, twin - 1);
      if (twin <= count && stateOf(at) == TWINNED) mark(twin - 1);
      twin = load<u32>(at + SLOT_TWIN);
    }
  }
  marked = end;
}

function mark(slot: u32): void {
  const byte = marks + (slot >>> 3);
  const bit: u32 = 1 << (slot & 7);
  store<u8>(byte, load<u8>(byte) | <u8>bit);
}

function isMarked(slot: u32): bool {
  return marks != 0 && slot < count && (load<u8>(marks + (slot >>> 3)) & (1 << (slot & 7))) != 0;
}

/**
 * Writes the next frame to the intake. Answers its bytes, 0 after the last one, or E_STALE: the space was dropped. E_MORE:
 * again, there is more to look at before the first one; E_BUSY: again later, the next slot's lists are being written.
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
    kind = total == 0 ? FRAME_END : FRAME_SLOTS;
  } else if (kind == FRAME_SLOTS) {
    const before = written;
    end = writeSlots(frame);
    if (written == before) return E_BUSY;
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
    if (load<u32>(generation + G_BEAM) == BEAM_F32) flags |= FS_F32_BIT;
    if (load<u32>(generation + G_BLIND) != 0) flags |= FS_BLIND_BIT;
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
  store<f32>(frame + FS_OFFSET, entry == 0 ? 0 : load<f32>(generation + G_OFFSET));
  store<u32>(frame + FS_CHECKED, entry == 0 ? 0 : load<u32>(generation + G_CHECKED));
  store<u32>(frame + FS_NAME, header);
  store<u64>(frame + FS_CREATED, load<u64>(space + S_CREATED));
  store<u64>(frame + FS_CHANGED, changed);
  let at = copyPadded(frame + FS_HEADER, name + KEY_HEADER, header & 0xffffff);
  if (entry != 0) {
    copyBytes(at, load<u32>(generation + G_CENTROID), paddedFloats * 4);
    at += paddedFloats * 4;
  }
  return at;
}

function copyPadded(to: usize, from: usize, bytes: u32): usize {
  copyBytes(to, from, bytes);
  for (; bytes & 3; bytes++) store<u8>(to + bytes, 0);
  return to + bytes;
}

/** As many records as fit, or come before a slot whose lists are busy. */
function writeSlots(frame: usize): usize {
  const full = frame + max<u32>(INTAKE_BYTES, paddedFloats * 4) - 8;
  const fixed = R_HEADER + dimensions * 4 + MAX_KEY_BYTES + codeStride;
  let at = frame + F_HEADER;
  store<u32>(frame + F_FIRST, written);
  const before = written;
  for (; written < count; written++, next++) {
    const slotAt = slotAddress(generation, next);
    const state: u32 = isMarked(next) ? stateOf(slotAt) : PENDING;
    if (at + fixed + (state == LINKED ? <usize>listsBytes(next) : 0) > full) break;
    const end = writeRecord(at, slotAt, next, state);
    if (end == 0) break;
    at = end;
  }
  if (written == count) next = 0;
  for (; written >= count && written < total; next++) {
    const slotAt = slotAddress(emptying, next);
    if (load<u64>(slotAt + SLOT_BORN) > version || isDead(slotAt)) continue;
    if (at + fixed > full) break;
    at = writeRecord(at, slotAt, next, PENDING);
    written++;
  }
  store<u32>(frame + F_COUNT, written - before);
  return at;
}

function isDead(slotAt: usize): bool {
  return atomic.load<u64>(slotAt + SLOT_DIED) <= version;
}

/** Answers where the record ends, 0 when the slot's lists are busy. */
function writeRecord(at: usize, slotAt: usize, slot: u32, state: u32): usize {
  const dead = isDead(slotAt);
  const record: usize = load<u32>(slotAt + SLOT_KEY);
  const header = dead ? 0 : load<u32>(record);
  store<u32>(at + R_STATE, dead ? state | R_DEAD_BIT : state);
  store<u32>(at + R_KEY, header);
  store<f32>(at + R_INVERSE, inverseOf(slotAt));
  store<u32>(at + R_TWIN, 0);
  if (state == LINKED) store<u32>(at + R_TWIN, firstMarked(load<u32>(twinsOf(generation, slot))));
  if (state == TWINNED) store<u32>(at + R_TWIN, firstMarked(load<u32>(slotAt + SLOT_TWIN)));
  copyWords(at + R_HEADER, vectorOf(slotAt), dimensions);
  let end = copyPadded(at + R_HEADER + dimensions * 4, record + KEY_HEADER, header & 0xffffff);
  if (state != PENDING) {
    copyBytes(end, codeAddress(load<u32>(generation + G_GRAPH), slot), codeStride);
    end += codeStride;
  }
  if (state == LINKED) {
    end = copyLists(generation, slot, end, marks, count);
    if (end == 0) return 0;
    leftOut += idsLeftOut;
  }
  if (state != PENDING) linked++;
  return end;
}

/** The first of a chain of twins, from this slot + 1 on, that is part of the snapshot; + 1, or 0. */
function firstMarked(twin: u32): u32 {
  while (twin != 0 && !isMarked(twin - 1)) twin = load<u32>(slotAddress(generation, twin - 1) + SLOT_TWIN);
  return twin;
}

/** Gives back what `startSnapshot` took, its epoch at once; E_BUSY: the rest later. */
export function endSnapshot(): i32 {
  park();
  if (marks == 0) return 0;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  free(marks);
  marks = 0;
  release(P_LOCK, SEAT_HELD_PARTITION);
  return 0;
}
