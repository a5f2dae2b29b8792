/* How is a partition set up, and how does an instance take a seat in it? */
import {
  ABI_VERSION, AGE_BYTES, CHUNK_SLOTS, E_BUSY, E_DAMAGED, E_MEMORY, MAGIC, OK, P_ABANDONED, P_BULK_FROM, P_BULK_MOST, P_CODES, P_DIMENSIONS,
  P_EF_CONSTRUCTION, P_EPOCH, P_FLAT_BELOW, P_LIMIT, P_LIVE_SPACES, P_M, P_MAGIC, P_MAX_GRAPH_CHUNKS, P_MAX_PENDING,
  P_METRIC, P_RESERVED, P_SECRET, P_SEED, P_SPACE_TABLE, P_STATE, P_USED, STATE_SOUND, X_KEY,
} from "../layout";
import { openArena, useReserve } from "../memory/arena";
import { lockPartition, takeSeat, unlocked } from "../memory/locks";
import { base, info, openScratch } from "../memory/scratch";
import { graphChunkBytes, loadSettings, slotStride } from "../memory/settings";
import { hashName as hashOf } from "../memory/hashes";
import { openTable } from "../space/keys";

export function abiVersion(): u32 {
  return ABI_VERSION;
}

/**
 * Sets up an empty partition in a fresh memory. Called once, before any instance is bound. The secret is of random words
 * that key tables are hashed with. False without memory.
 */
export function setUp(
  dimensions: u32, metric: u32, m: u32, efConstruction: u32, seed: u32, flatBelow: u32, maxPending: u32, codes: u32,
  limit: u32, bulkFrom: u32, bulkMost: u32, secret0: u32, secret1: u32, secret2: u32, secret3: u32,
): bool {
  store<u32>(P_DIMENSIONS, dimensions);
  store<u32>(P_METRIC, metric);
  store<u32>(P_M, m);
  store<u32>(P_EF_CONSTRUCTION, efConstruction);
  store<u32>(P_SEED, seed);
  store<u32>(P_FLAT_BELOW, flatBelow);
  store<u32>(P_MAX_PENDING, maxPending);
  store<u32>(P_CODES, codes);
  store<u32>(P_LIMIT, limit);
  store<u32>(P_BULK_FROM, bulkFrom);
  store<u32>(P_BULK_MOST, bulkMost);
  store<u64>(P_SECRET, secret0 | (<u64>secret1 << 32));
  store<u64>(P_SECRET, secret2 | (<u64>secret3 << 32), 8);
  store<u32>(P_EPOCH, 1);
  loadSettings();
  const perChunk: u64 = <u64>graphChunkBytes + CHUNK_SLOTS * (slotStride + AGE_BYTES);
  store<u32>(P_MAX_GRAPH_CHUNKS, <u32>(<u64>limit / perChunk) + 1);
  openArena();
  if (!openTable(P_SPACE_TABLE, 0, 0)) return false;
  store<u32>(P_STATE, STATE_SOUND);
  atomic.store<u32>(P_MAGIC, MAGIC);
  return true;
}

/**
 * Takes a seat for this instance, whose scratch lies at `scratchAddress` from then on. OK, E_BUSY, E_MEMORY without
 * memory for it, or E_DAMAGED when this partition is not set up.
 */
export function bind(number: u32, maySleep: bool): i32 {
  if (atomic.load<u32>(P_MAGIC) != MAGIC) return E_DAMAGED;
  loadSettings();
  takeSeat(number, maySleep);
  if (!lockPartition()) return E_BUSY;
  useReserve(true);
  const ready = openScratch();
  useReserve(false);
  return unlocked(ready ? OK : E_MEMORY);
}

/** Address of the seat's scratch, once it is bound. */
export function scratchAddress(): usize {
  return base;
}

/** Closing by force: threads that wait for a lock, perhaps of a dead thread, trap instead. */
export function abandon(): void {
  atomic.store<u32>(P_ABANDONED, 1);
}

/** X_INFO: bytes used, bytes reserved, most bytes, spaces, whether the partition is sound. */
export function partitionInfo(): void {
  info(0, load<u32>(P_USED));
  info(1, load<u32>(P_RESERVED));
  info(2, load<u32>(P_LIMIT));
  info(3, load<u32>(P_LIVE_SPACES));
  info(4, load<u32>(P_STATE) == STATE_SOUND ? 1 : 0);
}

/** Hash of the encoded name at X_KEY: chooses its partition and home. */
export function hashName(header: u32): u32 {
  return hashOf(base + X_KEY, header);
}
