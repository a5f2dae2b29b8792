/*
 * Where does a generation get the memory for its graph? Chunk by chunk: codes, level-0 lists and twins of CHUNK_SLOTS
 * slots, and a block of their upper lists. Under the partition lock.
 */
import {
  CHUNK_BITS, CHUNK_SLOTS, G_CENTROID, G_COUNT, G_GRAPH, G_GRAPH_CHUNKS, G_LEAVES, G_SPACE, LEAF_BYTES, NOTES_BYTES,
  RECENT_SLOTS, S_GENERATIONS, UPPERS_HEADER,
} from "../layout";
import { allocate, bytesOf, free, freeAt } from "../memory/arena";
import {
  graphChunkBytes, leavesOffset, levelOf, linksOffset, listStride, maxGraphChunks, paddedFloats,
  twinsOffset, uppersOffset, upperStride,
} from "../memory/settings";
import { clearBytes, copyBytes } from "../memory/words";
import { countBlock } from "../vectors/slots";
import { chunkAt, clearList } from "./lists";

/** Makes room in the graph for slot number G_COUNT, upper lists included. False when there is no memory. */
export function ensureGraph(generation: usize, mine: u32): bool {
  const wanted: u32 = (load<u32>(generation + G_COUNT) >>> CHUNK_BITS) + 1;
  let directory: usize = load<u32>(generation + G_GRAPH);
  if (directory == 0) {
    // With room for the centroid, so that promotion never has to allocate.
    const centroid = allocate(centroidBytes(), mine);
    directory = centroid == 0 ? 0 : allocate(maxGraphChunks * 4, mine);
    if (directory == 0) {
      free(centroid);
      return false;
    }
    clearBytes(centroid + paddedFloats * 4, RECENT_SLOTS * 4 + NOTES_BYTES);
    store<u32>(generation + G_CENTROID, <u32>centroid);
    inheritNotes(generation);
    countBlock(generation, centroid);
    countBlock(generation, directory);
    atomic.store<u32>(generation + G_GRAPH, <u32>directory);
  }
  while (load<u32>(generation + G_GRAPH_CHUNKS) < wanted) {
    const number = load<u32>(generation + G_GRAPH_CHUNKS);
    if (number >= maxGraphChunks) return false;
    const chunk = newChunk(number, mine);
    if (chunk == 0) return false;
    store<u32>(directory + number * 4, <u32>chunk);
    store<u32>(generation + G_GRAPH_CHUNKS, number + 1);
    countBlock(generation, chunk);
    countBlock(generation, uppersBlock(chunk));
  }
  return true;
}

/** Bytes of the block of the centroid, with what lies behind it. */
export function centroidBytes(): u32 {
  return (paddedFloats + RECENT_SLOTS) * 4 + NOTES_BYTES;
}

/** Address of what was measured of a graph. */
export function notesOf(generation: usize): usize {
  return load<u32>(generation + G_CENTROID) + (paddedFloats + RECENT_SLOTS) * 4;
}

/** What was measured of the graph that a compaction empties serves the next one until that is measured. */
function inheritNotes(generation: usize): void {
  const space: usize = load<u32>(generation + G_SPACE);
  const emptying: usize = space == 0 ? 0 : <usize>(load<u64>(space + S_GENERATIONS) >> 32);
  if (emptying == 0 || emptying == generation || load<u32>(emptying + G_CENTROID) == 0) return;
  copyBytes(notesOf(generation), notesOf(emptying), NOTES_BYTES);
}

/** Bytes of codes, links and what else only a graph needs. */
export function graphBytes(generation: usize): u32 {
  const graph: usize = load<u32>(generation + G_GRAPH);
  if (graph == 0) return 0;
  let bytes = bytesOf(graph) + bytesOf(load<u32>(generation + G_CENTROID)) + bytesOf(load<u32>(generation + G_LEAVES));
  for (let i = load<u32>(generation + G_GRAPH_CHUNKS); i > 0; i--) {
    const chunk = chunkAt(generation, i - 1);
    bytes += bytesOf(chunk) + bytesOf(uppersBlock(chunk));
  }
  return bytes;
}

/** Frees all of a generation's graph; can be called again after a trap. */
export function freeGraph(generation: usize): void {
  for (let i = load<u32>(generation + G_GRAPH_CHUNKS); i > 0; i--) {
    const chunk = chunkAt(generation, i - 1);
    store<u32>(generation + G_GRAPH_CHUNKS, i - 1);
    free(uppersBlock(chunk));
    free(chunk);
  }
  freeAt(generation + G_GRAPH);
  freeAt(generation + G_CENTROID);
  freeAt(generation + G_LEAVES);
}

function newChunk(number: u32, mine: u32): usize {
  const first = number << CHUNK_BITS;
  let lists: u32 = 0;
  for (let i: u32 = 0; i < CHUNK_SLOTS; i++) lists += levelOf(first + i);
  const chunk = allocate(graphChunkBytes, mine);
  const uppers: usize = chunk == 0 ? 0 : allocate(UPPERS_HEADER + lists * upperStride, mine);
  if (uppers == 0) {
    free(chunk);
    return 0;
  }
  let next: usize = uppers + UPPERS_HEADER;
  for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
    store<u32>(chunk + uppersOffset + i * 4, <u32>next);
    next += levelOf(first + i) * upperStride;
    clearList(chunk + linksOffset + i * listStride);
  }
  clearBytes(chunk + twinsOffset, CHUNK_SLOTS * 4);
  clearBytes(chunk + leavesOffset, CHUNK_SLOTS * LEAF_BYTES);
  return chunk;
}

/** The block of a chunk's upper lists: those of its first slot come first. */
function uppersBlock(chunk: usize): usize {
  return load<u32>(chunk + uppersOffset) - UPPERS_HEADER;
}
