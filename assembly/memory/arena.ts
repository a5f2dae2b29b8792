/*
 * Who hands out memory? One arena per partition, under the partition lock; it knows no graph.
 *
 * Two-level segregated fit (Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004): free
 * blocks hang in lists by size class, two bitmaps find the first list that fits, neighbours merge when they are freed.
 *
 *   block    [size | FREE u32][previous block u32][payload …]         payload is aligned to 16 bytes
 *   free     payload starts with [next u32][previous u32] of its list
 *   classes  below 256 bytes one per 16 bytes; above, 16 per power of two
 *
 * The physical chain of headers is the truth: each change of it is one store that leaves the chain walkable, so
 * `rebuildArena` can make lists and bitmaps again after a trap in the middle of anything.
 */
import { ARENA, FAULT_ARENA_FREE, FAULT_ARENA_SPLIT, MAX_PAGES, P_ARENA, P_BUDGET, P_RESERVED, P_USED } from "../layout";
import { faultPoint } from "./faults";
import { clearBytes } from "./words";

const HEADER: u32 = 8;
const MIN_BLOCK: u32 = 32;
const FREE: u32 = 1;
const ROWS: u32 = 25;
const COLUMNS: u32 = 16;
/*
 * Growing by 1 page costs as much as by 16. A large memory grows by an eighth, up to 64 MiB at a time: where the system
 * gives huge pages (src/runtime/platform.ts), it gives them only to ranges that are there as a whole.
 */
const GROW_PAGES: u32 = 16;
const MOST_GROW_PAGES: u32 = 1024;

// Control block at P_ARENA.
const A_END: usize = P_ARENA; // address of the closing sentinel
const A_ROWS: usize = P_ARENA + 4; // bitmap of rows with a free block
const A_COLUMNS: usize = P_ARENA + 8; // ROWS bitmaps
const A_BUSY: usize = P_ARENA + 8 + ROWS * 4; // 1 while lists are being changed
const A_HEADS: usize = P_ARENA + 12 + ROWS * 4; // ROWS × COLUMNS list heads

let row: u32 = 0;
let column: u32 = 0;

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

// @ts-ignore: decorator
@inline
function headOf(r: u32, c: u32): usize {
  return A_HEADS + (r * COLUMNS + c) * 4;
}

// @ts-ignore: decorator
@inline
function sizeOf(block: usize): u32 {
  return load<u32>(block) & ~FREE;
}

function hang(block: usize): void {
  classify(sizeOf(block));
  const head = headOf(row, column);
  const first = load<u32>(head);
  store<u32>(block + HEADER, first);
  store<u32>(block + HEADER + 4, 0);
  if (first != 0) store<u32>(<usize>first + HEADER + 4, <u32>block);
  store<u32>(head, <u32>block);
  store<u32>(A_ROWS, load<u32>(A_ROWS) | (1 << row));
  store<u32>(A_COLUMNS + row * 4, load<u32>(A_COLUMNS + row * 4) | (1 << column));
}

