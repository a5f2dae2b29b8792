/*
 * What does one thread need for itself while it searches and links? One block per seat, never shared.
 *
 *   X_KEY, X_INFO, X_VECTORS   what JavaScript writes and reads (layout.ts)
 *   query                      the query as f32, of unit length under cosine, padded with zeros
 *   queryCode                  the query's signed 7-bit code, padded with zeros to whole blocks
 *   together                   slots that a walk expands together
 *   fresh…                     slots, addresses and distances of the neighbours just gathered
 *   chosen                     own lists of the slot being linked, per level: count, ids, distances
 *   prunePairs                 PAIR_*: candidates of a prune
 *   candidate…                 candidates of a search by distance (graph/candidates.ts)
 *   smallVisited               the small table of graph/visited.ts
 */
import {
  CLAIM_BYTES, INTAKE_BYTES, MAX_CLAIMS, MAX_EF, MAX_LEVEL, SEAT_CLAIMS, SEAT_SCRATCH, X_INFO, X_VECTORS,
} from "../layout";
import { allocate } from "./arena";
import { seat } from "./locks";
import { capacityBase, chosenBase, codeBlocks, dimensions, paddedFloats } from "./settings";
import { clearBytes } from "./words";

export const MAX_CANDIDATES: u32 = 2 * MAX_EF; // room for dead slots beside ef live ones
export const TOGETHER: u32 = 3; // slots that a walk expands at a time (docs/ARCHITECTURE.md, "Three passes per hop")
export const SMALL_VISITED: u32 = 4096; // cells: a third of a first-level cache

export let base: usize = 0;
export let query: usize = 0, queryCode: usize = 0, codeMask: usize = 0;
export let together: usize = 0, fresh: usize = 0, freshAddresses: usize = 0, freshDistances: usize = 0;
export let candidateDistances: usize = 0, candidateSlots: usize = 0, prunePairs: usize = 0, smallVisited: usize = 0;
let chosen: usize = 0, chosenStride: u32 = 0;

/** Sets a figure that a call returns besides its status. */
export function info(place: u32, value: u32): void {
  store<u32>(base + (place << 2), value, X_INFO);
}

/** Sets a 64-bit figure, low word first. */
export function info64(place: u32, value: u64): void {
  info(place, <u32>value);
  info(place + 1, <u32>(value >> 32));
}

/** Where the own list of the slot being linked lies on a level: a word for its count, then its ids. */
export function chosenOn(level: u32): usize {
  return chosen + level * chosenStride;
}

export function chosenIds(level: u32): usize {
  return chosenOn(level) + 4;
}

export function chosenDistances(level: u32): usize {
  return chosenOn(level) + 4 + chosenBase * 4;
}

let cursor: usize = 0;
function take(bytes: u32): usize {
  const at = cursor;
  cursor += (bytes + 63) & ~63;
  return at;
}

function layOut(start: usize): u32 {
  cursor = start;
  base = take(X_VECTORS + max<u32>(INTAKE_BYTES, paddedFloats * 4));
  query = take(paddedFloats * 4);
  queryCode = take(codeBlocks * 16);
  codeMask = take(16);
  together = take(TOGETHER * 4);
  fresh = take((TOGETHER * capacityBase + 8) * 4);
  freshAddresses = take((TOGETHER * capacityBase + 8) * 4);
  freshDistances = take((TOGETHER * capacityBase + 8) * 4);
  chosenStride = 4 + chosenBase * 8;
  chosen = take((MAX_LEVEL + 1) * chosenStride);
  prunePairs = take((capacityBase + 1) * 16 + 64);
  candidateDistances = take(MAX_CANDIDATES * 4 + 64);
  candidateSlots = take(MAX_CANDIDATES * 4 + 64);
  smallVisited = take(SMALL_VISITED * 4);
  return <u32>(cursor - start);
}

/** Finds or allocates this seat's block; false when there is no memory. Partition lock held. */
export function openScratch(): bool {
  let block: usize = load<u32>(seat + SEAT_SCRATCH);
  if (block == 0) {
    const bytes = layOut(0) + 64;
    block = allocate(bytes, 0);
    if (block == 0) return false;
    clearBytes(block, bytes);
    store<u32>(seat + SEAT_SCRATCH, <u32>block);
  }
  if (load<u32>(seat + SEAT_CLAIMS) == 0) {
    const claims = allocate(MAX_CLAIMS * CLAIM_BYTES, 0);
    if (claims == 0) return false;
    store<u32>(seat + SEAT_CLAIMS, <u32>claims);
  }
  layOut((block + 63) & ~63);
  const tail = dimensions & 15;
  for (let i: u32 = 0; i < 16; i++) store<u8>(codeMask + i, tail == 0 || i < tail ? 0xff : 0);
  return true;
}
