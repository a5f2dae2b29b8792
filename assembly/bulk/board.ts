/*
 * How do several threads work on one portion? Its owner, the seat that has claimed it, goes from phase to phase; in those that
 * can be shared, the owner and all that help take units of items (slots, rows or leaves) from a board in the portion's block.
 *
 *   open ───► the owner: B_DONE = 0, then one atomic store of B_BOARD: phase, items, none taken
 *   take ───► any of them: B_BOARD from (phase, items, n) to (phase, items, n + unit) by compare-and-exchange
 *   done ───► B_DONE rises by the unit
 *   next ───► the owner, once B_DONE has reached the number of items
 *
 * So what was written in one phase happens before what is read in the next, by any thread; within a phase a thread writes
 * only what belongs to its items, under node locks where that is not so. A unit is taken once and never done again: a thread that
 * ends or gives up with one in hand closes the board (B_CLOSED), and then the portion is given up as a whole (bulk.ts).
 *
 * Which threads help is said by SEAT_HELPS alone. It is set and cleared under the partition lock, and the portion's block is freed
 * under it, once no seat names it.
 */
import {
  B_BOARD, B_CLOSED, B_DONE, B_LOCKS, B_SHARED, FAULT_BULK_TAKEN, ITEMS_MASK, ITEMS_SHIFT, MAX_SEATS, PHASE_SHIFT, SEAT_BULK,
  SEAT_HELP, SEAT_HELPS, U_CHOOSES, U_CURSOR, U_FROM, U_TO,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { nap, seatAddress } from "../memory/locks";
import { block, blockOf, groupRows, renew, unit } from "./portion";

/* In their order. BEFORE: the owner promotes the space, and links its first slots one by one. */
export const BEFORE: u32 = 0, AHEAD: u32 = 1, CODE: u32 = 2, NUMBER: u32 = 3, TRAIN: u32 = 4, COVER: u32 = 5, ASSIGN: u32 = 6,
  SORT: u32 = 7, TWINS: u32 = 8, ORDER: u32 = 9, COMPARE: u32 = 10, BETWEEN: u32 = 11, UPPER: u32 = 12, BACK: u32 = 13,
  PUBLISH: u32 = 14, DONE: u32 = 15;
const SHARED: u32 = (1 << AHEAD) | (1 << CODE) | (1 << COVER) | (1 << ASSIGN) | (1 << TWINS) | (1 << COMPARE) | (1 << BETWEEN) |
  (1 << UPPER) | (1 << BACK);

const PHASE_HALF: u32 = 4; // of the board: the upper half, in which no item is counted that was taken

/** Whether threads take units of a phase; the owner does any other alone. */
export function isShared(phase: u32): bool {
  return ((SHARED >>> phase) & 1) != 0;
}

export function phaseOf(that: usize): u32 {
  return <u32>(atomic.load<u64>(that + B_BOARD) >>> PHASE_SHIFT);
}

function itemsIn(board: u64): u32 {
  return <u32>(board >>> ITEMS_SHIFT) & ITEMS_MASK;
}

/** Begins a phase of that many items. For the owner, when nothing of the one before is in any hand. */
export function openPhase(phase: u32, items: u32): void {
  // With one thread nothing is locked: one that joins in this phase waits for the next.
  if (phase == BETWEEN) store<u32>(block + B_LOCKS, atomic.load<u32>(block + B_SHARED));
  atomic.store<u32>(block + B_DONE, 0);
  atomic.store<u64>(block + B_BOARD, (<u64>phase << PHASE_SHIFT) | (<u64>items << ITEMS_SHIFT));
  atomic.notify(block + B_BOARD + PHASE_HALF, -1);
}

/** Whether all items of the phase are done. */
export function isPhaseDone(): bool {
  return atomic.load<u32>(block + B_DONE) == itemsIn(atomic.load<u64>(block + B_BOARD));
}

/**
 * How many items a unit has. Where rows are compared as a group, the larger the cheaper, but the last ones are to be done at about
 * the same time: an even number of them, as large as this thread has room for.
 */
function unitOf(phase: u32, items: u32): u32 {
  if (phase == AHEAD) return 4;
  if (phase == CODE) return 256;
  if (phase != COVER && phase != ASSIGN && phase != COMPARE) return 64;
  const pairs = (items + 2 * groupRows - 1) / (2 * groupRows);
  return (items + 2 * pairs - 1) / (2 * pairs);
}

export function hasUnit(): bool {
  return load<u32>(unit + U_TO) != 0;
}

/** Takes a unit of the current phase, if there is one for this thread. */
export function takeUnit(isOwner: bool): bool {
  while (true) {
    const board = atomic.load<u64>(block + B_BOARD);
    const phase = <u32>(board >>> PHASE_SHIFT), items = itemsIn(board), from = <u32>board & ITEMS_MASK;
    if (!isShared(phase) || from >= items) return false;
    if (phase == BETWEEN && !isOwner && load<u32>(block + B_LOCKS) == 0) return false;
    const count = min<u32>(unitOf(phase, items), items - from);
    if (atomic.cmpxchg<u64>(block + B_BOARD, board, board + count) != board) continue;
    store<u32>(unit + U_FROM, from);
    store<u32>(unit + U_TO, from + count);
    store<u32>(unit + U_CURSOR, 0);
    store<u32>(unit + U_CHOOSES, 0);
    renew();
    faultPoint(FAULT_BULK_TAKEN);
    return true;
  }
}

/** The unit in hand is done. */
export function finishUnit(): void {
  const count = load<u32>(unit + U_TO) - load<u32>(unit + U_FROM);
  const items = itemsIn(atomic.load<u64>(block + B_BOARD));
  store<u32>(unit + U_TO, 0);
  if (atomic.add<u32>(block + B_DONE, count) + count == items) atomic.notify(block + B_DONE, -1);
}

/** Waits for a moment until others have done what they have in hand. For the owner. */
export function awaitDone(): void {
  const done = atomic.load<u32>(block + B_DONE);
  if (!isPhaseDone() && !isClosed(block)) nap(block + B_DONE, done);
}

/** What changes with the phase, for `awaitPhase`. */
export function phaseWord(): u32 {
  return atomic.load<u32>(block + B_BOARD + PHASE_HALF);
}

/** Waits for a moment until there is another phase than at `phaseWord`. For a thread that helps. */
export function awaitPhase(word: u32): void {
  if (!isClosed(block)) nap(block + B_BOARD + PHASE_HALF, word);
}

// ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────
export function isClosed(that: usize): bool {
  return atomic.load<u32>(that + B_CLOSED) != 0;
}

/** From now on no unit is taken, and all that help leave. */
export function close(that: usize): void {
  atomic.store<u32>(that + B_CLOSED, 1);
  atomic.notify(that + B_BOARD + PHASE_HALF, -1);
  atomic.notify(that + B_DONE, -1);
}

/** Whether any seat helps with the bulk of a block. Final once it is closed and the partition lock is held. */
export function isHelped(that: usize): bool {
  for (let i: u32 = 0; i < MAX_SEATS; i++) if (atomic.load<u32>(seatAddress(i) + SEAT_HELPS) == <u32>that) return true;
  return false;
}

/** Whether each seat that helps has memory for that, and helps with a bulk that there is. Partition lock held. */
export function areHelpersWhole(): bool {
  for (let i: u32 = 0; i < MAX_SEATS; i++) {
    const helped: usize = atomic.load<u32>(seatAddress(i) + SEAT_HELPS);
    if (helped == 0) continue;
    let isThere = false;
    for (let j: u32 = 0; j < MAX_SEATS && !isThere; j++) {
      isThere = load<u32>(seatAddress(j) + SEAT_BULK) != 0 && blockOf(seatAddress(j)) == helped;
    }
    if (!isThere || load<u32>(seatAddress(i) + SEAT_HELP) == 0) return false;
  }
  return true;
}

/** After SEAT_HELPS was cleared, still under the partition lock: the owner may be waiting for that. */
export function wakeOwner(that: usize): void {
  atomic.notify(that + B_CLOSED, -1);
}

const NAPS: u32 = 20; // about a millisecond

/** Closes the board, and waits for a moment until no seat helps. Whether that is so. For the owner. */
export function closeAndWait(that: usize): bool {
  if (!isClosed(that)) close(that);
  for (let i: u32 = 0; i < NAPS; i++) {
    if (!isHelped(that)) return true;
    nap(that + B_CLOSED, 1);
  }
  return false;
}
