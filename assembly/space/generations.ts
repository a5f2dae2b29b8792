/* What does one filling of a space consist of, from its creation to its freeing? Under the partition lock. */
import {
  CHUNK_BITS, CHUNK_SLOTS, FLAT, GENERATION_BYTES, G_BYTES, G_COUNT, G_ELIGIBLE, G_FLOOR, G_FORCE_F32, G_GRAPH_CHUNKS,
  G_KEYS, G_KEY_TABLE, G_NAME, G_SERIAL, G_SPACE, G_STATE, G_VECTOR_CHUNKS, KEY_HEADER, KEY_LENGTH,
  S_BYTES, S_SERIAL, T_DEPTH,
} from "../layout";
import { centroidBytes, freeGraph } from "../graph/chunks";
import { allocate, blockBytes, free, freeAt } from "../memory/arena";
import {
  flatBelow, graphChunkBytes, M, maxGraphChunks, upperStride,
} from "../memory/settings";
import { clearBytes, copyWords, padded } from "../memory/words";
import { freeRows } from "../rows/columns";
import { freeHeap, heapRoom, takeRecord } from "../vectors/heap";
import { chunkBytes, chunkSlots, countBlock, freeSlots } from "../vectors/slots";
import { closeTable, openTable } from "./keys";

/** The current generation of a space's S_GENERATIONS. */
export function currentOf(generations: u64): usize {
  return <u32>generations;
}

/** The generation that is being emptied, or 0. */
export function emptyingOf(generations: u64): usize {
  return <u32>(generations >> 32);
}

/** An empty, flat generation that its space does not name yet, or 0 when there is no memory. */
export function newGeneration(space: usize, forceF32: bool): usize {
  const generation = allocate(GENERATION_BYTES, 0);
  if (generation == 0) return 0;
  clearBytes(generation, GENERATION_BYTES);
  const serial = load<u32>(space + S_SERIAL) + 1;
  store<u32>(space + S_SERIAL, serial);
  store<u32>(generation + G_SERIAL, serial);
  store<u32>(generation + G_SPACE, <u32>space);
  store<u32>(generation + G_FORCE_F32, forceF32 ? 1 : 0);
  countBlock(generation, generation);
  if (!openTable(generation + G_KEY_TABLE, generation, 0)) {
    abandonGeneration(space, generation);
    return 0;
  }
  return generation;
}

/** Frees the newest generation, which its space never named. */
export function abandonGeneration(space: usize, generation: usize): void {
  emptyGeneration(generation);
  free(generation);
  store<u32>(space + S_SERIAL, load<u32>(space + S_SERIAL) - 1);
}

/**
 * Frees every block of a generation but its header, which the caller frees last. No thread can reach it any more. Each
 * block is unlinked before it is freed, so that this can be called again after a trap.
 */
export function emptyGeneration(generation: usize): void {
  closeTable(generation + G_KEY_TABLE);
  freeSlots(generation);
  freeGraph(generation);
  freeAt(generation + G_NAME);
  freeHeap(generation + G_KEYS);
  freeRows(generation);
  const space: usize = load<u32>(generation + G_SPACE);
  if (space != 0) store<u32>(space + S_BYTES, load<u32>(space + S_BYTES) - load<u32>(generation + G_BYTES));
  store<u32>(generation + G_BYTES, 0);
}

/** Copies an encoded key into the generation's key heap; 0 when there is no memory. */
export function storeKey(generation: usize, bytes: usize, header: u32, mine: u32): usize {
  const length = padded(header & KEY_LENGTH);
  const record = takeRecord(generation, generation + G_KEYS, KEY_HEADER + length, mine);
  if (record == 0) return 0;
  store<u32>(record, header);
  copyWords(record + KEY_HEADER, bytes, length >>> 2); // and the bytes behind the key
  return record;
}

/** Ops that are accepted and neither linked nor skipped; 0 while the generation is too small for a graph. */
export function pendingOf(generation: usize): u32 {
  if (load<u32>(generation + G_ELIGIBLE) == 0) return 0;
  return load<u32>(generation + G_COUNT) - atomic.load<u32>(generation + G_FLOOR);
}

/** An upper bound of what `count` adds allocate: chunks, key records, key table. */
export function bytesFor(generation: usize, count: u32, keyBytes: u32): u64 {
  const now = load<u32>(generation + G_COUNT);
  const then: u64 = <u64>now + count;
  let bytes: u64 = 0;
  let chunk = load<u32>(generation + G_VECTOR_CHUNKS);
  let slots: u64 = 0;
  for (let i: u32 = 0; i < chunk; i++) slots += chunkSlots(i);
  for (; slots < then; chunk++) {
    bytes += blockBytes(chunkBytes(chunk));
    slots += chunkSlots(chunk);
  }
  if (load<u32>(generation + G_STATE) != FLAT || then > flatBelow) {
    const have = load<u32>(generation + G_GRAPH_CHUNKS);
    const want = (then + CHUNK_SLOTS - 1) >> CHUNK_BITS;
    const uppers: u64 = (1536 / (M - 1) + 16) * upperStride; // on average 1024 / (M − 1) lists a chunk, with room
    if (want > have) bytes += (want - have) * (<u64>graphChunkBytes + uppers + 64);
    if (have == 0) bytes += blockBytes(maxGraphChunks * 4) + blockBytes(centroidBytes());
  }
  bytes += 64 + 16 * <u64>chunk; // larger directories of vector chunks
  bytes += keyBytes + <u64>count * 8; // key records
  if (keyBytes > heapRoom(generation + G_KEYS)) bytes += 131072; // their chunks, the last of them almost empty
  // Cells half full, all segments splitting at once (they fill at the same pace), their directory doubled twice.
  const depth = load<u32>(generation + G_KEY_TABLE + T_DEPTH);
  bytes += <u64>count * 32 + 16384 + min<u64>(count, <u64>1 << depth) * 4128;
  return bytes + (<u64>32 << depth);
}
