/*
 * Where do a generation's records of any length lie, that are freed together with it? In chunks that double, each in use
 * from its front.
 *
 *   heap   [newest chunk u32][bytes used in it u32], in the generation's header
 *   chunk  [older chunk u32][bytes u32], then records, each padded to whole words
 */
import { K_BYTES, K_HEADER, K_OLDER } from "../layout";
import { allocate, bytesOf, free } from "../memory/arena";
import { countBlock } from "./slots";

const FIRST_CHUNK: u32 = 248;
const LARGEST_CHUNK: u32 = 65536;

/** Takes `bytes` (whole words) of the heap at `heap`; 0 when there is no memory. Partition lock held. */
export function takeRecord(generation: usize, heap: usize, bytes: u32, mine: u32): usize {
  let chunk: usize = load<u32>(heap);
  let used = load<u32>(heap, 4);
  const last: u32 = chunk == 0 ? 0 : load<u32>(chunk + K_BYTES);
  if (used + bytes > last) {
    const size = max<u32>(bytes + K_HEADER, nextChunk(heap));
    const larger = allocate(size, mine);
    if (larger == 0) return 0;
    store<u32>(larger + K_OLDER, <u32>chunk);
    store<u32>(larger + K_BYTES, size);
    store<u32>(heap, K_HEADER, 4);
    store<u32>(heap, <u32>larger);
    countBlock(generation, larger);
    chunk = larger;
    used = K_HEADER;
  }
  store<u32>(heap, used + bytes, 4);
  return chunk + used;
}

/** Bytes of the next chunk, unless a record needs more. */
export function nextChunk(heap: usize): u32 {
  const chunk: usize = load<u32>(heap);
  return chunk == 0 ? FIRST_CHUNK : min<u32>(LARGEST_CHUNK, load<u32>(chunk + K_BYTES) * 2);
}

/** Bytes that the newest chunk has room for. */
export function heapRoom(heap: usize): u32 {
  const chunk: usize = load<u32>(heap);
  return chunk == 0 ? 0 : load<u32>(chunk + K_BYTES) - load<u32>(heap, 4);
}

/** Bytes of all its chunks. */
export function heapBytes(heap: usize): u32 {
  let bytes: u32 = 0;
  for (let chunk: usize = load<u32>(heap); chunk != 0; chunk = load<u32>(chunk + K_OLDER)) bytes += bytesOf(chunk);
  return bytes;
}

/** Frees all of it; can be called again after a trap. */
export function freeHeap(heap: usize): void {
  for (let chunk: usize = load<u32>(heap); chunk != 0; chunk = load<u32>(heap)) {
    store<u32>(heap, load<u32>(chunk + K_OLDER));
    free(chunk);
  }
}
