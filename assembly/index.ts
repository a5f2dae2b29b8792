/*
 * The exported ABI and nothing else: what `src/core/seat.ts` calls, and what each call answers.
 *
 * Pointers are addresses in the partition's memory (unsigned; they reach JavaScript signed). A space is named by its
 * header's address and its incarnation. Encoded keys and space names lie at X_KEY of the seat's scratch, `header` is
 * tag << 24 | bytes. Vectors lie at X_VECTORS, each padded with zeros to a multiple of 4 floats.
 */
import {
  ABI_VERSION, E_BUSY, E_DAMAGED, E_MEMORY, E_STALE, G_BEAM, G_COUNT, G_DEAD, G_ELIGIBLE, G_FLOOR, G_KEY_TABLE,
  G_LIVE, G_QUARANTINED, G_SERIAL, G_STATE, HIT_BYTES, HIT_KEY, HIT_SLOT, INTENT_DROPPED, INTENT_KIND, INTENT_NONE,
  KEY_HEADER, MAGIC, NOT_FOUND, OK, P_ABANDONED, P_BUDGET, P_CODES, P_CROSSOVER, P_DIMENSIONS, P_EF_CONSTRUCTION,
  P_EPOCH, P_INTENT, P_LIVE_SPACES, P_LOCK, P_M, P_MAGIC, P_MAX_GRAPH_CHUNKS, P_MAX_PENDING, P_METRIC, P_RESERVED,
  P_SEED, P_SPACE_LIST, P_SPACE_TABLE, P_STATE, P_USED, SEAT_HELD_PARTITION, SEAT_RESULTS, SEAT_RESULTS_CAPACITY,
  SLOT_DIED, SLOT_KEY, STATE_SOUND, S_ALL_NEXT, S_BYTES, S_CHANGED, S_COMPACTIONS, S_CREATED, S_GENERATIONS, S_HOME,
  S_ID, S_INCARNATION, S_LIVE, S_NAME, X_KEY, X_VECTORS,
} from "./layout";
import * as accept from "./space/accept";
import { allocate, availableBytes, free, openArena, useReserve } from "./memory/arena";
import * as census from "./upkeep/census";
import { checkSpace } from "./upkeep/check";
import { tidy as tidyRetired } from "./space/compaction";
import { announce, collect, park } from "./space/retirement";
import { bytesFor, pendingOf } from "./space/generations";
import { ensureDistances, missingDistances } from "./graph/links";
import { journalRoom, tellSequence } from "./journal/ring";
import { findCell, hashKey, openTable } from "./space/keys";
import { linked, nextClaim, steps, workOff } from "./space/linker";
import * as queues from "./space/queues";
import { base, info, openScratch, query } from "./memory/scratch";
import { searchSpace } from "./graph/walk";
import {
  cosine, dimensions, distancesBytes, graphChunkBytes, loadSettings, paddedFloats, slotStride,
} from "./memory/settings";
import { ALIVE, slotAddress, vectorOf } from "./vectors/slots";
import * as spaces from "./space/spaces";
import { release, seat, takeSeat, tryAcquire } from "./memory/locks";
import { makeBigVisited, wantsBigVisited } from "./graph/visited";
import { copyBytes } from "./memory/words";

export { useReserve } from "./memory/arena";
export { armFault } from "./memory/faults";
export {
  journalWaiting, journalWritten, nextSpaceId, openJournal, reserveJournal, setJournalState, setNext,
} from "./journal/ring";
export { hashIntake } from "./snapshot/hash";
export { holdsLocks, repairSeat } from "./upkeep/repair";
export { loadFrame } from "./snapshot/load";
export { endSnapshot, nextFrame, startSnapshot } from "./snapshot/write";

export function abiVersion(): u32 {
  return ABI_VERSION;
}

// ── a partition and its seats ───────────────────────────────────────────────────────────────────────────────────────