function unhang(block: usize): void {
  classify(sizeOf(block));
  const next = load<u32>(block + HEADER);
  const previous = load<u32>(block + HEADER + 4);
  if (next != 0) store<u32>(<usize>next + HEADER + 4, previous);
  if (previous != 0) {
    store<u32>(<usize>previous + HEADER, next);
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
  const pages: u32 = <u32>memory.size(); // too few at times (words.ts), then the step is smaller
  const wanted: u64 = (<u64>size + 2 * HEADER + 0xffff) >> 16;
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
  store<u32>(sentinel, 0);
  store<u32>(sentinel + 4, <u32>end);
  store<u32>(A_END, <u32>sentinel);
  store<u32>(end, bytes | FREE);
  mergeAndHang(end);
  return true;
}

function mergeAndHang(block: usize): void {
  let size = sizeOf(block);
  let start = block;
  const next = block + size;
  if (load<u32>(next) & FREE) {
    unhang(next);
    size += sizeOf(next);
  }
  const previous: usize = load<u32>(block + 4);
  if (previous != 0 && load<u32>(previous) & FREE) {
    unhang(previous);
    size += sizeOf(previous);
    start = previous;
  }
  store<u32>(start, size | FREE);
  store<u32>(start + size + 4, <u32>start);
  hang(start);
}

/** Sets up an empty arena from ARENA to the memory's end. */
export function openArena(): void {
  const end: usize = (<usize>memory.size() << 16) - HEADER;
  const first: usize = ARENA + HEADER; // payloads at 16-byte addresses
  store<u32>(A_END, <u32>end);
  store<u32>(end, 0);
  store<u32>(end + 4, <u32>first);
  store<u32>(first, <u32>(end - first) | FREE);
  store<u32>(first + 4, 0);
  hang(first);
}

/** Bytes that a block of `size` payload bytes takes. */
export function blockBytes(size: u32): u32 {
  return max<u32>(MIN_BLOCK, (size + HEADER + 15) & ~15);
}

/**
 * An eighth of the budget is kept for what makes room or answers: compaction, search results, censuses, scratch.
 * Adds and new spaces stop before it, so that deletes can still be followed by a compaction.
 */
let fromReserve: bool = false;

export function useReserve(on: bool): void {
  fromReserve = on;
}

/** Bytes that may still be allocated. */
export function availableBytes(): u32 {
  const budget = load<u32>(P_BUDGET);
  const limit = fromReserve ? budget : budget - (budget >>> 3);
  const taken: u64 = <u64>load<u32>(P_USED) + load<u32>(P_RESERVED);
  return <u32>(max<u64>(taken, limit) - taken);
}

/**
 * A block of `size` bytes at a 16-byte address, contents undefined, or 0 when the budget (less what is reserved, of
 * which the caller may use `mine`) or the memory is used up. Call with the partition lock held.
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
  store<u32>(A_BUSY, 1);
  unhang(block);
  const rest = sizeOf(block) - need;
  if (rest >= MIN_BLOCK) {
    const remainder = block + need;
    store<u32>(remainder, rest | FREE);
    store<u32>(remainder + 4, <u32>block);
    store<u32>(remainder + rest + 4, <u32>remainder);
    faultPoint(FAULT_ARENA_SPLIT);
    store<u32>(block, need);
    hang(remainder);
  } else {
    store<u32>(block, sizeOf(block));
  }
  store<u32>(P_USED, load<u32>(P_USED) + sizeOf(block));
  store<u32>(A_BUSY, 0);
  return block + HEADER;
}

/** Gives a block back; 0 is allowed. Call with the partition lock held. */
export function free(payload: usize): void {
  if (payload == 0) return;
  const block = payload - HEADER;
  if (!ASC_NO_ASSERT) assert((load<u32>(block) & FREE) == 0);
  store<u32>(A_BUSY, 1);
  store<u32>(P_USED, load<u32>(P_USED) - sizeOf(block));
  faultPoint(FAULT_ARENA_FREE);
  mergeAndHang(block);
  store<u32>(A_BUSY, 0);
}

/** Payload bytes of a block, its header included. */
export function bytesOf(payload: usize): u32 {
  return payload == 0 ? 0 : sizeOf(payload - HEADER);
}

/** After a trap under the partition lock: makes lists, bitmaps and P_USED again from the chain of headers. */
export function rebuildArena(): void {
  if (load<u32>(A_BUSY) == 0) return;
  clearBytes(A_ROWS, 4 + ROWS * 4);
  clearBytes(A_HEADS, ROWS * COLUMNS * 4);
  let used: u32 = 0;
  let previous: usize = 0;
  let block: usize = ARENA + HEADER;
  const end: usize = load<u32>(A_END);
  while (block < end) {
    const size = sizeOf(block);
    store<u32>(block + 4, <u32>previous);
    if (load<u32>(block) & FREE) {
      if (previous != 0 && load<u32>(previous) & FREE) {
        unhang(previous);
        store<u32>(previous, (sizeOf(previous) + size) | FREE);
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
  store<u32>(end + 4, <u32>previous);
  store<u32>(P_USED, used);
  store<u32>(A_BUSY, 0);
}

/** Debug: whether the chain of headers is whole and P_USED agrees with it. */
export function arenaIsWhole(): bool {
  let used: u32 = 0;
  let previous: usize = 0;
  let block: usize = ARENA + HEADER;
  const end: usize = load<u32>(A_END);
  while (block < end) {
    const size = sizeOf(block);
    if (size < MIN_BLOCK || size & 15 || block + size > end) return false;
    if (load<u32>(block + 4) != <u32>previous) return false;
    if (load<u32>(block) & FREE) {
      if (previous != 0 && load<u32>(previous) & FREE) return false;
    } else {
      used += size;
    }
    previous = block;
    block += size;
  }
  return block == end && used == load<u32>(P_USED);
}
