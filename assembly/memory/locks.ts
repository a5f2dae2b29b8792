/*
 * How do threads exclude one another, and how does a thread that traps leave no lock behind?
 *
 * A lock is one u32: 0 when free, else the owner's seat number + 1. Whoever takes one writes its address into the
 * seat first thing, so that `repair` (repair.ts) finds it after a trap. A lock never outlives a call into this module.
 *
 * Plain loads. Engines compile an atomic load to a locked read-modify-write, which takes the cache line away from
 * every other thread: on each hop of a search that cost a fifth of the time with one thread and far more with two. So
 * what many threads read all the time (list counts, ids, codes, slot states, died) is read plainly. That is enough
 * where any value that was ever stored will do and each is one aligned word; whatever such a word leads to was
 * published by an atomic store at least one whole insert earlier. Loops that wait for a change load atomically.
 *
 * Order, outermost first: partition → run queue; entry → node. Nobody holds two node locks, and nobody takes the
 * partition lock while holding any other.
 *
 * A thread with an event loop never waits long. A worker that trapped and was ended before its JavaScript could repair
 * its seat leaves its locks behind, and it is from the event loop of the opening thread that they are freed: whoever
 * blocks that loop waits for ever. So such threads try for 50 µs, change nothing, and come back in a later turn
 * (`tryAcquire`). Only the locks of linking (entry, node) are waited for, by threads that link (`acquire`).
 */
import { MAX_SEATS, P_ABANDONED, P_SEATS, SEAT_BYTES } from "../layout";

/** This instance's seat (address) and its lock value; set once by `bind`. Per instance on purpose. */
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

// @ts-ignore: decorator
@inline
export function seatAddress(number: u32): usize {
  return P_SEATS + number * SEAT_BYTES;
}

const SPINS: u32 = 400; // about 4 µs: longer than any node or queue lock is held by a running thread
const NAP_NS: i64 = 50_000; // a holder that lost its core needs a scheduler tick, not a wake-up
const PATIENCE: u32 = 5_000; // about 50 µs
/**
 * About 5 s, after which an opening thread that links itself (`workers: 0`) traps instead of waiting on: then a user's
 * thread has ended in the middle of mending a list. The trap is repaired as any other.
 */
const LOST_ROUNDS: u32 = 1_000_000; // of SPINS tries each

/**
 * Takes `lock` and notes it at `held` in the seat, however long it takes; traps once the partition is abandoned.
 * Synchronizes with `release`.
 */
export function acquire(lock: usize, held: usize): void {
  let spins: u32 = 0;
  let rounds: u32 = 0;
  while (atomic.cmpxchg<u32>(lock, 0, owner) != 0) {
    if (++spins < SPINS) continue;
    spins = 0;
    if (!maySleep && ++rounds == LOST_ROUNDS) unreachable();
    if (atomic.load<u32>(P_ABANDONED) != 0) unreachable();
    // Only sleeps: nobody notifies, so no wake-up can be lost.
    if (maySleep) atomic.wait<i32>(lock, atomic.load<i32>(lock), NAP_NS);
  }
  store<u32>(seat + held, <u32>lock);
}

/** Like `acquire`, but a thread that must not sleep gives up after about 50 µs: false then. */
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
  return false;
}

/** Synchronizes with the next `acquire` of the same lock. */
export function release(lock: usize, held: usize): void {
  store<u32>(seat + held, 0);
  atomic.store<u32>(lock, 0);
}
