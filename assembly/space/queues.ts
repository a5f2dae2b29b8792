/*
 * Which slots does a worker link next? The slots are the queue: a run queue only names the spaces that have some.
 *
 *   accept ──► space's count ──► (first op only) push the space on its home's INBOX
 *   claim  ──► take the queue lock, append the INBOX to the list, take ranges [claimed, claimed + n) from its head,
 *              put a space with more work back at the tail
 *
 * A claimed range stands in the seat's claim table until it is linked, so when a worker dies its successor in the
 * seat goes on where it stopped. `S_QUEUED` says that a space is in a list or an inbox. The claimer clears it with a
 * read-modify-write and then looks at the count again; accept raises the count and then looks at `S_QUEUED`: one of
 * the two sees the other.
 */
import {
  C_FROM, C_GENERATION, C_INCARNATION, C_SERIAL, C_SPACE, C_TO, CLAIM_BYTES, COMPACT_DEAD, COMPACT_NO, FAULT_CLAIMED,
  FAULT_QUEUE_LOCKED, G_CLAIMED, G_COUNT, G_DEAD, G_ELIGIBLE, G_SERIAL, MAX_CLAIMS, MAX_WORKERS, P_LOCK, P_QUEUES,
  P_SPACE_LIST, Q_BROKEN, Q_DEPTH, Q_HEAD, Q_INBOX, Q_LOCK, Q_TAIL, QUEUE_BYTES, S_ALL_NEXT, S_GENERATIONS, S_HOME,
  S_INCARNATION, S_NEXT, S_QUEUED, S_WANTS_COMPACTION, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT, SEAT_CLAIMS,
  SEAT_HELD_PARTITION, SEAT_HELD_QUEUE,
} from "../layout";
import { announce, park } from "./retirement";
import { faultPoint } from "../memory/faults";
import { release, seat, tryAcquire } from "../memory/locks";

const BUSY_DEPTH: i32 = 100; // with more waiting than this, only spaces that are half dead are compacted

// @ts-ignore: decorator
@inline
export function queueAddress(home: u32): usize {
  return P_QUEUES + home * QUEUE_BYTES;
}

// @ts-ignore: decorator
@inline
function queueOf(space: usize): usize {
  return queueAddress(load<u32>(space + S_HOME));
}

/** Puts a space with work into its home's queue; true when it was not there. Partition lock held. */
export function enqueue(space: usize): bool {
  if (atomic.xchg<u32>(space + S_QUEUED, 1) == 1) return false;
  const inbox = queueOf(space) + Q_INBOX;
  while (true) {
    const first = atomic.load<u32>(inbox);
    store<u32>(space + S_NEXT, first);
    if (atomic.cmpxchg<u32>(inbox, first, <u32>space) == first) return true;
  }
}

/** Counts ops that now wait (or no longer do, when negative). */
export function addDepth(space: usize, ops: i32): void {
  atomic.add<u32>(queueOf(space) + Q_DEPTH, ops);
}

function append(queue: usize, space: usize): void {
  store<u32>(space + S_NEXT, 0);
  const tail: usize = load<u32>(queue + Q_TAIL);
  if (tail == 0) store<u32>(queue + Q_HEAD, <u32>space);
  else store<u32>(tail + S_NEXT, <u32>space);
  store<u32>(queue + Q_TAIL, <u32>space);
}

/** Appends the inbox in the order of its pushes. */
function drainInbox(queue: usize): void {
  let reversed: usize = 0;
  for (let space: usize = atomic.xchg<u32>(queue + Q_INBOX, 0); space != 0; ) {
    const next: usize = load<u32>(space + S_NEXT);
    store<u32>(space + S_NEXT, <u32>reversed);
    reversed = space;
    space = next;
  }
  while (reversed != 0) {
    const next: usize = load<u32>(reversed + S_NEXT);
    append(queue, reversed);
    reversed = next;
  }
}

function unclaimed(space: usize): u32 {
  return unclaimedIn(<u32>atomic.load<u64>(space + S_GENERATIONS));
}

function unclaimedIn(generation: usize): u32 {
  if (generation == 0 || atomic.load<u32>(generation + G_ELIGIBLE) == 0) return 0;
  return atomic.load<u32>(generation + G_COUNT) - load<u32>(generation + G_CLAIMED);
}

function wantsCompaction(space: usize, queue: usize): bool {
  const wants = atomic.load<u32>(space + S_WANTS_COMPACTION);
  if (wants == COMPACT_NO) return false;
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  if (wants != COMPACT_DEAD || generations >> 32 != 0) return true;
  if (atomic.load<i32>(queue + Q_DEPTH) < BUSY_DEPTH) return true;
  const generation: usize = <u32>generations;
  return load<u32>(generation + G_DEAD) > load<u32>(generation + G_COUNT) >>> 1;
}

