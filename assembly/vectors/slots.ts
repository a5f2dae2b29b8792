/*
 * Where is a slot, and what does it hold? Slots never move while their generation lives, so readers keep addresses.
 *
 *   chunk    0    1     2      …  7          8            9 …
 *   slots    0-7  8-15  16-31  …  512-1,023  1,024-2,047  1,024 each
 *
 *   slot     [born u64][died u64][1/norm f32][key u32][state u32][twin u32][vector, padded with zeros to whole v128]
 *   age      u64, behind the slots of a chunk: the version that brought the vector. A compaction moves it along, and
 *            only hits at equal distances are compared by it: so it is not among what every search reads
 *
 * A search at version v sees the slot when born ≤ v < died. Everything but died, state and twin is complete before the
 * slot's number is below G_COUNT, and never changes afterwards.
 *
 * Directory of chunks: [older directory u32][entries u32][-][-] then u32 addresses. A full one is replaced by a larger
 * copy; older ones stay until the generation is freed, because a reader may still use one.
 */
import {
  AGE_BYTES, BODILESS, CHUNK_BITS, CHUNK_SLOTS, D_ENTRIES, D_HEADER, D_OLDER, G_BYTES, G_COUNT, G_SPACE, G_VECTORS, G_VECTOR_CHUNKS,
  IN_GRAPH, SLOT_BORN, SLOT_DIED, SLOT_INVERSE, SLOT_STATE, SLOT_TWIN, SLOT_VECTOR, STATE_MASK, S_BYTES,
} from "../layout";
import { allocate, bytesOf, free } from "../memory/arena";
import { published } from "../memory/order";
import { slotStride } from "../memory/settings";
import { copyBytes } from "../memory/words";

const FIRST_SLOTS: u32 = 8;
const SMALL_CHUNKS: u32 = 8; // chunks of fewer than CHUNK_SLOTS
const FIRST_ENTRIES: u32 = 8;
export const ALIVE: u64 = 0xffffffffffffffff;

/** Number of the chunk that a slot lies in. */
export function chunkOf(slot: u32): u32 {
  if (slot >= CHUNK_SLOTS) return SMALL_CHUNKS - 1 + (slot >>> CHUNK_BITS);
  return slot < FIRST_SLOTS ? 0 : 29 - clz(slot);
}

/** First slot of a chunk. */
export function firstOf(chunk: u32): u32 {
  if (chunk >= SMALL_CHUNKS) return (chunk - SMALL_CHUNKS + 1) << CHUNK_BITS;
  return chunk == 0 ? 0 : 4 << chunk;
}

export function chunkSlots(chunk: u32): u32 {
  if (chunk >= SMALL_CHUNKS) return CHUNK_SLOTS;
  return chunk == 0 ? FIRST_SLOTS : 4 << chunk;
}

export function chunkBytes(chunk: u32): u32 {
  return chunkSlots(chunk) * (slotStride + AGE_BYTES);
}

/** Address of a chunk whose number is below G_VECTOR_CHUNKS. */
function chunkAddress(generation: usize, chunk: u32): usize {
  const directory: usize = published(generation + G_VECTORS);
  return load<u32>(directory + D_HEADER + chunk * 4);
}

/** Address of a slot whose number is below the generation's count. */
export function slotAddress(generation: usize, slot: u32): usize {
  const chunk = chunkOf(slot);
  return chunkAddress(generation, chunk) + (slot - firstOf(chunk)) * slotStride;
}

/** Address of a slot's age. */
export function ageAddress(generation: usize, slot: u32): usize {
  const chunk = chunkOf(slot);
  return chunkAddress(generation, chunk) + chunkSlots(chunk) * slotStride + (slot - firstOf(chunk)) * AGE_BYTES;
}

/** Of two slots of a space, in whichever generations, the older vector has the lower age. */
export function ageOf(generation: usize, slot: u32): u64 {
  return load<u64>(ageAddress(generation, slot));
}

/** The first slot after `slot` that may lie in another chunk; up to there, slots are slotStride apart. */
export function chunkEnd(slot: u32): u32 {
  const chunk = chunkOf(slot);
  return firstOf(chunk) + chunkSlots(chunk);
}

