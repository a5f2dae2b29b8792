/*
 * How do threads exclude one another, and how does a thread that traps leave no lock behind?
 *
 * A lock is one u32: 0 when free, else the owner's seat number + 1. A thread that takes one first writes its address
 * into its seat, so that a repair (upkeep/repair.ts) finds it after a trap. No lock outlives a call into this module.
 *
 * Order, outermost first: partition → run queue; entry → node. No thread holds two node locks, and none takes the
 * partition lock while it holds another.
 *
 * What many threads read all the time without a lock is not loaded atomically on x86: order.ts. Loops that wait for a change
 * load atomically.
 *
 * A thread with an event loop never waits long: the holder may have ended, and such a thread may be the one that has to
 * learn of it (docs/CONCURRENCY.md). It tries for 50 µs, changes nothing, and comes back in a later turn
 * (`tryAcquire`). Only the locks of linking (entry, node) are waited for, by threads that link (`acquire`).
 */
import { MAX_SEATS, P_ABANDONED, P_LOCK, P_SEATS, SEAT_BYTES, SEAT_HELD_PARTITION } from "../layout";

/** Address of this instance's seat and its lock value; set once by `bind`. Per instance on purpose. */
export let seat: usize = 0;
export let owner: u32 = 0;
/** Whether this thread may sleep while it waits for a lock: workers do, threads with an event loop do not. */
let maySleep: bool = false;

export function takeSeat(number: u32, sleeps: bool): void {
  if (!ASC_NO_ASSERT) assert(number < MAX_SEATS);
  seat = seatAddress(number);
  owner = number + 1;
  maySleep = sleeps;
}

export function seatAddress(number: u32): usize {
  return P_SEATS + number * SEAT_BYTES;
}

const SPINS: u32 = 400; // about 4 µs: longer than a running thread holds a node or queue lock
const NAP_NS: i64 = 50_000; // a holder that lost its core needs a scheduler tick, not a wake-up
const PATIENCE: u32 = 5_000; // about 50 µs
/**
 * About 5 s of SPINS tries each. Then an opening thread that links by itself (`workers: 0`) traps instead of waiting
 * on: a thread of the user's has ended while it mended a list. The trap is repaired like any other.
 */
const LOST_ROUNDS: u32 = 1_000_000;

/**
 * Takes `lock` and notes it at `held` in the seat, however long it takes; traps once the partition is abandoned, and where the
 * seat has the lock itself: a trap under it has not been repaired, and is now. Synchronizes with `release`.
 */
export function acquire(lock: usize, held: usize): void {
  let spins: u32 = 0, rounds: u32 = 0;
  while (atomic.cmpxchg<u32>(lock, 0, owner) != 0) {
    if (++spins < SPINS) continue;
    spins = 0;
    if (!maySleep && ++rounds == LOST_ROUNDS) unreachable();
    if (atomic.load<u32>(P_ABANDONED) != 0 || isOwn(lock)) unreachable();
    // Only sleeps: no release notifies, so no wake-up can be lost.
    if (maySleep) atomic.wait<i32>(lock, atomic.load<i32>(lock), NAP_NS);
  }
  store<u32>(seat + held, <u32>lock);
}

/** Like `acquire`, but a thread that may not sleep gives up after about 50 µs: false then. */
export function tryAcquire(lock: usize, held: usize): bool {
  if (maySleep) {
    acquire(lock, held);
    return true;
  }
  for (let spins: u32 = 0; spins < PATIENCE; spins++) {
    if (atomic.cmpxchg<u32>(lock, 0, owner) == 0) {
      store<u32>(seat + held, <u32>lock);
      return true;
    }
  }
  if (isOwn(lock)) unreachable();
  return false;
}

/** No call into this module takes a lock twice, and none leaves one behind. */
function isOwn(lock: usize): bool {
  return atomic.load<u32>(lock) == owner;
}

/** Synchronizes with the next `acquire` of the same lock. */
export function release(lock: usize, held: usize): void {
  store<u32>(seat + held, 0);
  atomic.store<u32>(lock, 0);
}

/** Releases the lock that a dead thread's seat notes at `held`. */
export function releaseOf(deadSeat: usize, held: usize): void {
  const lock: usize = load<u32>(deadSeat + held);
  store<u32>(deadSeat + held, 0);
  atomic.store<u32>(lock, 0);
}

/** Sleeps for 50 µs at most, or until `at` is notified or no longer `seen`; about as long awake where a thread may not sleep. */
export function nap(at: usize, seen: u32): void {
  if (maySleep) atomic.wait<i32>(at, seen, NAP_NS);
  else for (let spins: u32 = 0; spins < SPINS && atomic.load<u32>(at) == seen; spins++);
}

/** Takes the partition lock; false when another thread holds it and this one may not sleep. */
export function lockPartition(): bool {
  return tryAcquire(P_LOCK, SEAT_HELD_PARTITION);
}

export function unlockPartition(): void {
  release(P_LOCK, SEAT_HELD_PARTITION);
}

/** Unlocks the partition and returns the status of what was done under the lock. */
export function unlocked(status: i32): i32 {
  unlockPartition();
  return status;
}
