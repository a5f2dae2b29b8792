/* How are hits and keys handed to JavaScript? In the seat's array of hits, which may be read until `endSearch`. */
import {
  E_BUSY, E_MEMORY, E_STALE, G_COUNT, HIT_BYTES, HIT_KEY, HIT_SLOT, OK, SEAT_RESULTS, SEAT_RESULTS_CAPACITY, SLOT_DIED,
  SLOT_KEY, S_GENERATIONS, S_LIVE, X_VECTORS,
} from "../layout";
import { makeBigVisited, wantsBigVisited } from "../graph/visited";
import { allocate, free, useReserve } from "../memory/arena";
import { announce, park } from "../memory/epochs";
import { lockPartition, seat, unlocked, unlockPartition } from "../memory/locks";
import { base, info, query } from "../memory/scratch";
import { cosine, paddedFloats } from "../memory/settings";
import { checkVector, inverseNorm } from "../space/accept";
import { currentOf, emptyingOf } from "../space/generations";
import { searchSpace } from "../space/search";
import { isAlive } from "../space/spaces";
import { ALIVE, slotAddress } from "../vectors/slots";

export { park as endSearch } from "../memory/epochs";

/** Makes room in the seat for this many hits and, for a wide search, the large visited table. */
function ensureResults(hits: u32, ef: u32): i32 {
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

/**
 * The k nearest to the vector at X_VECTORS. Returns how many, and X_INFO[0]: the address of the hits; then `endSearch`
 * must follow. Or an error.
 */
export function search(space: usize, incarnation: u32, k: u32, ef: u32, exactly: bool): i32 {
  const checked = checkVector(0);
  if (checked != OK) return checked;
  const live = atomic.load<u32>(space + S_LIVE);
  const limit = min<u32>(k, live + 1024); // this search does not owe what is added later
  const ready = ensureResults(limit, ef);
  if (ready != OK) return ready;
  const by = f32x4.splat(cosine ? inverseNorm : 1);
  const from = base + X_VECTORS;
  for (let i: usize = 0; i < paddedFloats << 2; i += 16) v128.store(query + i, f32x4.mul(v128.load(from + i), by));
  announce();
  const count = searchSpace(space, incarnation, limit, ef, exactly);
  if (count < 0) park();
  info(0, load<u32>(seat + SEAT_RESULTS));
  return count;
}

/** Every live key, in the order of slots. Returns how many, or an error; X_INFO[0] and `endSearch` as for `search`. */
export function listKeys(space: usize, incarnation: u32): i32 {
  if (!isAlive(space, incarnation)) return E_STALE;
  const live = atomic.load<u32>(space + S_LIVE);
  const ready = ensureResults(live, 0);
  if (ready != OK) return ready;
  if (!lockPartition()) return E_BUSY;
  announce();
  let count: u32 = 0;
  const alive = isAlive(space, incarnation);
  const fits = alive && load<u32>(space + S_LIVE) <= load<u32>(seat + SEAT_RESULTS_CAPACITY);
  if (fits) {
    const generations = load<u64>(space + S_GENERATIONS);
    if (emptyingOf(generations) != 0) count = listGeneration(emptyingOf(generations), count);
    count = listGeneration(currentOf(generations), count);
    info(0, load<u32>(seat + SEAT_RESULTS));
  }
  unlockPartition();
  if (fits) return count;
  park();
  return alive ? E_BUSY : E_STALE; // it grew between the two looks
}

function listGeneration(generation: usize, from: u32): u32 {
  const results: usize = load<u32>(seat + SEAT_RESULTS);
  const count = load<u32>(generation + G_COUNT);
  for (let slot: u32 = 0; slot < count; slot++) {
    const at = slotAddress(generation, slot);
    if (load<u64>(at + SLOT_DIED) != ALIVE) continue;
    store<u32>(results + from * HIT_BYTES + HIT_SLOT, slot);
    store<u32>(results + from * HIT_BYTES + HIT_KEY, load<u32>(at + SLOT_KEY));
    from++;
  }
  return from;
}
