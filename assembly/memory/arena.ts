/*
 * Who hands out memory? One arena per partition, under the partition lock; it knows no graph.
 *
 * Two-level segregated fit (Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004): free
 * blocks are in lists by size class, two bitmaps find the first list that fits, free neighbours are merged.
 *
 *   block    [size | FREE u32][previous block u32][payload …]         payload is aligned to 16 bytes
 *   free     payload starts with [next u32][previous u32] of its list
 *   classes  below 256 bytes one per 16 bytes; above, 16 per power of two
 *
 * The chain of headers in memory is the truth: each change of it is one store that leaves the chain walkable, so
 * `rebuildArena` can rebuild lists and bitmaps after a trap at any point.
 */
import {
  ARENA, A_BUSY, A_CHANGES, A_COLUMNS, A_COLUMN_COUNT, A_END, A_HEADS, A_ROWS, A_ROW_COUNT, BLOCK_HEADER, BLOCK_NEXT_FREE,
  BLOCK_PREVIOUS, BLOCK_PREVIOUS_FREE, BLOCK_SIZE, FAULT_ARENA_FREE, FAULT_ARENA_SPLIT, FREE, MAX_PAGES, P_LIMIT,
  P_RESERVED, P_USED,
} from "../layout";
import { faultPoint } from "./faults";
import { clearBytes } from "./words";

const MIN_BLOCK: u32 = 32;
/*
 * Growing by 1 page costs as much as by 16. A large memory grows by an eighth, up to 64 MiB at a time: where the system
 * has huge pages, it uses them only for ranges that are there as a whole.
 */
const GROW_PAGES: u32 = 16;
const MOST_GROW_PAGES: u32 = 1024;

let row: u32 = 0, column: u32 = 0;

function classify(size: u32): void {
  if (size < 256) {
    row = 0;
    column = size >>> 4;
  } else {
    const log: u32 = 31 - clz(size);
    row = log - 7;
    column = (size >>> (log - 4)) & 15;
  }
}

function headOf(r: u32, c: u32): usize {
  return A_HEADS + (r * A_COLUMN_COUNT + c) * 4;
}

function sizeOf(block: usize): u32 {
  return load<u32>(block + BLOCK_SIZE) & ~FREE;
}

function isFree(block: usize): bool {
  return (load<u32>(block + BLOCK_SIZE) & FREE) != 0;
}

/** Puts a free block into the list of its class. */
function hang(block: usize): void {
  classify(sizeOf(block));
  const head = headOf(row, column);
  const first = load<u32>(head);
  store<u32>(block + BLOCK_NEXT_FREE, first);
  store<u32>(block + BLOCK_PREVIOUS_FREE, 0);
  if (first != 0) store<u32>(<usize>first + BLOCK_PREVIOUS_FREE, <u32>block);
  store<u32>(head, <u32>block);
  store<u32>(A_ROWS, load<u32>(A_ROWS) | (1 << row));
  store<u32>(A_COLUMNS + row * 4, load<u32>(A_COLUMNS + row * 4) | (1 << column));
}

function unhang(block: usize): void {
  classify(sizeOf(block));
  const next = load<u32>(block + BLOCK_NEXT_FREE);
  const previous = load<u32>(block + BLOCK_PREVIOUS_FREE);
  if (next != 0) store<u32>(<usize>next + BLOCK_PREVIOUS_FREE, previous);
  if (previous != 0) {
    store<u32>(<usize>previous + BLOCK_NEXT_FREE, next);
    return;
  }
  store<u32>(headOf(row, column), next);
  if (next != 0) return;
  const columns = load<u32>(A_COLUMNS + row * 4) & ~(1 << column);
  store<u32>(A_COLUMNS + row * 4, columns);
  if (columns == 0) store<u32>(A_ROWS, load<u32>(A_ROWS) & ~(1 << row));
}

/** The smallest size whose class holds only blocks of at least `size` bytes. */
function roundedUp(size: u32): u32 {
  return size < 256 ? size : size + ((1 << (31 - clz(size) - 4)) - 1);
}

/** A free block of at least `size` bytes, or 0; the class is rounded up, so any block of it fits. */
function findFit(size: u32): usize {
  const rounded = roundedUp(size);
  if (rounded < size) return 0;
  classify(rounded);
  let columns = load<u32>(A_COLUMNS + row * 4) & (~0 << column);
  if (columns == 0) {
    const rows = row + 1 < 32 ? load<u32>(A_ROWS) & (~0 << (row + 1)) : 0;
    if (rows == 0) return 0;
    row = ctz(rows);
    columns = load<u32>(A_COLUMNS + row * 4);
  }
  return load<u32>(headOf(row, ctz(columns)));
}

