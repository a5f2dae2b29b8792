/*
 * Which slot holds a key (and which header a space name)? Under the partition lock.
 *
 * Extendible hashing (Fagin et al., 1979): the top bits of the hash choose a segment of at most 512 cells, so no call
 * ever moves more than one segment. A small table is one segment of 16 cells that doubles.
 *
 *   directory  2^depth × u32 segment           segment  [depth u32][used u32][capacity u32][-] then cells
 *   cell       [hash u32][value u32]           value    0 empty, 1 removed, else the slot + 2 or a space header
 *
 * The slots are the truth: a table whose writer trapped is made again from them (`P_KEYS_REPAIR`).
 */
import { FAULT_KEYS_GROW, KEY_HEADER, P_KEYS_REPAIR, S_NAME, SLOT_KEY, T_DEPTH, T_DIRECTORY, T_OWNER } from "../layout";
import { allocate, bytesOf, free } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { mix } from "../memory/settings";
import { addBytes, slotAddress } from "../vectors/slots";
import { clearBytes } from "../memory/words";

const SEGMENT_HEADER: u32 = 16;
const D_DEPTH: usize = 0;
const D_USED: usize = 4;
const D_CAPACITY: usize = 8;
const FIRST_CELLS: u32 = 16;
const SEGMENT_CELLS: u32 = 512;
const MAX_DEPTH: u32 = 22; // above it a segment grows instead of splitting
const REMOVED: u32 = 1;
export const SLOT_BIAS: u32 = 2;

/** MurmurHash3 x86_32 over an encoded key; the tag is part of the key. */
export function hashKey(bytes: usize, header: u32): u32 {
  const length = header & 0xffffff;
  let h: u32 = header >>> 24;
  let i: u32 = 0;
  for (; i + 4 <= length; i += 4) h = round(h, load<u32>(bytes + i));
  let tail: u32 = 0;
  for (let shift: u32 = 0; i < length; i++, shift += 8) tail |= <u32>load<u8>(bytes + i) << shift;
  return mix(round(h, tail) ^ length);
}

// @ts-ignore: decorator
@inline
function round(h: u32, k: u32): u32 {
  k *= 0xcc9e2d51;
  k = rotl<u32>(k, 15);
  k *= 0x1b873593;
  return rotl<u32>(h ^ k, 13) * 5 + 0xe6546b64;
}

function newSegment(table: usize, cells: u32, depth: u32, mine: u32): usize {
  const segment = allocate(SEGMENT_HEADER + cells * 8, mine);
  if (segment == 0) return 0;
  countBytes(table, segment, 1);
  store<u32>(segment + D_DEPTH, depth);
  store<u32>(segment + D_USED, 0);
  store<u32>(segment + D_CAPACITY, cells);
  clearBytes(segment + SEGMENT_HEADER, cells * 8);
  return segment;
}

function freeSegment(table: usize, segment: usize): void {
  countBytes(table, segment, -1);
  free(segment);
}

function countBytes(table: usize, block: usize, sign: i32): void {
  const owner: usize = load<u32>(table + T_OWNER);
  if (owner != 0 && block != 0) addBytes(owner, sign * <i32>bytesOf(block));
}

/** Sets up the empty table at `table`; false when there is no memory. */
export function openTable(table: usize, owner: usize, mine: u32): bool {
  const directory = allocate(4, mine);
  if (directory == 0) return false;
  store<u32>(table + T_OWNER, <u32>owner);
  const segment = newSegment(table, FIRST_CELLS, 0, mine);
  if (segment == 0) {
    free(directory);
    return false;
  }
  countBytes(table, directory, 1);
  store<u32>(directory, <u32>segment);
  store<u32>(table + T_DIRECTORY, <u32>directory);
  store<u32>(table + T_DEPTH, 0);
  return true;
}

export function closeTable(table: usize): void {
  const directory: usize = load<u32>(table + T_DIRECTORY);
  if (directory == 0) return;
  store<u32>(table + T_DIRECTORY, 0); // a trap on the way loses what is left of it, and no more
  const depth = load<u32>(table + T_DEPTH);
  for (let i: u32 = 0; i < 1 << depth; ) {
    const segment: usize = load<u32>(directory + i * 4);
    i += 1 << (depth - load<u32>(segment + D_DEPTH)); // a segment stands in a run of equal entries
    freeSegment(table, segment);
  }
  countBytes(table, directory, -1);
  free(directory);
}

// @ts-ignore: decorator
@inline
function segmentOf(table: usize, hash: u32): usize {
  const depth = load<u32>(table + T_DEPTH);
  const index: u32 = depth == 0 ? 0 : hash >>> (32 - depth);
  return load<u32>(<usize>load<u32>(table + T_DIRECTORY) + index * 4);
}

function keyRecordOf(owner: usize, value: u32): usize {
  if (owner == 0) return load<u32>(<usize>value + S_NAME);
  return load<u32>(slotAddress(owner, value - SLOT_BIAS) + SLOT_KEY);
}

function sameKey(record: usize, bytes: usize, header: u32): bool {
  if (load<u32>(record) != header) return false;
  const length = header & 0xffffff;
  return memory.compare(record + KEY_HEADER, bytes, length) == 0;
}

