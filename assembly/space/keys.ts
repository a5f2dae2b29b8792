/*
 * Which slot holds a key (and which header a space name)? Under the partition lock.
 *
 * Extendible hashing (Fagin et al., 1979): the top bits of the hash choose a segment of at most 512 cells, so no call
 * ever moves more than one segment. A small table is one segment of 16 cells that doubles.
 *
 *   directory  2^depth × u32 segment           segment  [depth u32][used u32][capacity u32][-] then cells
 *   cell       [hash u32][value u32]           value    0 empty, 1 removed, else the slot + 2 or a space header
 *
 * The hash has a secret (hashes.ts), and a directory never has more entries than the keys can need: however keys are
 * chosen, a table takes as much memory as for any others, and a search for a key at most walks through one segment.
 *
 * The slots are the truth: when the writer of a table traps, a repair rebuilds the table from them (P_KEYS_REPAIR).
 */
import {
  CELL_BYTES, CELL_EMPTY, CELL_HASH, CELL_REMOVED, CELL_VALUE, FAULT_KEYS_GROW, G_COUNT, KEY_HEADER, KEY_LENGTH,
  P_KEYS_REPAIR, P_LIVE_SPACES, SEGMENT_CAPACITY, SEGMENT_DEPTH, SEGMENT_HEADER, SEGMENT_USED, SLOT_BIAS, SLOT_KEY,
  S_NAME, T_DEPTH, T_DIRECTORY, T_OWNER,
} from "../layout";
import { allocate, bytesOf, free } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { clearBytes } from "../memory/words";
import { addBytes, slotAddress } from "../vectors/slots";

const FIRST_CELLS: u32 = 16;
const SEGMENT_CELLS: u32 = 512;
const CELLS_AN_ENTRY: u32 = 32; // of a directory, at the most: evenly spread keys need an entry for every 192 to 384

function newSegment(table: usize, cells: u32, depth: u32, mine: u32): usize {
  const segment = allocate(SEGMENT_HEADER + cells * CELL_BYTES, mine);
  if (segment == 0) return 0;
  countBytes(table, segment, 1);
  store<u32>(segment + SEGMENT_DEPTH, depth);
  store<u32>(segment + SEGMENT_USED, 0);
  store<u32>(segment + SEGMENT_CAPACITY, cells);
  clearBytes(segment + SEGMENT_HEADER, cells * CELL_BYTES);
  return segment;
}

function freeBlock(table: usize, block: usize): void {
  countBytes(table, block, -1);
  free(block);
}

function countBytes(table: usize, block: usize, sign: i32): void {
  const owner: usize = load<u32>(table + T_OWNER);
  if (owner != 0) addBytes(owner, sign * <i32>bytesOf(block));
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
  store<u32>(table + T_DIRECTORY, 0); // a trap from here on loses what is left of it, and no more
  const depth = load<u32>(table + T_DEPTH);
  for (let i: u32 = 0; i < 1 << depth; ) {
    const segment: usize = load<u32>(directory + i * 4);
    i += 1 << (depth - load<u32>(segment + SEGMENT_DEPTH)); // a segment has a run of equal entries
    freeBlock(table, segment);
  }
  freeBlock(table, directory);
}

/** The slot in a cell of a generation's table. */
export function slotIn(cell: usize): u32 {
  return load<u32>(cell + CELL_VALUE) - SLOT_BIAS;
}

function cellAt(segment: usize, i: u32): usize {
  return segment + SEGMENT_HEADER + i * CELL_BYTES;
}

function indexOf(table: usize, hash: u32): u32 {
  const depth = load<u32>(table + T_DEPTH);
  return depth == 0 ? 0 : hash >>> (32 - depth);
}

function segmentOf(table: usize, hash: u32): usize {
  return load<u32>(<usize>load<u32>(table + T_DIRECTORY) + indexOf(table, hash) * 4);
}

function keyRecordOf(owner: usize, value: u32): usize {
  if (owner == 0) return load<u32>(<usize>value + S_NAME);
  return load<u32>(slotAddress(owner, value - SLOT_BIAS) + SLOT_KEY);
}

function sameKey(record: usize, bytes: usize, header: u32): bool {
  if (load<u32>(record) != header) return false;
  return memory.compare(record + KEY_HEADER, bytes, header & KEY_LENGTH) == 0;
}

/** The cell of a key, or 0. */
export function findCell(table: usize, hash: u32, bytes: usize, header: u32): usize {
  const segment = segmentOf(table, hash);
  const owner: usize = load<u32>(table + T_OWNER);
  const mask = load<u32>(segment + SEGMENT_CAPACITY) - 1;
  for (let i = hash & mask; ; i = (i + 1) & mask) {
    const cell = cellAt(segment, i);
    const value = load<u32>(cell + CELL_VALUE);
    if (value == CELL_EMPTY) return 0;
    if (value == CELL_REMOVED || load<u32>(cell + CELL_HASH) != hash) continue;
    if (sameKey(keyRecordOf(owner, value), bytes, header)) return cell;
  }
  return 0;
}

