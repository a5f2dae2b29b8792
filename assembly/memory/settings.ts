/*
 * What was this partition set up for, and which sizes follow from it?
 *
 * Written once by `setUp`, read by every instance in `bind`. Globals here are copies that never change afterwards.
 */
import {
  CHUNK_SLOTS, CODE_HEADER, LIST_HEADER, MAX_LEVEL, METRIC_COSINE, METRIC_DOT, P_CODES, P_CROSSOVER, P_DIMENSIONS,
  P_EF_CONSTRUCTION, P_M, P_MAX_GRAPH_CHUNKS, P_MAX_PENDING, P_METRIC, P_SEED, SLOT_HEADER,
} from "../layout";

export let dimensions: u32 = 0;
export let metric: u32 = 0;
export let cosine: bool = false;
export let dot: bool = false;
export let M: u32 = 0;
export let efConstruction: u32 = 0;
export let seed: u32 = 0;
export let crossover: u32 = 0;
export let maxPending: u32 = 0;
export let neverCodes: bool = false;
export let maxGraphChunks: u32 = 0;

/** Floats in a padded vector (a multiple of 4, the rest zero) and 16-byte blocks in a code. */
export let paddedFloats: u32 = 0;
export let codeBlocks: u32 = 0;

/*
 * Lists have slack. Per insert 1.75 M neighbours are chosen (diverse ones first, then the nearest of the rest); a
 * level-0 list takes 4M before it is pruned to 3M, an upper one 2M before it is pruned to 1.5M. Slack makes prunes
 * rare, and full lists let efConstruction 32 reach the recall that 80 has with diverse neighbours alone, for 1.4 times
 * the insert rate (GloVe and Gaussian clusters, 20,000 to 100,000, side by side in one process, 2026-11-23).
 */
export let chosenBase: u32 = 0;
export let capacityBase: u32 = 0;
export let keptBase: u32 = 0;
export let capacityUpper: u32 = 0;
export let keptUpper: u32 = 0;

export let slotStride: u32 = 0;
export let codeStride: u32 = 0;
export let listStride: u32 = 0;
export let upperStride: u32 = 0;
export let linksOffset: u32 = 0;
export let distancesOffset: u32 = 0; // word with the address of the distances
export let distancesBytes: u32 = 0;
export let uppersOffset: u32 = 0;
export let twinsOffset: u32 = 0;
export let graphChunkBytes: u32 = 0;

export function loadSettings(): void {
  dimensions = load<u32>(P_DIMENSIONS);
  metric = load<u32>(P_METRIC);
  cosine = metric == METRIC_COSINE;
  dot = metric == METRIC_DOT;
  M = load<u32>(P_M);
  efConstruction = load<u32>(P_EF_CONSTRUCTION);
  seed = load<u32>(P_SEED);
  crossover = load<u32>(P_CROSSOVER);
  maxPending = load<u32>(P_MAX_PENDING);
  neverCodes = load<u32>(P_CODES) != 0;
  maxGraphChunks = load<u32>(P_MAX_GRAPH_CHUNKS);

  paddedFloats = (dimensions + 3) & ~3;
  codeBlocks = (dimensions + 15) >>> 4;
  chosenBase = M + (M >>> 1) + (M >>> 2);
  capacityBase = 4 * M;
  keptBase = 3 * M;
  capacityUpper = 2 * M;
  keptUpper = M + (M >>> 1);

  slotStride = (SLOT_HEADER + paddedFloats * 4 + 15) & ~15;
  codeStride = (CODE_HEADER + dimensions + 3) & ~3;
  listStride = LIST_HEADER + capacityBase * 4;
  upperStride = LIST_HEADER + capacityUpper * 8;
  // A code is read in whole blocks, so the last one may look up to 16 bytes into the lists: harmless, the other
  // operand is zero there.
  linksOffset = (CHUNK_SLOTS * codeStride + 31) & ~15;
  uppersOffset = linksOffset + CHUNK_SLOTS * listStride;
  twinsOffset = uppersOffset + CHUNK_SLOTS * 4;
  distancesOffset = twinsOffset + CHUNK_SLOTS * 4;
  graphChunkBytes = distancesOffset + 4;
  distancesBytes = CHUNK_SLOTS * capacityBase * 4;
}

/**
 * The level of a slot, from the seed and the slot alone, so that it does not depend on the schedule: P(level ≥ l) =
 * M^-l, which is the paper's ⌊−ln(u) / ln(M)⌋ without a logarithm.
 */
export function levelOf(slot: u32): u32 {
  let u: u32 = mix(slot * 0x9e3779b9 + seed);
  let level: u32 = 0;
  const bound: u32 = ~0 / M;
  while (u < bound && level < MAX_LEVEL) {
    level++;
    u *= M;
    // The bits that the multiplication shifted out are gone: fill up from another hash.
    u += mix(u + level) % M;
  }
  return level;
}

/** Finaliser of MurmurHash3 (A. Appleby, public domain). */
// @ts-ignore: decorator
@inline
export function mix(h: u32): u32 {
  h ^= h >>> 16;
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >>> 16);
}
