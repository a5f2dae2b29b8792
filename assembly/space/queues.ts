/*
 * Which slots does a worker link next? The slots are the queue: a run queue only names the spaces that have some.
 *
 *   accept ──► raise the space's count ──► (first op only) push the space on its home's inbox
 *   claim  ──► take the queue lock, append the inbox to the list, take ranges [claimed, claimed + n) from its head,
 *              put a space with more work back at the tail
 *
 * A claimed range stays in the seat's claim table until it is linked, so when a worker dies its successor in the seat
 * goes on where it stopped. S_QUEUED says that a space is in a list or an inbox. A claim clears it with a
 * read-modify-write and then loads the count again; accept raises the count and then looks at S_QUEUED: one of the two
 * sees the other.
 */
import {
  CLAIM_BYTES, COMPACT_NO, C_FROM, C_GENERATION, C_INCARNATION, C_SERIAL, C_SPACE, C_TO, FAULT_CLAIMED,
  FAULT_QUEUE_LOCKED, G_CLAIMED, G_COUNT, G_DEAD, G_ELIGIBLE, G_SERIAL, MAX_CLAIMS, MAX_WORKERS, P_QUEUES, QUEUE_BYTES,
  Q_BROKEN, Q_DEPTH, Q_HEAD, Q_INBOX, Q_LOCK, Q_TAIL, SEAT_CLAIMS, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT, SEAT_HELD_QUEUE,
  S_GENERATIONS, S_HOME, S_INCARNATION, S_NEXT, S_QUEUED, S_WANTS_COMPACTION,
} from "../layout";
import { announce, park } from "../memory/epochs";
import { faultPoint } from "../memory/faults";
import { lockPartition, release, releaseOf, seat, tryAcquire, unlockPartition } from "../memory/locks";
import { push } from "../memory/words";
import { currentOf, emptyingOf } from "./generations";
import { spaceAfter } from "./spaces";

const BUSY_DEPTH: i32 = 100; // with more waiting than this, only spaces that are half dead are compacted

function queueAddress(home: u32): usize {
  return P_QUEUES + home * QUEUE_BYTES;
}

function queueOf(space: usize): usize {
  return queueAddress(load<u32>(space + S_HOME));
}

/** Puts a space with work into its home's queue; true when it was not there. Partition lock held. */
export function enqueue(space: usize): bool {
  if (atomic.xchg<u32>(space + S_QUEUED, 1) == 1) return false;
  push(queueOf(space) + Q_INBOX, <u32>space, space + S_NEXT);
  return true;
}

/** Counts ops that now wait, or no longer do when negative. */
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

/** Appends the inbox, in the order in which spaces were pushed. */
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
  return unclaimedIn(currentOf(atomic.load<u64>(space + S_GENERATIONS)));
}

function unclaimedIn(generation: usize): u32 {
  if (generation == 0 || atomic.load<u32>(generation + G_ELIGIBLE) == 0) return 0;
  return atomic.load<u32>(generation + G_COUNT) - load<u32>(generation + G_CLAIMED);
}