/** An empty cell (for `fillCell`) for a key that is not in the table, made room for if necessary; 0 without memory. */
export function emptyCell(table: usize, hash: u32, mine: u32): usize {
  let segment = segmentOf(table, hash);
  while ((load<u32>(segment + SEGMENT_USED) + 1) * 4 > load<u32>(segment + SEGMENT_CAPACITY) * 3) {
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
  if (load<u32>(cell + CELL_VALUE) == CELL_EMPTY) countCell(segment);
  store<u32>(cell + CELL_HASH, hash);
  store<u32>(cell + CELL_VALUE, value);
}

export function removeCell(cell: usize): void {
  store<u32>(cell + CELL_VALUE, CELL_REMOVED);
}

function countCell(segment: usize): void {
  store<u32>(segment + SEGMENT_USED, load<u32>(segment + SEGMENT_USED) + 1);
}

function vacancy(segment: usize, hash: u32): usize {
  const mask = load<u32>(segment + SEGMENT_CAPACITY) - 1;
  let i = hash & mask;
  while (load<u32>(cellAt(segment, i) + CELL_VALUE) != CELL_EMPTY) i = (i + 1) & mask;
  return cellAt(segment, i);
}

function moveCells(from: usize, zero: usize, one: usize, bit: u32): void {
  const cells = load<u32>(from + SEGMENT_CAPACITY);
  for (let i: u32 = 0; i < cells; i++) {
    const cell = cellAt(from, i);
    const value = load<u32>(cell + CELL_VALUE);
    if (value <= CELL_REMOVED) continue;
    const hash = load<u32>(cell + CELL_HASH);
    const target = hash & bit ? one : zero;
    const to = vacancy(target, hash);
    store<u32>(to + CELL_HASH, hash);
    store<u32>(to + CELL_VALUE, value);
    countCell(target);
  }
}

/** Cells that hold something: removed ones go when their segment is replaced. */
function liveCells(segment: usize): u32 {
  const cells = load<u32>(segment + SEGMENT_CAPACITY);
  let live: u32 = 0;
  for (let i: u32 = 0; i < cells; i++) if (load<u32>(cellAt(segment, i) + CELL_VALUE) > CELL_REMOVED) live++;
  return live;
}

/** About as many keys as a table holds. */
function keysOf(table: usize): u32 {
  const owner: usize = load<u32>(table + T_OWNER);
  return owner == 0 ? load<u32>(P_LIVE_SPACES) : load<u32>(owner + G_COUNT);
}

/** Replaces a full segment by a larger one, by one of the same size if most of it is removed, or by two halves. */
function makeRoom(table: usize, segment: usize, hash: u32, mine: u32): bool {
  const cells = load<u32>(segment + SEGMENT_CAPACITY);
  const depth = load<u32>(segment + SEGMENT_DEPTH);
  const mostlyRemoved = liveCells(segment) * 2 < cells;
  let splits = cells >= SEGMENT_CELLS && !mostlyRemoved;
  if (splits && depth == load<u32>(table + T_DEPTH)) {
    splits = <u64>CELLS_AN_ENTRY << (depth + 1) <= keysOf(table);
    if (splits && !doubleDirectory(table, mine)) return false;
  }
  const zero = newSegment(table, splits || mostlyRemoved ? cells : cells * 2, splits ? depth + 1 : depth, mine);
  const one: usize = !splits || zero == 0 ? zero : newSegment(table, cells, depth + 1, mine);
  if (one == 0) {
    freeBlock(table, zero);
    return false;
  }
  moveCells(segment, zero, one, 1 << (31 - depth));
  faultPoint(FAULT_KEYS_GROW);
  replace(table, depth, hash, zero, one);
  freeBlock(table, segment);
  return true;
}

/** Points the directory entries of a replaced segment, of that depth, at its two halves. */
function replace(table: usize, depth: u32, hash: u32, zero: usize, one: usize): void {
  const run: u32 = 1 << (load<u32>(table + T_DEPTH) - depth);
  const first = <usize>load<u32>(table + T_DIRECTORY) + (indexOf(table, hash) & ~(run - 1)) * 4;
  for (let i: u32 = 0; i < run; i++) store<u32>(first + i * 4, <u32>(i < run >>> 1 ? zero : one));
}

function doubleDirectory(table: usize, mine: u32): bool {
  const depth = load<u32>(table + T_DEPTH);
  const old: usize = load<u32>(table + T_DIRECTORY);
  const directory = allocate(8 << depth, mine);
  if (directory == 0) return false;
  for (let i: u32 = 0; i < 1 << depth; i++) {
    const segment: u64 = load<u32>(old + i * 4);
    store<u64>(directory + i * 8, segment | (segment << 32));
  }
  store<u32>(table + T_DIRECTORY, <u32>directory);
  store<u32>(table + T_DEPTH, depth + 1);
  countBytes(table, directory, 1);
  freeBlock(table, old);
  return true;
}
