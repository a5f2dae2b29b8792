/*
 * What does one thread need for itself while it searches and links? One block per seat, never shared.
 *
 *   X_KEY, X_INFO, X_VECTORS   what JavaScript writes and reads (layout.ts)
 *   QUERY                      the query as f32, unit length under cosine, padded with zeros
 *   QUERY_CODE                 the query's signed 7-bit code, padded with zeros to whole blocks
 *   POOL                       candidates by distance, see pool.ts
 *   VISITED                    the small table of visited.ts
 *   FRESH                      slots, addresses and distances of the neighbours just gathered
 *   CHOSEN                     own lists of the slot being linked, per level: count, ids, distances
 *   PRUNE                      candidates of a prune: [f32 distance][slot]
 */
import {
  CLAIM_BYTES, INTAKE_BYTES, MAX_CLAIMS, MAX_EF, MAX_LEVEL, SEAT_CLAIMS, SEAT_SCRATCH, X_INFO, X_VECTORS,
} from "../layout";
import { allocate } from "./arena";
import { seat } from "./locks";
import { capacityBase, chosenBase, codeBlocks, paddedFloats } from "./settings";
import { clearBytes } from "./words";

export const POOL_ENTRIES: u32 = 2 * MAX_EF; // room for dead slots beside ef live ones
export const SMALL_VISITED: u32 = 4096; // cells: a third of a first-level cache

export let base: usize = 0;
export let query: usize = 0;
export let queryCode: usize = 0;
export let poolDistances: usize = 0;
export let poolSlots: usize = 0;
export let fresh: usize = 0;
export let freshAddresses: usize = 0;
export let freshDistances: usize = 0;
export let chosen: usize = 0;
export let chosenStride: u32 = 0;
export let prune: usize = 0;
export let codeMask: usize = 0;
export let smallVisited: usize = 0;

/** A figure that a call returns besides its answer. */
// @ts-ignore: decorator
@inline
export function info(place: u32, value: u32): void {
  store<u32>(base + X_INFO + (place << 2), value);
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
  fresh = take((capacityBase + 8) * 4);
  freshAddresses = take((capacityBase + 8) * 4);
  freshDistances = take((capacityBase + 8) * 4);
  chosenStride = 4 + chosenBase * 8;
  chosen = take((MAX_LEVEL + 1) * chosenStride);
  prune = take((capacityBase + 1) * 16 + 64);
  poolDistances = take(POOL_ENTRIES * 4 + 64);
  poolSlots = take(POOL_ENTRIES * 4 + 64);
  smallVisited = take(SMALL_VISITED * 4);
  return <u32>(cursor - start);
}

/** Finds or makes this seat's block; false when there is no memory. Partition lock held. */
export function openScratch(dimensions: u32): bool {
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