/** Sets up an empty partition in a fresh memory. Called once, before any other instance is bound. */
export function setUp(
  dims: u32, metric: u32, m: u32, efConstruction: u32, seed: u32, crossoverAt: u32, maxPending: u32, codes: u32,
  budget: u32,
): bool {
  store<u32>(P_DIMENSIONS, dims);
  store<u32>(P_METRIC, metric);
  store<u32>(P_M, m);
  store<u32>(P_EF_CONSTRUCTION, efConstruction);
  store<u32>(P_SEED, seed);
  store<u32>(P_CROSSOVER, crossoverAt);
  store<u32>(P_MAX_PENDING, maxPending);
  store<u32>(P_CODES, codes);
  store<u32>(P_BUDGET, budget);
  store<u32>(P_EPOCH, 1);
  loadSettings();
  const perChunk: u64 = <u64>graphChunkBytes + distancesBytes + 1024 * slotStride;
  store<u32>(P_MAX_GRAPH_CHUNKS, <u32>(<u64>budget / perChunk) + 1);
  openArena();
  if (!openTable(P_SPACE_TABLE, 0, 0)) return false;
  store<u32>(P_STATE, STATE_SOUND);
  atomic.store<u32>(P_MAGIC, MAGIC);
  return true;
}

/**
 * Takes a seat for this instance, whose scratch lies at `scratchAddress` from then on. OK, E_BUSY, E_MEMORY without
 * memory for it, or E_DAMAGED when nobody has set this partition up.
 */
export function bind(number: u32, maySleep: bool): i32 {
  if (atomic.load<u32>(P_MAGIC) != MAGIC) return E_DAMAGED;
  loadSettings();
  takeSeat(number, maySleep);
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  useReserve(true);
  const ready = openScratch(dimensions);
  useReserve(false);
  release(P_LOCK, SEAT_HELD_PARTITION);
  return ready ? OK : E_MEMORY;
}

/** Address of the seat's scratch, once it is bound. */
export function scratchAddress(): usize {
  return base;
}

/** Closing by force: threads that wait for a lock, perhaps of a dead thread, trap instead. */
export function abandon(): void {
  atomic.store<u32>(P_ABANDONED, 1);
}

/** X_INFO: bytes used, bytes reserved, budget, spaces, whether the partition is sound. */
export function partitionInfo(): void {
  info(0, load<u32>(P_USED));
  info(1, load<u32>(P_RESERVED));
  info(2, load<u32>(P_BUDGET));
  info(3, load<u32>(P_LIVE_SPACES));
  info(4, load<u32>(P_STATE) == STATE_SOUND ? 1 : 0);
}

/** Hash of the encoded name at X_KEY: chooses its partition and home. */
export function hashName(header: u32): u32 {
  return hashKey(base + X_KEY, header);
}

// ── spaces ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Finds the space named at X_KEY, or creates it. X_INFO: header address, incarnation; `tellSequence`. */
export function openSpace(header: u32, home: u32, create: bool): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let answer = OK;
  let space = spaces.findSpace(base + X_KEY, header);
  if (space == 0 && create) {
    answer = load<u32>(P_STATE) == STATE_SOUND ? journalRoom(0, header) : E_DAMAGED;
    if (answer == OK) {
      space = spaces.createSpace(base + X_KEY, header, home);
      if (space == 0) answer = E_MEMORY;
    }
  } else if (space == 0) {
    answer = NOT_FOUND;
  }
  if (space != 0) {
    info(0, <u32>space);
    info(1, load<u32>(space + S_INCARNATION));
  }
  tellSequence(); // that there is none may not be durable yet
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