export function vectorOf(slotAt: usize): usize {
  return slotAt + SLOT_VECTOR;
}

export function visible(slotAt: usize, version: u64): bool {
  return load<u64>(slotAt + SLOT_BORN) <= version && version < load<u64>(slotAt + SLOT_DIED);
}

export function stateOf(slotAt: usize): u32 {
  return published(slotAt + SLOT_STATE) & STATE_MASK;
}

/** Whether a graph search finds the slot; all others are found by scan. */
export function inGraph(slotAt: usize): bool {
  return (stateOf(slotAt) & IN_GRAPH) != 0;
}

/** Whether the slot has a vector; one without is never found by a search. */
export function hasBody(slotAt: usize): bool {
  return stateOf(slotAt) != BODILESS;
}

export function inverseOf(slotAt: usize): f32 {
  return load<f32>(slotAt + SLOT_INVERSE);
}

/** The next on a chain of twins after `twin` (slot + 1 each), or 0. */
export function nextTwin(generation: usize, twin: u32): u32 {
  return published(slotAddress(generation, twin - 1) + SLOT_TWIN);
}

/** Counts bytes of blocks that a generation takes, or frees when negative. */
export function addBytes(generation: usize, bytes: i32): void {
  store<u32>(generation + G_BYTES, load<u32>(generation + G_BYTES) + bytes);
  const space: usize = load<u32>(generation + G_SPACE);
  if (space != 0) store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) + bytes);
}

/** Counts a new block (or none, 0) as a generation's. */
export function countBlock(generation: usize, block: usize): void {
  addBytes(generation, bytesOf(block));
}

/** Allocates what slot number G_COUNT needs; false when there is no memory. Partition lock held. */
export function ensureSlot(generation: usize, mine: u32): bool {
  const chunk = chunkOf(load<u32>(generation + G_COUNT));
  if (chunk < load<u32>(generation + G_VECTOR_CHUNKS)) return true;
  let directory: usize = load<u32>(generation + G_VECTORS);
  const entries = directory == 0 ? 0 : load<u32>(directory + D_ENTRIES);
  if (chunk == entries) {
    const more: u32 = entries == 0 ? FIRST_ENTRIES : entries * 2;
    const larger = allocate(D_HEADER + more * 4, mine);
    if (larger == 0) return false;
    store<u32>(larger + D_OLDER, <u32>directory);
    store<u32>(larger + D_ENTRIES, more);
    if (directory != 0) copyBytes(larger + D_HEADER, directory + D_HEADER, entries * 4);
    atomic.store<u32>(generation + G_VECTORS, <u32>larger);
    countBlock(generation, larger);
    directory = larger;
  }
  const block = allocate(chunkBytes(chunk), mine);
  if (block == 0) return false;
  store<u32>(directory + D_HEADER + chunk * 4, <u32>block);
  store<u32>(generation + G_VECTOR_CHUNKS, chunk + 1);
  countBlock(generation, block);
  return true;
}

/** Bytes of all chunks of slots and their directories. */
export function slotBytes(generation: usize): u32 {
  let directory: usize = load<u32>(generation + G_VECTORS);
  let bytes: u32 = 0;
  for (let i = load<u32>(generation + G_VECTOR_CHUNKS); i > 0; i--) bytes += bytesOf(load<u32>(directory + D_HEADER + (i - 1) * 4));
  for (; directory != 0; directory = load<u32>(directory + D_OLDER)) bytes += bytesOf(directory);
  return bytes;
}

/** Frees all of a generation's slots; can be called again after a trap. */
export function freeSlots(generation: usize): void {
  let directory: usize = load<u32>(generation + G_VECTORS);
  for (let i = load<u32>(generation + G_VECTOR_CHUNKS); i > 0; i--) {
    store<u32>(generation + G_VECTOR_CHUNKS, i - 1);
    free(load<u32>(directory + D_HEADER + (i - 1) * 4));
  }
  for (; directory != 0; directory = load<u32>(generation + G_VECTORS)) {
    store<u32>(generation + G_VECTORS, load<u32>(directory + D_OLDER));
    free(directory);
  }
}
