/*
 * What was this partition set up for, and which sizes follow from it?
 *
 * `setUp` writes them once, `bind` reads them into each instance. Globals here are copies that never change afterwards.
 */
import {
  CHUNK_SLOTS, CODE_HEADER, LEAF_BYTES, LIST_HEADER, MAX_LEVEL, METRIC_COSINE, METRIC_DOT, P_CODES, P_DIMENSIONS, P_EF_CONSTRUCTION,
  P_FLAT_BELOW, P_M, P_MAX_GRAPH_CHUNKS, P_MAX_PENDING, P_METRIC, P_SECRET, P_SEED, SLOT_HEADER,
} from "../layout";

export let dimensions: u32 = 0, metric: u32 = 0, cosine: bool = false, dot: bool = false;
export let M: u32 = 0, efConstruction: u32 = 0, seed: u32 = 0, flatBelow: u32 = 0, neverCodes: bool = false;
export let maxPending: u32 = 0, maxGraphChunks: u32 = 0;
export let secret0: u64 = 0, secret1: u64 = 0; // of the hash of keys

/** Floats in a padded vector (a multiple of 4, the rest zero) and 16-byte blocks in a code. */
export let paddedFloats: u32 = 0, codeBlocks: u32 = 0;

/*
 * Lists have slack. An insert chooses 1.75 M neighbours (diverse ones first, then the nearest of the rest); a level-0
 * list takes 4 M before it is pruned to 3 M, an upper one 2 M before it is pruned to 1.5 M. Slack makes prunes rare,
 * and with full lists efConstruction 32 gives the recall of 80 with diverse neighbours alone (docs/ARCHITECTURE.md).
 */
export let chosenBase: u32 = 0, capacityBase: u32 = 0, prunedBase: u32 = 0;
export let capacityUpper: u32 = 0, prunedUpper: u32 = 0;

export let slotStride: u32 = 0, codeStride: u32 = 0, listStride: u32 = 0, upperStride: u32 = 0;
/* Offsets in a graph chunk; codes come first. */
export let linksOffset: u32 = 0;
export let uppersOffset: u32 = 0; // addresses of the upper lists
export let twinsOffset: u32 = 0;
export let leavesOffset: u32 = 0; // the leaves of its slots
export let graphChunkBytes: u32 = 0;

export function loadSettings(): void {
  dimensions = load<u32>(P_DIMENSIONS);
  metric = load<u32>(P_METRIC);
  cosine = metric == METRIC_COSINE;
  dot = metric == METRIC_DOT;
  M = load<u32>(P_M);
  efConstruction = load<u32>(P_EF_CONSTRUCTION);
  seed = load<u32>(P_SEED);
  flatBelow = load<u32>(P_FLAT_BELOW);
  maxPending = load<u32>(P_MAX_PENDING);
  neverCodes = load<u32>(P_CODES) != 0;
  maxGraphChunks = load<u32>(P_MAX_GRAPH_CHUNKS);
  secret0 = load<u64>(P_SECRET);
  secret1 = load<u64>(P_SECRET, 8);

  paddedFloats = (dimensions + 3) & ~3;
  codeBlocks = (dimensions + 15) >>> 4;
  chosenBase = M + (M >>> 1) + (M >>> 2);
  capacityBase = 4 * M;
  prunedBase = 3 * M;
  capacityUpper = 2 * M;
  prunedUpper = M + (M >>> 1);

  slotStride = (SLOT_HEADER + paddedFloats * 4 + 15) & ~15;
  codeStride = (CODE_HEADER + dimensions + 3) & ~3;
  listStride = LIST_HEADER + capacityBase * 4;
  upperStride = LIST_HEADER + capacityUpper * 8;
  // A code is read in whole blocks, the last up to 16 bytes into the lists: harmless, the other operand is zero there.
  linksOffset = (CHUNK_SLOTS * codeStride + 31) & ~15;
  uppersOffset = linksOffset + CHUNK_SLOTS * listStride;
  twinsOffset = uppersOffset + CHUNK_SLOTS * 4;
  leavesOffset = twinsOffset + CHUNK_SLOTS * 4;
  graphChunkBytes = leavesOffset + CHUNK_SLOTS * LEAF_BYTES;
}

/**
 * The level of a slot, from the seed and the slot alone, so that it does not depend on the schedule: P(level ≥ l) is
 * M^-l, as with the paper's ⌊−ln(u) / ln(M)⌋, but without a logarithm.
 */
export function levelOf(slot: u32): u32 {
  let u: u32 = mix(slot * 0x9e3779b9 + seed);
  let level: u32 = 0;
  const bound: u32 = ~0 / M;
  while (u < bound && level < MAX_LEVEL) {
    level++;
    u *= M;
    // The multiplication has shifted bits out: another hash replaces them.
    u += mix(u + level) % M;
  }
  return level;
}

/** Finaliser of MurmurHash3 (A. Appleby, public domain). */
export function mix(h: u32): u32 {
  h ^= h >>> 16;
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >>> 16);
}
