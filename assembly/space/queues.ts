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
  B_CLAIM, CLAIM_ABANDONED, CLAIM_BULK, CLAIM_BYTES, CLAIM_SINGLE, COMPACT_NO, C_BULK, C_FROM, C_GENERATION, C_INCARNATION, C_SERIAL,
  C_SPACE, C_TO, FAULT_BULK_CLAIMED, FAULT_BULK_RELEASED, FAULT_CLAIMED, FAULT_QUEUE_LOCKED, G_BULK, G_CLAIMED, G_COUNT,
  G_DEAD, G_ELIGIBLE, G_FLOOR, G_READY, G_SERIAL, MAX_CLAIMS, MAX_SEATS, MAX_WORKERS, P_QUEUES, QUEUE_BYTES, Q_BROKEN, Q_DEPTH,
  Q_HEAD, Q_INBOX, Q_LOCK, Q_TAIL, SEAT_BULK, SEAT_BULK_STALE, SEAT_CLAIMS, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT, SEAT_HELD_QUEUE,
  SEAT_HELP, SEAT_HELPS, SEAT_LEAVES, S_GENERATIONS, S_HOME, S_INCARNATION, S_NEXT, S_QUEUED, S_WANTS_COMPACTION,
} from "../layout";
import { close, isHelped } from "../bulk/board";
import { canBulk, freeBulk, isKnown, keepLeaves, openBulk } from "../bulk/bulk";
import { blockOf } from "../bulk/portion";
import { freeAt } from "../memory/arena";
import { announce, park } from "../memory/epochs";
import { faultPoint } from "../memory/faults";
import { lockPartition, owner, release, releaseOf, seat, seatAddress, tryAcquire, unlockPartition } from "../memory/locks";
import { push } from "../memory/words";
import { currentOf, emptyingOf } from "./generations";
import { beforePortion, dissolve, endVoidOffer, portionAt, raiseReady, unclaimedIn, voidOffers } from "./portions";
import { isAlive, spaceAfter } from "./spaces";

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

/** Makes what a space has accepted work for its home. True when it was not in its queue. Partition lock held. */
export function makeReady(space: usize): bool {
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  const isHeld = load<u32>(generation + G_BULK) != 0; // what comes during it is counted by `endBulk`
  // Counted first: once it can be seen, a claim takes its share off the depth. Repairs count again.
  const most = load<u32>(generation + G_COUNT) - load<u32>(generation + G_READY);
  if (load<u32>(generation + G_ELIGIBLE) == 0 || most == 0) return false;
  if (!isHeld) addDepth(space, most);
  const ready = raiseReady(generation);
  if (isHeld) return false;
  if (ready != most) addDepth(space, <i32>ready - <i32>most);
  return ready != 0 && enqueue(space);
}

function wantsCompaction(space: usize, queue: usize): bool {
  if (atomic.load<u32>(space + S_WANTS_COMPACTION) == COMPACT_NO) return false;
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  if (emptyingOf(generations) != 0) return true;
  if (atomic.load<i32>(queue + Q_DEPTH) < BUSY_DEPTH) return true;
  const generation = currentOf(generations);
  return load<u32>(generation + G_DEAD) > load<u32>(generation + G_COUNT) >>> 1;
}

function addClaim(space: usize, generation: usize, serial: u32, from: u32, to: u32, kind: u32): usize {
  const count = load<u32>(seat + SEAT_CLAIM_COUNT);
  const claim: usize = load<u32>(seat + SEAT_CLAIMS) + count * CLAIM_BYTES;
  store<u32>(claim + C_SPACE, <u32>space);
  store<u32>(claim + C_INCARNATION, load<u32>(space + S_INCARNATION));
  store<u32>(claim + C_SERIAL, serial);
  store<u32>(claim + C_GENERATION, <u32>generation);
  store<u32>(claim + C_FROM, from);
  store<u32>(claim + C_TO, to);
  store<u32>(claim + C_BULK, kind);
  store<u32>(seat + SEAT_CLAIM_COUNT, count + 1);
  return claim;
}

let portion: usize = 0; // a space whose next slots are one, met by the last `claimSome`
let dissolved: bool = false; // whether the last `claimPortion` left its slots to be linked one by one

/**
 * Moves up to `most` ops from a run queue into this seat's empty claim table: from the space at the head, which then
 * goes to the tail, until there are enough; then a whole portion, if one is next. With `compact`, compaction steps too; with
 * `singly` the slots of that portion become slots like any others instead. Returns how many of all.
 */
