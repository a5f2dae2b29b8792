/*
 * What does one filling of a space consist of, from its making to its freeing? Under the partition lock.
 */
import {
  FLAT, G_BYTES, G_CENTROID, G_COUNT, G_ELIGIBLE, G_FLOOR, G_FORCE_F32, G_GRAPH, G_GRAPH_CHUNKS, G_KEY_CHUNK,
  G_KEY_TABLE, G_KEY_USED, G_NAME, G_SERIAL, G_SPACE, G_STATE, G_VECTOR_CHUNKS, G_VECTORS, GENERATION_BYTES,
  KEY_HEADER, RECENT_SLOTS, S_BYTES, S_SERIAL, T_DEPTH,
} from "../layout";
import { allocate, blockBytes, bytesOf, free } from "../memory/arena";
import { freeChunk } from "../graph/links";
import { closeTable, openTable } from "./keys";
import {
  crossover, distancesBytes, graphChunkBytes, M, maxGraphChunks, paddedFloats, slotStride, upperStride,
} from "../memory/settings";
import { addBytes, chunkSlots, olderDirectory, vectorChunk } from "../vectors/slots";
import { clearBytes, copyWords } from "../memory/words";

const KEY_CHUNK_HEADER: u32 = 8; // [older chunk u32][bytes u32]
const FIRST_KEY_CHUNK: u32 = 248;
const LARGEST_KEY_CHUNK: u32 = 65536;

/** An empty, flat generation of a space, not yet linked to it, or 0 when there is no memory. */
export function newGeneration(space: usize, forceF32: bool): usize {
  const generation = allocate(GENERATION_BYTES, 0);
  if (generation == 0) return 0;
  clearBytes(generation, GENERATION_BYTES);
  const serial = load<u32>(space + S_SERIAL) + 1;
  store<u32>(space + S_SERIAL, serial);
  store<u32>(generation + G_SERIAL, serial);
  store<u32>(generation + G_SPACE, <u32>space);
  store<u32>(generation + G_FORCE_F32, forceF32 ? 1 : 0);
  addBytes(generation, bytesOf(generation));
  if (!openTable(generation + G_KEY_TABLE, generation, 0)) {
    abandonGeneration(space, generation);
    return 0;
  }
  return generation;
}

/** Gives the newest generation back before anybody saw it. */
export function abandonGeneration(space: usize, generation: usize): void {
  emptyGeneration(generation);
  free(generation);
  store<u32>(space + S_SERIAL, load<u32>(space + S_SERIAL) - 1);
}

/**
 * Gives every block of a generation back but its header, which `free` takes last. Nobody can reach it any more. Each
 * block is taken off the books before it is freed, so that this can be called again after a trap.
 */
export function emptyGeneration(generation: usize): void {
  closeTable(generation + G_KEY_TABLE);
  for (let i = load<u32>(generation + G_VECTOR_CHUNKS); i > 0; i--) {
    store<u32>(generation + G_VECTOR_CHUNKS, i - 1);
    free(vectorChunk(generation, i - 1));
  }
  for (let directory: usize = load<u32>(generation + G_VECTORS); directory != 0; ) {
    store<u32>(generation + G_VECTORS, <u32>olderDirectory(directory));
    free(directory);
    directory = load<u32>(generation + G_VECTORS);
  }
  const graph: usize = load<u32>(generation + G_GRAPH);
  for (let i = load<u32>(generation + G_GRAPH_CHUNKS); i > 0; i--) {
    const chunk: usize = load<u32>(graph + (i - 1) * 4);
    store<u32>(generation + G_GRAPH_CHUNKS, i - 1);
    freeChunk(chunk);
  }
  freeAt(generation + G_GRAPH);
  freeAt(generation + G_CENTROID);
  freeAt(generation + G_NAME);
  for (let chunk: usize = load<u32>(generation + G_KEY_CHUNK); chunk != 0; ) {
    store<u32>(generation + G_KEY_CHUNK, load<u32>(chunk));
    free(chunk);
    chunk = load<u32>(generation + G_KEY_CHUNK);
  }
  const space: usize = load<u32>(generation + G_SPACE);
  if (space != 0) store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) - load<u32>(generation + G_BYTES));
  store<u32>(generation + G_BYTES, 0);
}