/** The cell of a key, or 0. */
export function findCell(table: usize, hash: u32, bytes: usize, header: u32): usize {
  const segment = segmentOf(table, hash);
  const owner: usize = load<u32>(table + T_OWNER);
  const mask = load<u32>(segment + D_CAPACITY) - 1;
  for (let i = hash & mask; ; i = (i + 1) & mask) {
    const cell = segment + SEGMENT_HEADER + i * 8;
    const value = load<u32>(cell + 4);
    if (value == 0) return 0;
    if (value != REMOVED && load<u32>(cell) == hash && sameKey(keyRecordOf(owner, value), bytes, header)) return cell;
  }
  return 0;
}

/**
 * An empty cell for a key that is not in the table, with room made for it, or 0 when there is no memory. The caller
 * fills it with `fillCell`.
 */
export function emptyCell(table: usize, hash: u32, mine: u32): usize {
  let segment = segmentOf(table, hash);
  while ((load<u32>(segment + D_USED) + 1) * 4 > load<u32>(segment + D_CAPACITY) * 3) {
    store<u32>(P_KEYS_REPAIR, <u32>table);
    const done = makeRoom(table, segment, hash, mine);
    store<u32>(P_KEYS_REPAIR, 0);
    if (!done) return 0;
    segment = segmentOf(table, hash);
  }
  return vacancy(segment, hash);
}

export function fillCell(table: usize, cell: usize, hash: u32, value: u32): void {
  const segment = segmentOf(table, hash);
  if (load<u32>(cell + 4) == 0) store<u32>(segment + D_USED, load<u32>(segment + D_USED) + 1);
  store<u32>(cell, hash);
  store<u32>(cell + 4, value);
}

export function removeCell(cell: usize): void {
  store<u32>(cell + 4, REMOVED);
}

function vacancy(segment: usize, hash: u32): usize {
  const mask = load<u32>(segment + D_CAPACITY) - 1;
  let i = hash & mask;
  while (load<u32>(segment + SEGMENT_HEADER + i * 8 + 4) != 0) i = (i + 1) & mask;
  return segment + SEGMENT_HEADER + i * 8;
}

function moveCells(from: usize, zero: usize, one: usize, bit: u32): void {
  const cells = load<u32>(from + D_CAPACITY);
  for (let i: u32 = 0; i < cells; i++) {
    const cell = from + SEGMENT_HEADER + i * 8;
    const value = load<u32>(cell + 4);
    if (value <= REMOVED) continue;
    const hash = load<u32>(cell);
    const target = hash & bit ? one : zero;
    const free = vacancy(target, hash);
    store<u32>(free, hash);
    store<u32>(free + 4, value);
    store<u32>(target + D_USED, load<u32>(target + D_USED) + 1);
  }
}

/** Cells that hold something: removed ones go when their segment is made anew. */
function liveCells(segment: usize): u32 {
  const cells = load<u32>(segment + D_CAPACITY);
  let live: u32 = 0;
  for (let i: u32 = 0; i < cells; i++) if (load<u32>(segment + SEGMENT_HEADER + i * 8 + 4) > REMOVED) live++;
  return live;
}

function makeRoom(table: usize, segment: usize, hash: u32, mine: u32): bool {
  const cells = load<u32>(segment + D_CAPACITY);
  const local = load<u32>(segment + D_DEPTH);
  const mostlyRemoved = liveCells(segment) * 2 < cells;
  if (cells < SEGMENT_CELLS || local >= MAX_DEPTH || mostlyRemoved) {
    const larger = newSegment(table, mostlyRemoved ? cells : cells * 2, local, mine);
    if (larger == 0) return false;
    moveCells(segment, larger, larger, 0);
    faultPoint(FAULT_KEYS_GROW);
    replace(table, local, hash, larger, larger);
    freeSegment(table, segment);
    return true;
  }
  if (local == load<u32>(table + T_DEPTH) && !doubleDirectory(table, mine)) return false;
  const zero = newSegment(table, SEGMENT_CELLS, local + 1, mine);
  const one: usize = zero == 0 ? 0 : newSegment(table, SEGMENT_CELLS, local + 1, mine);
  if (one == 0) {
    if (zero != 0) freeSegment(table, zero);
    return false;
  }
  moveCells(segment, zero, one, 1 << (31 - local));
  faultPoint(FAULT_KEYS_GROW);
  replace(table, local, hash, zero, one);
  freeSegment(table, segment);
  return true;
}

/** Points the directory entries of the old segment (of depth `local`) at its two halves. */
function replace(table: usize, local: u32, hash: u32, zero: usize, one: usize): void {
  const depth = load<u32>(table + T_DEPTH);
  const directory: usize = load<u32>(table + T_DIRECTORY);
  const run: u32 = 1 << (depth - local);
  const index: u32 = depth == 0 ? 0 : hash >>> (32 - depth);
  const first = index & ~(run - 1);
  for (let i: u32 = 0; i < run; i++) {
    store<u32>(directory + (first + i) * 4, <u32>(i < run >>> 1 ? zero : one));
  }
}

function doubleDirectory(table: usize, mine: u32): bool {
  const depth = load<u32>(table + T_DEPTH);
  const old: usize = load<u32>(table + T_DIRECTORY);
  const directory = allocate(8 << depth, mine);
  if (directory == 0) return false;
  for (let i: u32 = 0; i < 1 << depth; i++) {
    const segment = load<u32>(old + i * 4);
    store<u32>(directory + i * 8, segment);
    store<u32>(directory + i * 8 + 4, segment);
  }
  store<u32>(table + T_DIRECTORY, <u32>directory);
  store<u32>(table + T_DEPTH, depth + 1);
  countBytes(table, directory, 1);
  countBytes(table, old, -1);
  free(old);
  return true;
}