function addClaim(space: usize, generation: usize, serial: u32, from: u32, to: u32): void {
  const count = load<u32>(seat + SEAT_CLAIM_COUNT);
  const claim: usize = load<u32>(seat + SEAT_CLAIMS) + count * CLAIM_BYTES;
  store<u32>(claim + C_SPACE, <u32>space);
  store<u32>(claim + C_INCARNATION, load<u32>(space + S_INCARNATION));
  store<u32>(claim + C_SERIAL, serial);
  store<u32>(claim + C_GENERATION, <u32>generation);
  store<u32>(claim + C_FROM, from);
  store<u32>(claim + C_TO, to);
  store<u32>(seat + SEAT_CLAIM_COUNT, count + 1);
}

/**
 * Moves up to `most` ops from a run queue into this seat's empty claim table: from the space at the head, which then
 * goes to the tail, until there are enough. With `compact`, compaction steps come along.
 * Returns the ops claimed; a compaction step counts as one.
 */
export function claimFrom(home: u32, most: u32, compact: bool): u32 {
  const queue = queueAddress(home);
  store<u32>(seat + SEAT_CLAIM_NEXT, 0);
  store<u32>(seat + SEAT_CLAIM_COUNT, 0);
  if (!tryAcquire(queue + Q_LOCK, SEAT_HELD_QUEUE)) return 0;
  announce();
  if (load<u32>(queue + Q_BROKEN) != 0) {
    release(queue + Q_LOCK, SEAT_HELD_QUEUE);
    park();
    mend();
    return 0;
  }
  drainInbox(queue);
  faultPoint(FAULT_QUEUE_LOCKED);
  let ops: u32 = 0;
  let firstKept: usize = 0; // a space that went back to the tail: when it comes round again, the round is over
  while (ops < most && load<u32>(seat + SEAT_CLAIM_COUNT) < MAX_CLAIMS - 1) {
    const space: usize = load<u32>(queue + Q_HEAD);
    if (space == 0 || space == firstKept) break;
    store<u32>(queue + Q_HEAD, load<u32>(space + S_NEXT));
    if (load<u32>(queue + Q_HEAD) == 0) store<u32>(queue + Q_TAIL, 0);

    if (compact && wantsCompaction(space, queue)) {
      addClaim(space, 0, 0, 0, 1);
      ops++;
    }
    // Loaded once: a compaction may put another generation in its place at any time.
    const generation: usize = <u32>atomic.load<u64>(space + S_GENERATIONS);
    const waiting = unclaimedIn(generation);
    const take = min<u32>(waiting, most > ops ? most - ops : 1); // at least one beside a compaction step
    if (take != 0) {
      const from = load<u32>(generation + G_CLAIMED);
      addClaim(space, generation, load<u32>(generation + G_SERIAL), from, from + take);
      faultPoint(FAULT_CLAIMED); // between the two, a repair drops the claim again
      store<u32>(generation + G_CLAIMED, from + take);
      addDepth(space, -(<i32>take));
      ops += take;
    }
    if (take < waiting || load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO) {
      append(queue, space);
      if (firstKept == 0) firstKept = space;
      continue;
    }
    atomic.xchg<u32>(space + S_QUEUED, 0);
    const again = unclaimed(space) != 0 || atomic.load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO;
    if (again && atomic.xchg<u32>(space + S_QUEUED, 1) == 0) append(queue, space);
  }
  release(queue + Q_LOCK, SEAT_HELD_QUEUE);
  park();
  return ops;
}

/** Locks a space's queue for `leaveQueue` or `stopClaims`, which unlock it. False when busy. Partition lock held. */
export function lockQueueOf(space: usize): bool {
  return tryAcquire(queueOf(space) + Q_LOCK, SEAT_HELD_QUEUE);
}

/** Takes a space out of its locked queue for good and forgets its waiting ops. */
export function leaveQueue(space: usize): void {
  const queue = queueOf(space);
  if (load<u32>(queue + Q_BROKEN) == 0) drainInbox(queue);
  abandonClaims(space);
  let previous: usize = 0;
  const head: usize = load<u32>(queue + Q_BROKEN) == 0 ? <usize>load<u32>(queue + Q_HEAD) : 0;
  for (let at = head; at != 0; previous = at, at = load<u32>(at + S_NEXT)) {
    if (at != space) continue;
    const next = load<u32>(at + S_NEXT);
    if (previous == 0) store<u32>(queue + Q_HEAD, next);
    else store<u32>(previous + S_NEXT, next);
    if (next == 0) store<u32>(queue + Q_TAIL, <u32>previous);
    break;
  }
  atomic.store<u32>(space + S_QUEUED, 0);
  release(queue + Q_LOCK, SEAT_HELD_QUEUE);
}