function wantsCompaction(space: usize, queue: usize): bool {
  if (atomic.load<u32>(space + S_WANTS_COMPACTION) == COMPACT_NO) return false;
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  if (emptyingOf(generations) != 0) return true;
  if (atomic.load<i32>(queue + Q_DEPTH) < BUSY_DEPTH) return true;
  const generation = currentOf(generations);
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
 * goes to the tail, until there are enough. With `compact`, compaction steps too. Returns how many of both.
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
  let firstBack: usize = 0; // the first space that went back to the tail: when it comes up again, the round is over
  while (ops < most && load<u32>(seat + SEAT_CLAIM_COUNT) < MAX_CLAIMS - 1) {
    const space: usize = load<u32>(queue + Q_HEAD);
    if (space == 0 || space == firstBack) break;
    store<u32>(queue + Q_HEAD, load<u32>(space + S_NEXT));
    if (load<u32>(queue + Q_HEAD) == 0) store<u32>(queue + Q_TAIL, 0);

    if (compact && wantsCompaction(space, queue)) {
      addClaim(space, 0, 0, 0, 1);
      ops++;
    }
    // Loaded once: a compaction may replace it at any time.
    const generation = currentOf(atomic.load<u64>(space + S_GENERATIONS));
    const waiting = unclaimedIn(generation);
    const take = min<u32>(waiting, most > ops ? most - ops : 1); // at least one beside a compaction step
    if (take != 0) {
      const from = load<u32>(generation + G_CLAIMED);
      addClaim(space, generation, load<u32>(generation + G_SERIAL), from, from + take);
      faultPoint(FAULT_CLAIMED); // after a trap here, a repair drops the claim
      store<u32>(generation + G_CLAIMED, from + take);
      addDepth(space, -(<i32>take));
      ops += take;
    }
    if (take < waiting || load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO) {
      append(queue, space);
      if (firstBack == 0) firstBack = space;
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

/** Marks the rest of the current generation as claimed, though no seat has it: nothing links it. Queue lock held. */
function abandonClaims(space: usize): void {
  const waiting = unclaimed(space);
  if (waiting == 0) return;
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  store<u32>(generation + G_CLAIMED, load<u32>(generation + G_CLAIMED) + waiting);
  addDepth(space, -(<i32>waiting));
}

/** Before a compaction: a space's slots will wait in the next generation instead. Its queue is locked. */
export function stopClaims(space: usize): void {
  abandonClaims(space);
  release(queueOf(space) + Q_LOCK, SEAT_HELD_QUEUE);
}

/**
 * After a trap under a queue lock, whose owner's seat is given: drops the half-made claim and releases the lock, with
 * the list marked as broken. `mend` rebuilds it once the partition lock is free.
 */
export function breakQueue(that: usize): void {
  const queue: usize = load<u32>(that + SEAT_HELD_QUEUE) - Q_LOCK;
  const count = load<u32>(that + SEAT_CLAIM_COUNT);
  if (count != 0) {
    const claim: usize = <usize>load<u32>(that + SEAT_CLAIMS) + (count - 1) * CLAIM_BYTES;
    const generation: usize = load<u32>(claim + C_GENERATION);
    if (load<u32>(claim + C_SERIAL) != 0 && load<u32>(claim + C_TO) > load<u32>(generation + G_CLAIMED)) {
      store<u32>(that + SEAT_CLAIM_COUNT, count - 1);
    }
  }
  store<u32>(queue + Q_BROKEN, 1);
  releaseOf(that, SEAT_HELD_QUEUE);
}

/** After a trap under the partition lock: a queue may lack a space that is marked as queued, or the depth a slot. */
export function distrustQueues(): void {
  for (let home: u32 = 0; home < MAX_WORKERS; home++) atomic.store<u32>(queueAddress(home) + Q_BROKEN, 1);
}

/**
 * Rebuilds every list that is marked as broken. A repair waits for no lock: if the partition's is busy, perhaps held by
 * another dead thread, the next claim from the queue mends it, and `depthOf` makes sure that there is one.
 */
export function mend(): void {
  if (!anyBroken() || !lockPartition()) return;
  for (let home: u32 = 0; home < MAX_WORKERS; home++) {
    const queue = queueAddress(home);
    if (atomic.load<u32>(queue + Q_BROKEN) != 0 && tryAcquire(queue + Q_LOCK, SEAT_HELD_QUEUE)) mendQueue(home);
  }
  unlockPartition();
}

function anyBroken(): bool {
  for (let home: u32 = 0; home < MAX_WORKERS; home++) {
    if (atomic.load<u32>(queueAddress(home) + Q_BROKEN) != 0) return true;
  }
  return false;
}

/** Ops of a home that are not claimed; below 0 for a moment while one is. At least 1 if its list is broken. */
export function depthOf(home: u32): i32 {
  const queue = queueAddress(home);
  const depth = atomic.load<i32>(queue + Q_DEPTH);
  return atomic.load<u32>(queue + Q_BROKEN) == 0 ? depth : max<i32>(depth, 1);
}

/** Rebuilds the list and the depth of a home from the spaces, and unlocks it. */
function mendQueue(home: u32): void {
  const queue = queueAddress(home);
  atomic.store<u32>(queue + Q_INBOX, 0);
  store<u32>(queue + Q_HEAD, 0);
  store<u32>(queue + Q_TAIL, 0);
  let depth: u32 = 0;
  for (let space: usize = 0; (space = spaceAfter(space)) != 0; ) {
    if (load<u32>(space + S_HOME) != home) continue;
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