function freeAt(cell: usize): void {
  const block: usize = load<u32>(cell);
  store<u32>(cell, 0);
  free(block);
}

/** Copies an encoded key into the generation's key heap; 0 when there is no memory. */
export function storeKey(generation: usize, bytes: usize, header: u32, mine: u32): usize {
  const length = header & 0xffffff;
  const need = (KEY_HEADER + length + 3) & ~3;
  let chunk: usize = load<u32>(generation + G_KEY_CHUNK);
  let used = load<u32>(generation + G_KEY_USED);
  if (chunk == 0 || used + need > load<u32>(chunk + 4)) {
    const last = chunk == 0 ? 0 : load<u32>(chunk + 4);
    const size = max<u32>(need + KEY_CHUNK_HEADER, min<u32>(LARGEST_KEY_CHUNK, last == 0 ? FIRST_KEY_CHUNK : last * 2));
    const larger = allocate(size, mine);
    if (larger == 0) return 0;
    store<u32>(larger, <u32>chunk);
    store<u32>(larger + 4, size);
    store<u32>(generation + G_KEY_USED, KEY_CHUNK_HEADER);
    store<u32>(generation + G_KEY_CHUNK, <u32>larger);
    addBytes(generation, bytesOf(larger));
    chunk = larger;
    used = KEY_CHUNK_HEADER;
  }
  const record = chunk + used;
  store<u32>(record, header);
  copyWords(record + KEY_HEADER, bytes, (length + 3) >>> 2); // whatever lies behind the key comes along
  store<u32>(generation + G_KEY_USED, used + need);
  return record;
}

/** Bytes of key records that the newest key chunk still takes. */
export function keyRoom(generation: usize): u32 {
  const chunk: usize = load<u32>(generation + G_KEY_CHUNK);
  return chunk == 0 ? 0 : load<u32>(chunk + 4) - load<u32>(generation + G_KEY_USED);
}

/** Ops that are accepted and neither linked nor skipped, 0 while the generation is flat on purpose. */
export function pendingOf(generation: usize): u32 {
  if (load<u32>(generation + G_ELIGIBLE) == 0) return 0;
  return load<u32>(generation + G_COUNT) - atomic.load<u32>(generation + G_FLOOR);
}

/** An upper bound of what `count` adds allocate: chunks, key heap, key table. */
export function bytesFor(generation: usize, count: u32, keyBytes: u32): u64 {
  const now = load<u32>(generation + G_COUNT);
  const then: u64 = <u64>now + count;
  let bytes: u64 = 0;
  let chunk = load<u32>(generation + G_VECTOR_CHUNKS);
  let slots: u64 = 0;
  for (let i: u32 = 0; i < chunk; i++) slots += chunkSlots(i);
  for (; slots < then; chunk++) {
    bytes += blockBytes(chunkSlots(chunk) * slotStride);
    slots += chunkSlots(chunk);
  }
  if (load<u32>(generation + G_STATE) != FLAT || then > crossover) {
    const have = load<u32>(generation + G_GRAPH_CHUNKS);
    const want = (then + 1023) >> 10;
    const uppers: u64 = (1536 / (M - 1) + 16) * upperStride; // mean 1024 / (M − 1) lists a chunk, with room
    if (want > have) bytes += (want - have) * (<u64>graphChunkBytes + distancesBytes + uppers + 96);
    if (have == 0) bytes += blockBytes(maxGraphChunks * 4) + blockBytes((paddedFloats + RECENT_SLOTS) * 4);
  }
  bytes += 64 + 16 * <u64>chunk; // larger directories of vector chunks
  bytes += keyBytes + <u64>count * 8; // records
  if (keyBytes > keyRoom(generation)) bytes += 131072; // their chunks, the last of them hardly used
  // Cells at half fill, all segments splitting at once (they fill at the same pace), their directory doubled twice.
  const depth = load<u32>(generation + G_KEY_TABLE + T_DEPTH);
  bytes += <u64>count * 32 + 16384 + min<u64>(count, <u64>1 << depth) * 4128;
  return bytes + (<u64>32 << depth);
}