export function claimFrom(home: u32, most: u32, compact: bool, singly: bool): u32 {
  const ops = claimSome(home, most, compact);
  if (portion == 0 || load<u32>(seat + SEAT_CLAIM_COUNT) == MAX_CLAIMS) return ops;
  const slots = claimPortion(portion, singly);
  return ops + slots == 0 && dissolved ? claimSome(home, most, compact) : ops + slots;
}

function claimSome(home: u32, most: u32, compact: bool): u32 {
  portion = 0;
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
      addClaim(space, 0, 0, 0, 1, CLAIM_SINGLE);
      ops++;
    }
    // Loaded once: a compaction may replace it at any time.
    const generation = currentOf(atomic.load<u64>(space + S_GENERATIONS));
    const waiting = unclaimedIn(generation);
    const from = generation == 0 ? 0 : load<u32>(generation + G_CLAIMED);
    // At least one beside a compaction step.
    const take = beforePortion(generation, from, min<u32>(waiting, most > ops ? most - ops : 1));
    if (take == 0 && waiting != 0 && portion == 0) portion = space;
    if (take != 0) {
      addClaim(space, generation, load<u32>(generation + G_SERIAL), from, from + take, CLAIM_SINGLE);
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

/** Claims the portion that is next in a space, with the memory to link it as a whole. Returns how many slots that are. */
function claimPortion(space: usize, singly: bool): u32 {
  dissolved = false;
  if (!lockPartition()) return 0;
  const isFree = isAlive(space, load<u32>(space + S_INCARNATION)) && lockQueueOf(space);
  const slots = isFree ? claimPortionLocked(space, singly) : 0;
  unlockPartition();
  return slots;
}

function claimPortionLocked(space: usize, singly: bool): u32 {
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  const from = load<u32>(generation + G_CLAIMED);
  // Of what others still link before it, it would see nothing.
  const isNext = unclaimedIn(generation) != 0 && atomic.load<u32>(generation + G_FLOOR) >= from;
  let slots = isNext ? portionAt(generation, from) : 0;
  if (slots != 0) {
    dissolve(generation, from);
    if (singly || load<u32>(seat + SEAT_BULK) != 0 || !canBulk(generation)) slots = 0;
    else if (!openBulk(generation, from, from + slots)) slots = 0;
    dissolved = slots == 0;
  }
  if (slots != 0) {
    const claim = addClaim(space, generation, load<u32>(generation + G_SERIAL), from, from + slots, CLAIM_BULK);
    store<u32>(blockOf(seat) + B_CLAIM, <u32>claim);
    faultPoint(FAULT_BULK_CLAIMED); // after a trap here, a repair drops the claim
    addDepth(space, -(<i32>unclaimedIn(generation)));
    atomic.xchg<u32>(generation + G_BULK, owner);
    store<u32>(generation + G_CLAIMED, from + slots);
  }
  release(queueOf(space) + Q_LOCK, SEAT_HELD_QUEUE);
  return slots;
}

/**
 * After the portion of a claim was linked or given up: gives its memory back, and makes what has come in between work for
 * the space's home. False while the partition is busy, or other threads have not left the bulk yet.
 */
export function endBulk(claim: usize, isDone: bool): bool {
  if (!lockPartition()) return false;
  close(blockOf(seat));
  if (isHelped(blockOf(seat))) {
    unlockPartition();
    return false;
  }
  const space: usize = load<u32>(claim + C_SPACE);
  const generation: usize = load<u32>(claim + C_GENERATION);
  const isThere =
    isAlive(space, load<u32>(claim + C_INCARNATION)) &&
    currentOf(load<u64>(space + S_GENERATIONS)) == generation &&
    load<u32>(generation + G_SERIAL) == load<u32>(claim + C_SERIAL);
  if (isThere && !isDone) {
    if (!lockQueueOf(space)) {
      unlockPartition();
      return false;
    }
    // Any thread may claim its slots again.
    store<u32>(generation + G_CLAIMED, load<u32>(claim + C_FROM));
    store<u32>(claim + C_TO, load<u32>(claim + C_FROM));
    release(queueOf(space) + Q_LOCK, SEAT_HELD_QUEUE);
  }
  if (isThere && isDone) keepLeaves(generation);
  store<u32>(claim + C_BULK, CLAIM_SINGLE);
  if (isThere) freeForClaims(space, generation);
  faultPoint(FAULT_BULK_RELEASED); // after a trap here, `mend` frees the rest
  freeBulk(seat);
  unlockPartition();
  return true;
}

/** A space whose portion is no longer being linked has work for its home again, if it has any. */
function freeForClaims(space: usize, generation: usize): void {
  atomic.xchg<u32>(generation + G_BULK, 0);
  const waiting = unclaimedIn(generation);
  addDepth(space, waiting);
  if (waiting != 0) enqueue(space);
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
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  addDepth(space, -(<i32>unclaimedIn(generation)));
  store<u32>(generation + G_CLAIMED, load<u32>(generation + G_READY));
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

/**
 * Frees what the bulk of a thread that has ended, or was given up, worked in. Its claim is linked one by one. While others have
 * not left it, it stays: the last of them comes back (helping.ts).
 */
function freeStaleBulk(that: usize): void {
  if (load<u32>(that + SEAT_BULK_STALE) == 0) return;
  freeAt(that + SEAT_HELP);
  if (isAwaited(that)) return;
  freeBulk(that);
  for (let space: usize = 0; (space = spaceAfter(space)) != 0; ) {
    const generation = currentOf(load<u64>(space + S_GENERATIONS));
    if (generation != 0 && seatAddress(load<u32>(generation + G_BULK) - 1) == that) atomic.xchg<u32>(generation + G_BULK, 0);
  }
  store<u32>(that + SEAT_BULK_STALE, 0);
}

/** Whether the bulk of a seat was given up, and others have not left it yet. */
export function isAwaited(that: usize): bool {
  if (load<u32>(that + SEAT_BULK_STALE) == 0 || load<u32>(that + SEAT_BULK) == 0) return false;
  return isHelped(blockOf(that));
}

/**
 * After a thread's end, or a trap: its bulk is given up, the one that it helped with, and so are the portions that it was
 * filling. `mend` frees what they hold.
 */
export function giveUpPortions(that: usize): void {
  const hasOffered = voidOffers(that);
  const helped: usize = atomic.load<u32>(that + SEAT_HELPS);
  if (helped != 0) close(helped); // what it had in hand is never done
  atomic.store<u32>(that + SEAT_HELPS, 0);
  const held = load<u32>(that + SEAT_BULK) | load<u32>(that + SEAT_LEAVES) | load<u32>(that + SEAT_HELP);
  if (held != 0 || hasOffered) giveUpBulk(that);
}

/** The rows of a bulk that others may know are linked one by one as such. */
export function giveUpBulk(that: usize): void {
  if (load<u32>(that + SEAT_BULK) != 0) close(blockOf(that));
  const kind = isKnown(that) ? CLAIM_ABANDONED : CLAIM_SINGLE;
  const claims: usize = load<u32>(that + SEAT_CLAIMS);
  for (let i = load<u32>(that + SEAT_CLAIM_COUNT); i > 0; i--) {
    const claim = claims + (i - 1) * CLAIM_BYTES;
    if (load<u32>(claim + C_BULK) == CLAIM_BULK) store<u32>(claim + C_BULK, kind);
  }
  store<u32>(that + SEAT_BULK_STALE, 1);
  distrustQueues();
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

/**
 * Rebuilds the list and the depth of a home from the spaces, and unlocks it. A repair marks what it gives up and then every
 * queue, without a lock. So the queue's mark goes first, and what it may stand for is looked at after that: none is lost.
 */
function mendQueue(home: u32): void {
  const queue = queueAddress(home);
  atomic.xchg<u32>(queue + Q_BROKEN, 0);
  for (let i: u32 = 0; i < MAX_SEATS; i++) freeStaleBulk(seatAddress(i));
  atomic.store<u32>(queue + Q_INBOX, 0);
  store<u32>(queue + Q_HEAD, 0);
  store<u32>(queue + Q_TAIL, 0);
  let depth: u32 = 0;
  for (let space: usize = 0; (space = spaceAfter(space)) != 0; ) {
    if (load<u32>(space + S_HOME) != home) continue;
    const generation = currentOf(load<u64>(space + S_GENERATIONS));
    if (generation != 0) {
      endVoidOffer(generation);
      raiseReady(generation);
    }
    const waiting = unclaimed(space);
    depth += waiting;
    const queued = waiting != 0 || load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO;
    atomic.store<u32>(space + S_QUEUED, queued ? 1 : 0);
    if (queued) append(queue, space);
  }
  atomic.store<u32>(queue + Q_DEPTH, depth);
  release(queue + Q_LOCK, SEAT_HELD_QUEUE);
}