export function dropSpace(space: usize, incarnation: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let answer = spaces.isAlive(space, incarnation) ? journalRoom(0, 0) : E_STALE;
  if (load<u32>(P_STATE) != STATE_SOUND) answer = E_DAMAGED;
  if (answer == OK && !spaces.dropSpace(space)) answer = E_BUSY;
  if (answer == OK) {
    store<u32>(P_INTENT + INTENT_KIND, INTENT_DROPPED); // a trap from here on undoes nothing
    tellSequence();
    collect();
    store<u32>(P_INTENT + INTENT_KIND, INTENT_NONE);
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

/**
 * The space after `space` (0: the first). Its name goes to X_KEY; X_INFO: address, incarnation, name header, id, numbers
 * of its last op and of the one that made it (two words each).
 */
export function nextSpace(space: usize): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let at: usize = space == 0 ? load<u32>(P_SPACE_LIST) : load<u32>(space + S_ALL_NEXT);
  while (at != 0 && (load<u32>(at + S_INCARNATION) & 1) == 0) at = load<u32>(at + S_ALL_NEXT);
  if (at != 0) {
    const name: usize = load<u32>(at + S_NAME);
    copyBytes(base + X_KEY, name + KEY_HEADER, load<u32>(name) & 0xffffff);
    info(0, <u32>at);
    info(1, load<u32>(at + S_INCARNATION));
    info(2, load<u32>(name));
    info(3, load<u32>(at + S_ID));
    info(4, load<u32>(at + S_CHANGED));
    info(5, load<u32>(at + S_CHANGED, 4));
    info(6, load<u32>(at + S_CREATED));
    info(7, load<u32>(at + S_CREATED, 4));
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
  return at == 0 ? NOT_FOUND : OK;
}

export function liveIn(space: usize, incarnation: u32): i32 {
  return spaces.isAlive(space, incarnation) ? atomic.load<u32>(space + S_LIVE) : E_STALE;
}

/**
 * X_INFO: live, dead, pending, bytes, graph (1) or flat (0), f32 beam, compactions, quarantined, home, whether it is
 * being compacted.
 */
export function spaceInfo(space: usize, incarnation: u32): i32 {
  announce();
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  const alive = spaces.isAlive(space, incarnation) && generations != 0;
  if (alive) {
    const current: usize = <u32>generations;
    const emptying: usize = <u32>(generations >> 32);
    info(0, load<u32>(space + S_LIVE));
    info(1, load<u32>(current + G_DEAD) + (emptying == 0 ? 0 : load<u32>(emptying + G_DEAD)));
    info(2, pendingOf(current) + (emptying == 0 ? 0 : load<u32>(emptying + G_LIVE)));
    info(3, load<u32>(space + S_BYTES));
    info(4, load<u32>(current + G_STATE));
    info(5, load<u32>(current + G_BEAM));
    info(6, load<u32>(space + S_COMPACTIONS));
    info(7, load<u32>(current + G_QUARANTINED));
    info(8, load<u32>(space + S_HOME));
    info(9, emptying == 0 ? 0 : 1);
  }
  park();
  return alive ? OK : E_STALE;
}

// ── ops ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Looks at vectors 0 … count − 1 of the intake. OK, or the first error, with X_INFO: position, vector. */
export function checkVectors(count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const answer = accept.checkVector(i);
    if (answer == OK) continue;
    info(1, i);
    return answer;
  }
  return OK;
}

export function add(space: usize, incarnation: u32, header: u32, index: u32, mine: u32): i32 {
  return accept.add(space, incarnation, header, index, mine);
}

export function remove(space: usize, incarnation: u32, header: u32): i32 {
  return accept.remove(space, incarnation, header);
}

/** Copies the vector of the key at X_KEY, as it was given, to X_VECTORS (if `copy`). OK, NOT_FOUND or an error. */
export function get(space: usize, incarnation: u32, header: u32, copy: bool): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let answer = E_STALE;
  if (spaces.isAlive(space, incarnation)) {
    const generations = load<u64>(space + S_GENERATIONS);
    const key = base + X_KEY;
    const hash = hashKey(key, header);
    const cell = findCell(<usize>(<u32>generations) + G_KEY_TABLE, hash, key, header);
    const at = accept.liveSlot(generations, cell, hash, key, header);
    answer = at == 0 ? NOT_FOUND : OK;
    if (at != 0 && copy) copyBytes(base + X_VECTORS, vectorOf(at), paddedFloats * 4);
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

/**
 * Promises memory for `count` more vectors with `keyBytes` of encoded keys. X_INFO[0]: the bytes promised, to be
 * given to `add` and back to `unreserve`. E_MEMORY: X_INFO: bytes needed, bytes available.
 */
export function reserve(space: usize, incarnation: u32, count: u32, keyBytes: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let answer = E_STALE;
  if (spaces.isAlive(space, incarnation)) {
    const generation: usize = <u32>load<u64>(space + S_GENERATIONS);
    ensureDistances(generation, 0);
    const need = missingDistances(generation) + bytesFor(generation, count, keyBytes);
    const available: u64 = availableBytes();
    answer = need <= available ? OK : E_MEMORY;
    if (answer == OK) store<u32>(P_RESERVED, load<u32>(P_RESERVED) + <u32>need);
    info(0, <u32>min<u64>(need, 0xffffffff));
    info(1, <u32>available);
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

export function unreserve(bytes: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  store<u32>(P_RESERVED, load<u32>(P_RESERVED) - min<u32>(bytes, load<u32>(P_RESERVED)));
  release(P_LOCK, SEAT_HELD_PARTITION);
  return OK;
}

// ── search ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes room in the seat for so many hits and, for a wide search, the large visited table. */
function ensureResults(hits: u32, ef: u32): i32 {
  const enough = hits <= load<u32>(seat + SEAT_RESULTS_CAPACITY);
  if (enough && !wantsBigVisited(ef)) return OK;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let answer = OK;
  if (!enough) {
    const capacity = max<u32>(64, hits);
    useReserve(true);
    const results: usize = capacity > 0x0fffffff ? 0 : allocate(capacity * HIT_BYTES, 0);
    useReserve(false);
    if (results == 0) {
      answer = E_MEMORY;
    } else {
      free(load<u32>(seat + SEAT_RESULTS));
      store<u32>(seat + SEAT_RESULTS, <u32>results);
      store<u32>(seat + SEAT_RESULTS_CAPACITY, capacity);
    }
  }
  if (wantsBigVisited(ef)) makeBigVisited();
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}

/**
 * The k nearest to the vector at X_VECTORS. Answers how many, or an error; X_INFO[0]: address of the hits. The hits
 * and their keys may be read until `endSearch`, which must follow unless the answer is an error.
 */
export function search(space: usize, incarnation: u32, k: u32, ef: u32, exactly: bool): i32 {
  const checked = accept.checkVector(0);
  if (checked != OK) return checked;
  const live = atomic.load<u32>(space + S_LIVE);
  const limit = min<u32>(k, live + 1024); // what races past that is not owed to this search
  const ready = ensureResults(limit, ef);
  if (ready != OK) return ready;
  normaliseQuery();
  announce();
  const count = searchSpace(space, incarnation, limit, ef, exactly);
  if (count < 0) park();
  info(0, load<u32>(seat + SEAT_RESULTS));
  return count;
}

function normaliseQuery(): void {
  const by = f32x4.splat(cosine ? accept.inverseNorm() : 1);
  const from = base + X_VECTORS;
  for (let i: usize = 0; i < paddedFloats << 2; i += 16) v128.store(query + i, f32x4.mul(v128.load(from + i), by));
}

export function endSearch(): void {
  park();
}

/** Every live key, in the order of slots; like `search`, to be ended with `endSearch`. */
export function listKeys(space: usize, incarnation: u32): i32 {
  if (!spaces.isAlive(space, incarnation)) return E_STALE;
  const live = atomic.load<u32>(space + S_LIVE);
  const ready = ensureResults(live, 0);
  if (ready != OK) return ready;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  announce();
  let count: u32 = 0;
  const alive = spaces.isAlive(space, incarnation);
  const fits = alive && load<u32>(space + S_LIVE) <= load<u32>(seat + SEAT_RESULTS_CAPACITY);
  if (fits) {
    const generations = load<u64>(space + S_GENERATIONS);
    if (generations >> 32 != 0) count = listGeneration(<u32>(generations >> 32), count);
    count = listGeneration(<u32>generations, count);
    info(0, load<u32>(seat + SEAT_RESULTS));
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
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

// ── linking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ops of a home that nobody has claimed yet; for a moment below 0 when one is claimed before it is counted. */
export function depthOf(home: u32): i32 {
  return queues.depthOf(home);
}

export function claim(home: u32, most: u32, compact: bool): u32 {
  return queues.claimFrom(home, most, compact);
}

/** Whether this seat has claims left, perhaps from a worker that sat here before. */
export function hasClaims(): bool {
  return nextClaim() != 0;
}

/** Works off up to `most` claimed ops. X_INFO: ops linked, compaction steps. True while some are left. */
export function link(most: u32): bool {
  const more = workOff(most);
  info(0, linked);
  info(1, steps);
  return more;
}

/** Mends what a repair had to leave and frees memory that readers have left; true when some still waits for one. */
export function tidy(): bool {
  queues.mend();
  return tidyRetired();
}

/**
 * The next space after `space` (0: the first) with slots that wait or a compaction that runs. X_INFO: address,
 * incarnation, serial of its generation, slots accepted so far.
 */
export function nextUnlinked(space: usize): bool {
  announce();
  let at: usize = space == 0 ? load<u32>(P_SPACE_LIST) : load<u32>(space + S_ALL_NEXT);
  for (; at != 0; at = load<u32>(at + S_ALL_NEXT)) {
    const incarnation = atomic.load<u32>(at + S_INCARNATION);
    const generations = atomic.load<u64>(at + S_GENERATIONS);
    if ((incarnation & 1) == 0 || generations == 0) continue;
    const current: usize = <u32>generations;
    if (generations >> 32 == 0 && pendingOf(current) == 0) continue;
    info(0, <u32>at);
    info(1, incarnation);
    info(2, load<u32>(current + G_SERIAL));
    info(3, atomic.load<u32>(current + G_COUNT));
    park();
    return true;
  }
  park();
  return false;
}

/**
 * Whether what `nextUnlinked` told of is linked: 1 yes or the space is gone, 0 not yet, 2 its slots moved to another
 * generation (X_INFO: its serial, its slots).
 */
export function isLinked(space: usize, incarnation: u32, serial: u32, count: u32): u32 {
  announce();
  let answer: u32 = 1;
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  if (spaces.isAlive(space, incarnation) && generations != 0) {
    const current: usize = <u32>generations;
    if (generations >> 32 != 0) {
      answer = 0;
    } else if (load<u32>(current + G_SERIAL) != serial) {
      info(0, load<u32>(current + G_SERIAL));
      info(1, atomic.load<u32>(current + G_COUNT));
      answer = 2;
    } else if (load<u32>(current + G_ELIGIBLE) != 0) {
      answer = atomic.load<u32>(current + G_FLOOR) >= count ? 1 : 0;
    }
  }
  park();
  return answer;
}

// ── checks ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** 1 started, 0 nothing to do (flat, empty, or unchanged and not `always`), E_MEMORY, E_BUSY. */
export function startCensus(space: usize, incarnation: u32, always: bool): i32 {
  return census.startCensus(space, incarnation, always);
}

/** 1 more to do, 0 complete, CENSUS_MOVED, E_BUSY. X_INFO: slots not reached, the first of them, those not mended. */
export function continueCensus(nodes: u32, mend: bool): i32 {
  const answer = census.continueCensus(nodes, mend);
  info(0, census.missing);
  info(1, census.firstMissing);
  info(2, census.unmended);
  return answer;
}

/** 0, or the number of the first broken promise (check.ts), X_INFO: slot, level, position; E_STALE, E_BUSY. */
export function check(space: usize, incarnation: u32): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  const answer: i32 = spaces.isAlive(space, incarnation) ? checkSpace(space) : E_STALE;
  release(P_LOCK, SEAT_HELD_PARTITION);
  return answer;
}
