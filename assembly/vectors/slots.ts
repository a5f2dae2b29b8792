/*
 * Where is a slot, and what does it hold? Slots never move while their generation lives, so readers keep addresses.
 *
 *   chunk    0    1     2      …  7          8            9 …
 *   slots    0-7  8-15  16-31  …  512-1,023  1,024-2,047  1,024 each
 *
 *   slot     [born u64][died u64][1/norm f32][key u32][state u32][twin u32][vector, padded with zeros to whole v128]
 *
 * born, died: a search at version v sees the slot when born ≤ v < died. Everything but died, state and twin is
 * complete before the slot's number is below G_COUNT, and never changes after.
 *
 * Directory of chunks: [older directory u32][entries u32][-][-] then u32 addresses. It is replaced by a larger copy
 * when it is full; older ones stay until the generation goes, because a reader may still hold one.
 */
import {
  G_BYTES, G_COUNT, G_SPACE, G_VECTOR_CHUNKS, G_VECTORS, IN_GRAPH, S_BYTES, SLOT_BORN, SLOT_DIED, SLOT_INVERSE,
  SLOT_STATE, SLOT_VECTOR, STATE_MASK,
} from "../layout";
import { allocate, bytesOf } from "../memory/arena";
import { slotStride } from "../memory/settings";
import { copyBytes } from "../memory/words";

const FIRST_SLOTS: u32 = 8;
const SMALL_CHUNKS: u32 = 8; // chunks of less than 1,024 slots
const DIRECTORY_HEADER: u32 = 16;
const FIRST_ENTRIES: u32 = 8;
export const ALIVE: u64 = 0xffffffffffffffff;

// @ts-ignore: decorator
@inline
function chunkOf(slot: u32): u32 {
  if (slot >= 1024) return SMALL_CHUNKS - 1 + (slot >>> 10);
  return slot < FIRST_SLOTS ? 0 : 29 - clz(slot);
}

// @ts-ignore: decorator
@inline
function firstOf(chunk: u32): u32 {
  if (chunk >= SMALL_CHUNKS) return (chunk - SMALL_CHUNKS + 1) << 10;
  return chunk == 0 ? 0 : 4 << chunk;
}

// @ts-ignore: decorator
@inline
export function chunkSlots(chunk: u32): u32 {
  if (chunk >= SMALL_CHUNKS) return 1024;
  return chunk == 0 ? FIRST_SLOTS : 4 << chunk;
}

/** Address of a slot whose number is below the generation's count. */
export function slotAddress(generation: usize, slot: u32): usize {
  const directory: usize = load<u32>(generation + G_VECTORS);
  const chunk = chunkOf(slot);
  return <usize>load<u32>(directory + DIRECTORY_HEADER + chunk * 4) + (slot - firstOf(chunk)) * slotStride;
}

/** First slot after `slot` that may lie in another chunk; between the two, slots are slotStride apart. */
export function chunkEnd(slot: u32): u32 {
  const chunk = chunkOf(slot);
  return firstOf(chunk) + chunkSlots(chunk);
}

// @ts-ignore: decorator
@inline
export function vectorOf(slotAt: usize): usize {
  return slotAt + SLOT_VECTOR;
}

// @ts-ignore: decorator
@inline
export function visible(slotAt: usize, version: u64): bool {
  return load<u64>(slotAt + SLOT_BORN) <= version && version < load<u64>(slotAt + SLOT_DIED);
}

// @ts-ignore: decorator
@inline
export function stateOf(slotAt: usize): u32 {
  return load<u32>(slotAt + SLOT_STATE) & STATE_MASK;
}

/** Whether a graph search finds the slot; all others are found by scan. */
// @ts-ignore: decorator
@inline
export function inGraph(slotAt: usize): bool {
  return (stateOf(slotAt) & IN_GRAPH) != 0;
}

// @ts-ignore: decorator
@inline
export function inverseOf(slotAt: usize): f32 {
  return load<f32>(slotAt + SLOT_INVERSE);
}

/** Counts bytes of blocks that a generation takes (or gives back, when negative). */
export function addBytes(generation: usize, bytes: i32): void {
  store<u32>(generation + G_BYTES, load<u32>(generation + G_BYTES) + bytes);
  const space: usize = load<u32>(generation + G_SPACE);
  if (space != 0) store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) + bytes);
}

/** Sees to it that slot number G_COUNT has an address; false when there is no memory. Partition lock held. */
export function ensureSlot(generation: usize, mine: u32): bool {
  const chunk = chunkOf(load<u32>(generation + G_COUNT));
  if (chunk < load<u32>(generation + G_VECTOR_CHUNKS)) return true;
  let directory: usize = load<u32>(generation + G_VECTORS);
  const entries = directory == 0 ? 0 : load<u32>(directory + 4);
  if (chunk == entries) {
    const more: u32 = entries == 0 ? FIRST_ENTRIES : entries * 2;
    const larger = allocate(DIRECTORY_HEADER + more * 4, mine);
    if (larger == 0) return false;
    store<u32>(larger, <u32>directory);
    store<u32>(larger + 4, more);
    if (directory != 0) copyBytes(larger + DIRECTORY_HEADER, directory + DIRECTORY_HEADER, entries * 4);
    atomic.store<u32>(generation + G_VECTORS, <u32>larger);
    addBytes(generation, bytesOf(larger));
    directory = larger;
  }
  const block = allocate(chunkSlots(chunk) * slotStride, mine);
  if (block == 0) return false;
  store<u32>(directory + DIRECTORY_HEADER + chunk * 4, <u32>block);
  store<u32>(generation + G_VECTOR_CHUNKS, chunk + 1);
  addBytes(generation, bytesOf(block));
  return true;
}

/** The chunk's address, for whoever frees the generation. */
export function vectorChunk(generation: usize, chunk: u32): usize {
  return load<u32>(<usize>load<u32>(generation + G_VECTORS) + DIRECTORY_HEADER + chunk * 4);
}

export function olderDirectory(directory: usize): usize {
  return load<u32>(directory);
}