/** Makes the arena larger by at least `size` bytes in one free block. */
function grow(size: u32): bool {
  const end: usize = load<u32>(A_END);
  const pages: u32 = <u32>memory.size(); // too few at times (words.ts): then the step is smaller
  const wanted: u64 = (<u64>size + 2 * BLOCK_HEADER + 0xffff) >> 16;
  let step: u32 = <u32>max<u64>(wanted, min<u32>(max<u32>(GROW_PAGES, pages >>> 3), MOST_GROW_PAGES));
  if (<u64>pages + step > MAX_PAGES) step = <u32>wanted;
  if (<u64>pages + step > MAX_PAGES) return false;
  if (memory.grow(step) < 0) {
    step = <u32>wanted;
    if (memory.grow(step) < 0) return false;
  }
  // The old sentinel becomes the new block's header; a new sentinel closes the chain first.
  const bytes: u32 = step << 16;
  const sentinel: usize = end + bytes;
  store<u32>(sentinel + BLOCK_SIZE, 0);
  store<u32>(sentinel + BLOCK_PREVIOUS, <u32>end);
  store<u32>(A_END, <u32>sentinel);
  store<u32>(end + BLOCK_SIZE, bytes | FREE);
  mergeAndHang(end);
  return true;
}

function mergeAndHang(block: usize): void {
  let size = sizeOf(block);
  let start = block;
  const next = block + size;
  if (isFree(next)) {
    unhang(next);
    size += sizeOf(next);
  }
  const previous: usize = load<u32>(block + BLOCK_PREVIOUS);
  if (previous != 0 && isFree(previous)) {
    unhang(previous);
    size += sizeOf(previous);
    start = previous;
  }
  store<u32>(start + BLOCK_SIZE, size | FREE);
  store<u32>(start + size + BLOCK_PREVIOUS, <u32>start);
  hang(start);
}

/** Sets up an empty arena from ARENA to the memory's end. */
export function openArena(): void {
  const end: usize = (<usize>memory.size() << 16) - BLOCK_HEADER;
  const first: usize = ARENA + BLOCK_HEADER; // payloads at 16-byte addresses
  store<u32>(A_END, <u32>end);
  store<u32>(end + BLOCK_SIZE, 0);
  store<u32>(end + BLOCK_PREVIOUS, <u32>first);
  store<u32>(first + BLOCK_SIZE, <u32>(end - first) | FREE);
  store<u32>(first + BLOCK_PREVIOUS, 0);
  hang(first);
}

/** Bytes that a block of `size` payload bytes takes. */
export function blockBytes(size: u32): u32 {
  return max<u32>(MIN_BLOCK, (size + BLOCK_HEADER + 15) & ~15);
}

/**
 * An eighth of the limit is reserved for what makes room or reads: compaction, search results, censuses, scratch. Adds
 * and new spaces stop before it, so that a compaction can still follow deletes.
 */
let fromReserve: bool = false;

export function useReserve(on: bool): void {
  fromReserve = on;
}

/** Bytes that may still be allocated. */
export function availableBytes(): u32 {
  const most = load<u32>(P_LIMIT);
  const limit = fromReserve ? most : most - (most >>> 3);
  const taken: u64 = <u64>load<u32>(P_USED) + load<u32>(P_RESERVED);
  return <u32>(max<u64>(taken, limit) - taken);
}

/**
 * A block of `size` bytes at a 16-byte address, contents undefined, or 0 when the limit is reached (less what is
 * promised, of which the caller may use `mine`) or the memory can't grow. Partition lock held.
 */
export function allocate(size: u32, mine: u32): usize {
  if (size > 0xf0000000) return 0;
  const need = blockBytes(size);
  if (<u64>need > <u64>availableBytes() + min<u32>(mine, load<u32>(P_RESERVED))) return 0;
  let block = findFit(need);
  if (block == 0) {
    store<u32>(A_BUSY, 1);
    const grown = grow(roundedUp(need)); // less would make a block that findFit passes by
    store<u32>(A_BUSY, 0);
    if (!grown) return 0;
    block = findFit(need);
    if (block == 0) return 0;
  }
  beginChange();
  unhang(block);
  const rest = sizeOf(block) - need;
  if (rest >= MIN_BLOCK) {
    const remainder = block + need;
    store<u32>(remainder + BLOCK_SIZE, rest | FREE);
    store<u32>(remainder + BLOCK_PREVIOUS, <u32>block);
    store<u32>(remainder + rest + BLOCK_PREVIOUS, <u32>remainder);
    faultPoint(FAULT_ARENA_SPLIT);
    store<u32>(block + BLOCK_SIZE, need);
    hang(remainder);
  } else {
    store<u32>(block + BLOCK_SIZE, sizeOf(block));
  }
  store<u32>(P_USED, load<u32>(P_USED) + sizeOf(block));
  store<u32>(A_BUSY, 0);
  return block + BLOCK_HEADER;
}

