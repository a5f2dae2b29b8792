/* How are hits and keys handed to JavaScript? In the seat's array of hits, which may be read until `endSearch`. */
import {
  E_BUSY, E_MEMORY, E_STALE, HIT_BYTES, OK, SEAT_RESULTS, SEAT_RESULTS_CAPACITY, S_LIVE, X_VECTORS,
} from "../layout";
import { makeBigVisited, wantsBigVisited } from "../graph/visited";
import { allocate, free, useReserve } from "../memory/arena";
import { announce, park } from "../memory/epochs";
import { lockPartition, seat, unlocked } from "../memory/locks";
import { base, info, query } from "../memory/scratch";
import { cosine, paddedFloats } from "../memory/settings";
import { checkVector, inverseNorm } from "../space/accept";
import { setNow } from "../rows/expiry";
import { listPiece, searchPiece, searchSpace, startPieces } from "../space/search";

export { park as endSearch, unpin as endScan } from "../memory/epochs";

/** Makes room in the seat for this many hits and, for a wide search, the large visited table. */
export function ensureResults(hits: u32, ef: u32): i32 {
  const enough = hits <= load<u32>(seat + SEAT_RESULTS_CAPACITY);
  if (enough && !wantsBigVisited(ef)) return OK;
  if (!lockPartition()) return E_BUSY;
  const grown = enough || growResults(max<u32>(64, hits));
  if (wantsBigVisited(ef)) makeBigVisited();
  return unlocked(grown ? OK : E_MEMORY);
}

function growResults(capacity: u32): bool {
  useReserve(true);
  const results: usize = capacity > 0x0fffffff ? 0 : allocate(capacity * HIT_BYTES, 0);
  useReserve(false);
  if (results == 0) return false;
  free(load<u32>(seat + SEAT_RESULTS));
  store<u32>(seat + SEAT_RESULTS, <u32>results);
  store<u32>(seat + SEAT_RESULTS_CAPACITY, capacity);
  return true;
}

/** The vector at X_VECTORS, which was just checked, becomes the query. */
export function putQuery(): void {
  const by = f32x4.splat(cosine ? inverseNorm : 1);
  const from = base + X_VECTORS;
  for (let i: usize = 0; i < paddedFloats << 2; i += 16) v128.store(query + i, f32x4.mul(v128.load(from + i), by));
}

/**
 * The k nearest to the vector at X_VECTORS, BY_BEAM, EXACTLY or IN_F32. Returns how many, and X_INFO[0]: the address of the hits; then `endSearch`
 * must follow. Or an error.
 */
export function search(space: usize, incarnation: u32, k: u32, ef: u32, way: u32, now: f64): i32 {
  const checked = checkVector(0);
  if (checked != OK) return checked;
  const live = atomic.load<u32>(space + S_LIVE);
  const limit = min<u32>(k, live + 1024); // this search does not owe what is added later
  const ready = ensureResults(limit, ef);
  if (ready != OK) return ready;
  putQuery();
  announce();
  const count = searchSpace(space, incarnation, limit, ef, way, now);
  if (count < 0) park();
  info(0, load<u32>(seat + SEAT_RESULTS));
  return count;
}

/**
 * Begins a scan in pieces, of one moment. X_INFO: as `startPieces` leaves it. Until `endScan` nothing that it may read is
 * freed. A seat has one at a time. OK or E_STALE.
 */
export function startScan(space: usize, incarnation: u32): i32 {
  announce();
  const started = startPieces(space, incarnation);
  park();
  return started ? OK : E_STALE;
}

/**
 * Of the slots [from, to) of a scan's generation at its version, the k nearest to the vector at X_VECTORS, or with k = 0
 * all, in their order; with ranks instead of distances (vectors/metric.ts), and ages. Returns how many, and X_INFO[0]: the
 * address of the hits, until the next call. Or an error.
 */
export function scanPiece(generation: usize, from: u32, to: u32, low: u32, high: u32, k: u32, now: f64): i32 {
  if (k != 0) {
    const checked = checkVector(0);
    if (checked != OK) return checked;
    putQuery();
  }
  const ready = ensureResults(to - from, 0);
  if (ready != OK) return ready;
  const version = (<u64>high << 32) | low;
  setNow(now);
  const count = k == 0 ? listPiece(generation, from, to, version) : searchPiece(generation, from, to, version, k);
  info(0, load<u32>(seat + SEAT_RESULTS));
  return count;
}
