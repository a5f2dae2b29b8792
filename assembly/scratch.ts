/*
 * What does one thread need for itself while it searches and links? One block per seat, never shared.
 *
 *   X_KEY, X_INFO, X_VECTORS   what JavaScript writes and reads (layout.ts)
 *   QUERY                      the query as f32, unit length under cosine, padded with zeros
 *   QUERY_CODE                 the query's signed 7-bit code, padded with zeros to whole blocks
 *   POOL                       candidates by distance: [f32 distance][slot | EXPANDED], POOL_ENTRIES of them
 *   VISITED                    open addressing: slot + 1, 0 is empty
 *   FRESH                      slots, then addresses, then distances of the neighbours just gathered
 *   CHOSEN                     own lists of the slot being linked, per level: count, ids, distances
 *   PRUNE                      candidates of a prune: [f32 distance][slot]
 */
import {
  INTAKE_BYTES, MAX_EF, MAX_LEVEL, SEAT_BIG_VISITED, SEAT_CLAIMS, SEAT_SCRATCH, MAX_CLAIMS, CLAIM_BYTES, X_VECTORS,
} from "./layout";
import { allocate } from "./arena";
import { seat } from "./sync";
import { capacityBase, chosenBase, codeBlocks, paddedFloats } from "./settings";

export const EXPANDED: u32 = 0x80000000;
export const POOL_ENTRIES: u32 = 2 * MAX_EF; // room for dead slots beside ef live ones
const SMALL_VISITED: u32 = 4096; // fits in half of a first-level cache: 3 % faster inserts than 8,192 (2026-11-23)
const BIG_VISITED: u32 = 131072;
const SMALL_VISITED_EF: u32 = 96;
const CELLS_PER_EF: u32 = 64; // a search visits 15 to 40 slots per candidate that it keeps

export let base: usize = 0;
export let query: usize = 0;
export let queryCode: usize = 0;
export let pool: usize = 0;
export let fresh: usize = 0;
export let freshAddresses: usize = 0;
export let freshDistances: usize = 0;
export let chosen: usize = 0;
export let chosenStride: u32 = 0;
export let prune: usize = 0;
export let codeMask: usize = 0;
let smallVisited: usize = 0;

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
  pool = take(POOL_ENTRIES * 8 + 64);
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
    memory.fill(block, 0, bytes);
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

// ── visited set ─────────────────────────────────────────────────────────────────────────────────────────────────────
let visited: usize = 0;
let shift: u32 = 0;
let mask: u32 = 0;
let room: u32 = 0;

/** Whether a search of this ef wants the large table and the seat has none yet. */
export function wantsBigVisited(ef: u32): bool {
  return ef > SMALL_VISITED_EF && load<u32>(seat + SEAT_BIG_VISITED) == 0;
}

/** Partition lock held. Without memory the small table goes on serving. */
export function makeBigVisited(): void {
  store<u32>(seat + SEAT_BIG_VISITED, <u32>allocate(BIG_VISITED * 4, 0));
}

export function clearVisited(ef: u32): void {
  const big: usize = ef > SMALL_VISITED_EF ? <usize>load<u32>(seat + SEAT_BIG_VISITED) : 0;
  // Only as much of the large table as this ef needs: clearing it costs time too.
  const cells: u32 = big != 0 ? min<u32>(BIG_VISITED, 1 << (32 - clz(ef * CELLS_PER_EF - 1))) : SMALL_VISITED;
  visited = big != 0 ? big : smallVisited;
  mask = cells - 1;
  shift = clz(mask);
  room = cells - (cells >>> 2);
  memory.fill(visited, 0, cells * 4);
}

/**
 * Marks a slot; false when it was marked before. A table three quarters full takes no more marks and answers true:
 * the pool refuses a slot that it holds already, so the search only works twice, never wrong.
 */
// @ts-ignore: decorator
@inline
export function visit(slot: u32): bool {
  const mark = slot + 1;
  let i = (slot * 0x9e3779b1) >>> shift;
  while (true) {
    const cell = visited + (i << 2);
    const found = load<u32>(cell);
    if (found == mark) return false;
    if (found == 0) {
      if (room == 0) return true;
      room--;
      store<u32>(cell, mark);
      return true;
    }
    i = (i + 1) & mask;
  }
}