function beginChange(): void {
  store<u32>(A_BUSY, 1);
  store<u32>(A_CHANGES, load<u32>(A_CHANGES) + 1);
}

/** Frees a block; 0 is allowed. Partition lock held. */
export function free(payload: usize): void {
  if (payload == 0) return;
  const block = payload - BLOCK_HEADER;
  if (!ASC_NO_ASSERT) assert(!isFree(block));
  beginChange();
  store<u32>(P_USED, load<u32>(P_USED) - sizeOf(block));
  faultPoint(FAULT_ARENA_FREE);
  mergeAndHang(block);
  store<u32>(A_BUSY, 0);
}

/** Frees the block whose address is at `cell`, and clears the cell first. */
export function freeAt(cell: usize): void {
  const block: usize = load<u32>(cell);
  store<u32>(cell, 0);
  free(block);
}

/** Bytes that a block takes, its header included; 0 for none. */
export function bytesOf(payload: usize): u32 {
  return payload == 0 ? 0 : sizeOf(payload - BLOCK_HEADER);
}

/** After a trap under the partition lock: rebuilds lists, bitmaps and P_USED from the chain of headers. */
export function rebuildArena(): void {
  if (load<u32>(A_BUSY) == 0) return;
  clearBytes(A_ROWS, 4 + A_ROW_COUNT * 4);
  clearBytes(A_HEADS, A_ROW_COUNT * A_COLUMN_COUNT * 4);
  let used: u32 = 0;
  let previous: usize = 0;
  let block: usize = ARENA + BLOCK_HEADER;
  const end: usize = load<u32>(A_END);
  while (block < end) {
    const size = sizeOf(block);
    store<u32>(block + BLOCK_PREVIOUS, <u32>previous);
    if (isFree(block)) {
      if (previous != 0 && isFree(previous)) {
        unhang(previous);
        store<u32>(previous + BLOCK_SIZE, (sizeOf(previous) + size) | FREE);
        hang(previous);
        block += size;
        continue;
      }
      hang(block);
    } else {
      used += size;
    }
    previous = block;
    block += size;
  }
  store<u32>(end + BLOCK_PREVIOUS, <u32>previous);
  store<u32>(P_USED, used);
  store<u32>(A_BUSY, 0);
}

// ── is the chain of headers whole, and does P_USED agree with it? A walk in pieces, one at a time in an instance ────
export const WHOLE: i32 = 0, BROKEN: i32 = 1, GOES_ON: i32 = 2;
export const CHANGED: i32 = 3; // since the walk began

let at: usize = 0, before: usize = 0, sum: u32 = 0, changes: u32 = 0; // of the walk; 0: it begins

/** Walks on for that many blocks, 0: to the end. */
export function walkArena(blocks: u32): i32 {
  if (at == 0) beginWalk();
  const status = changes == load<u32>(A_CHANGES) ? walkBlocks(blocks) : CHANGED;
  if (status != GOES_ON) at = 0;
  return status;
}

function beginWalk(): void {
  at = ARENA + BLOCK_HEADER;
  before = 0;
  sum = 0;
  changes = load<u32>(A_CHANGES);
}

function walkBlocks(blocks: u32): i32 {
  const end: usize = load<u32>(A_END);
  for (let left = blocks; at < end; left--) {
    if (blocks != 0 && left == 0) return GOES_ON;
    const size = sizeOf(at);
    if (size < MIN_BLOCK || size & 15 || at + size > end) return BROKEN;
    if (load<u32>(at + BLOCK_PREVIOUS) != <u32>before) return BROKEN;
    if (!isFree(at)) sum += size;
    else if (before != 0 && isFree(before)) return BROKEN;
    before = at;
    at += size;
  }
  return at == end && sum == load<u32>(P_USED) ? WHOLE : BROKEN;
}