/** Marks the rest of the current generation as claimed by nobody: it is about to be emptied. Queue lock held. */
function abandonClaims(space: usize): void {
  const waiting = unclaimed(space);
  if (waiting == 0) return;
  const generation: usize = <u32>load<u64>(space + S_GENERATIONS);
  store<u32>(generation + G_CLAIMED, load<u32>(generation + G_CLAIMED) + waiting);
  addDepth(space, -(<i32>waiting));
}

/** Before a compaction: its slots will wait in the next generation instead. Its queue is locked. */
export function stopClaims(space: usize): void {
  abandonClaims(space);
  release(queueOf(space) + Q_LOCK, SEAT_HELD_QUEUE);
}

/**
 * After a trap under a queue lock, whose owner's seat is given: drops the half-made claim and lets go of the lock,
 * with the list marked as broken. `mend` makes it again once the partition lock is free.
 */
export function breakQueue(home: u32, that: usize): void {
  const queue = queueAddress(home);
  const count = load<u32>(that + SEAT_CLAIM_COUNT);
  if (count != 0) {
    const claim: usize = <usize>load<u32>(that + SEAT_CLAIMS) + (count - 1) * CLAIM_BYTES;
    const generation: usize = load<u32>(claim + C_GENERATION);
    if (load<u32>(claim + C_SERIAL) != 0 && load<u32>(claim + C_TO) > load<u32>(generation + G_CLAIMED)) {
      store<u32>(that + SEAT_CLAIM_COUNT, count - 1);
    }
  }
  store<u32>(queue + Q_BROKEN, 1);
  store<u32>(that + SEAT_HELD_QUEUE, 0);
  atomic.store<u32>(queue + Q_LOCK, 0);
}

/** After a repair has finished a seat's op: its space may not be in the queue, nor counted in the depth. */
export function distrustQueueOf(space: usize): void {
  atomic.store<u32>(queueOf(space) + Q_BROKEN, 1);
}

/**
 * Makes every list that is marked as broken again. A repair waits for nobody: if the partition lock is busy, perhaps in
 * the hands of another dead thread, whoever claims from the queue next does it, and `depthOf` makes somebody come.
 */
export function mend(): void {
  if (!anyBroken() || !tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return;
  for (let home: u32 = 0; home < MAX_WORKERS; home++) {
    const queue = queueAddress(home);
    if (atomic.load<u32>(queue + Q_BROKEN) != 0 && tryAcquire(queue + Q_LOCK, SEAT_HELD_QUEUE)) mendQueue(home);
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
}

function anyBroken(): bool {
  for (let home: u32 = 0; home < MAX_WORKERS; home++) {
    if (atomic.load<u32>(queueAddress(home) + Q_BROKEN) != 0) return true;
  }
  return false;
}

/** Ops of a home that nobody has claimed; for a moment below 0. A broken list counts as one op at least. */
export function depthOf(home: u32): i32 {
  const queue = queueAddress(home);
  const depth = atomic.load<i32>(queue + Q_DEPTH);
  return atomic.load<u32>(queue + Q_BROKEN) == 0 ? depth : max<i32>(depth, 1);
}

/** Makes the list and the depth of a home again from the spaces, and unlocks it. */
function mendQueue(home: u32): void {
  const queue = queueAddress(home);
  atomic.store<u32>(queue + Q_INBOX, 0);
  store<u32>(queue + Q_HEAD, 0);
  store<u32>(queue + Q_TAIL, 0);
  let depth: u32 = 0;
  for (let space: usize = load<u32>(P_SPACE_LIST); space != 0; space = load<u32>(space + S_ALL_NEXT)) {
    if (load<u32>(space + S_HOME) != home || (load<u32>(space + S_INCARNATION) & 1) == 0) continue;
    const waiting = unclaimed(space);
    depth += waiting;
    const queued = waiting != 0 || load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO;
    atomic.store<u32>(space + S_QUEUED, queued ? 1 : 0);
    if (queued) append(queue, space);
  }
  atomic.store<u32>(queue + Q_DEPTH, depth);
  store<u32>(queue + Q_BROKEN, 0);
  release(queue + Q_LOCK, SEAT_HELD_QUEUE);
}
