/*
 * How are many slots linked at once? A portion of those that wait is compared with the leaves that lie near, densely,
 * instead of one beam search each: less than half of the time for a graph of the same quality (docs/ARCHITECTURE.md).
 *
 *   AHEAD ──► CODE ──► number ──► (train) ──► COVER ──► ASSIGN ──► sort ──► TWINS ──► order ──► COMPARE and choose ──►
 *   BETWEEN ──► UPPER ──► BACK ──► publish
 *
 * The seat that has claimed a portion (G_BULK) owns its bulk: it goes from phase to phase, and does those in small letters alone.
 * In the others, any thread that has nothing else to do helps (board.ts). No thread links slots of the generation otherwise. Where
 * one thread does it all, all follows from slots and their vectors, so the same slots make the same graph. What does not become
 * a row (graph/insert.ts does it better or has to), and all if there is no memory or codes are blind, is linked one by one.
 *
 * Nothing leads to a row before `UPPER`. So after a trap or the end of any of its threads the bulk is given up, and its slots are
 * linked one by one; from `UPPER` on as slots that others may know.
 */
import {
  B_CLAIM, B_CURSOR, B_FROM, B_HEADER, B_LEAVES, B_ROOM, B_TO, B_TRAINS, C_GENERATION, FAULT_BULK_AHEAD, FAULT_BULK_ASSIGNED,
  FAULT_BULK_COVERED, FLAT, G_FORCE_F32, G_LEAVES, G_STATE, L_COVERED, L_LEADERS, L_ROOM, OP_UNITS, SEAT_BULK, SEAT_HELPS,
  SEAT_LEAVES, U_CHOOSES, U_CURSOR, U_FROM, U_TO,
} from "../layout";
import { linkOne, settle } from "../graph/single";
import { goesByCodes } from "../graph/suspects";
import { allocate, bytesOf, freeAt } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { seat } from "../memory/locks";
import { efConstruction, neverCodes } from "../memory/settings";
import { clearBytes } from "../memory/words";
import { addBytes, countBlock } from "../vectors/slots";
import {
  AHEAD, ASSIGN, awaitDone, awaitPhase, BEFORE, BETWEEN, close, CODE, COMPARE, COVER, DONE, finishUnit, hasUnit, isClosed,
  isPhaseDone, isShared, NUMBER, openPhase, ORDER, phaseOf, phaseWord, SORT, takeUnit, TRAIN, TWINS, UPPER,
} from "./board";
import { encodeSlots, numberRows, sortMembers, sortRowsByLeaf, takeTwinsOut } from "./columns";
import { assign, cover, firstUncovered, needsTraining, trainSome } from "./leaders";
import { chooseSome, compareGroup, linkBack, linkBetween, linkUpper, MOST_CANDIDATES, publish } from "./lists";
import {
  block, blockOf, bucketCounts, from, generation, groupRows, leadersFor, leaves, leavesBytes, openHelp, openPortion, portionBytes,
  rows, to, unit,
} from "./portion";

/**
 * Of that many slots of a portion one goes in ahead, by ordinary insertion: the first of a cluster then have links to what
 * lies around it, which the others, whose neighbours all lie within it, do not. Queries that lie between the clusters need
 * them: of 6,000 vectors in clusters, recall@10 at ef 64 was .934 with 64, .960 with 16 and .956 one by one; under cosine
 * 16 still lost .008, and 8 less than .005 (2026-11-29, tests/core/bulk/recall.test.ts).
 */
const ONE_OF: u32 = 8;

const MOST_WAITS: u32 = 20; // in one call, of up to 50 µs each

export const BULK_MORE: i32 = 0, BULK_DONE: i32 = 1, BULK_BLIND: i32 = 2, BULK_BROKEN: i32 = 3;

/** Whether a generation's slots can be linked in bulk, as far as can be seen: one that is still flat may get codes. */
export function canBulk(generation: usize): bool {
  if (neverCodes || efConstruction > MOST_CANDIDATES) return false;
  return load<u32>(generation + G_STATE) == FLAT ? load<u32>(generation + G_FORCE_F32) == 0 : goesByCodes(generation);
}

/**
 * Takes the memory for a portion; false when there is none. Partition lock held. The seat notes each block before it is
 * used, and frees both with `freeBulk`.
 */
export function openBulk(generation: usize, start: u32, end: u32): bool {
  const trains = needsTraining(generation, end);
  const leaderRoom = trains ? leadersFor(end) : load<u32>(<usize>load<u32>(generation + G_LEAVES) + L_ROOM);
  const bytes = portionBytes(start, end - start, leaderRoom, trains);
  if (bytes > 0x40000000) return false;
  const memory = allocate(<u32>bytes, 0);
  if (memory == 0) return false;
  store<u32>(seat + SEAT_BULK, <u32>memory);
  if (trains) {
    const leaves = allocate(leavesBytes(leaderRoom), 0);
    if (leaves == 0) {
      freeAt(seat + SEAT_BULK);
      return false;
    }
    store<u32>(seat + SEAT_LEAVES, <u32>leaves);
    clearBytes(leaves, leavesBytes(0));
    store<u32>(leaves + L_ROOM, leaderRoom);
  }
  const header = blockOf(seat);
  clearBytes(header, B_HEADER);
  const trained = load<u32>(seat + SEAT_LEAVES);
  store<u32>(header + B_LEAVES, trained != 0 ? trained : load<u32>(generation + G_LEAVES));
  store<u32>(header + B_FROM, start);
  store<u32>(header + B_TO, end);
  store<u32>(header + B_ROOM, leaderRoom);
  store<u32>(header + B_TRAINS, trains ? 1 : 0);
  openPortion(generation);
  store<u32>(unit + U_TO, 0);
  clearBytes(bucketCounts, leaderRoom * 4);
  return true; // B_BOARD is that of BEFORE
}

/** The first slot of the seat's portion that is linked in bulk. */
export function firstInBulk(): u32 {
  const header = blockOf(seat);
  const start = load<u32>(header + B_FROM);
  return start + (load<u32>(header + B_TO) - start) / ONE_OF;
}

/** Whether the slots before that one are still being linked. For the owner, after `bulkSome`. */
export function isAhead(): bool {
  return phaseOf(block) <= AHEAD;
}

/** Whether others may know slots of the portion that a seat works on. */
export function isKnown(that: usize): bool {
  return load<u32>(that + SEAT_BULK) != 0 && phaseOf(blockOf(that)) >= UPPER;
}

/** Frees what a seat's bulk works in. Partition lock held. */
export function freeBulk(that: usize): void {
  freeAt(that + SEAT_LEAVES);
  freeAt(that + SEAT_BULK);
}

/** After BULK_DONE: makes trained leaders the generation's. Partition lock held. */
export function keepLeaves(generation: usize): void {
  const trained: usize = load<u32>(seat + SEAT_LEAVES);
  if (trained != 0) {
    const old: usize = load<u32>(generation + G_LEAVES);
    addBytes(generation, -(<i32>bytesOf(old)));
    countBlock(generation, trained);
    store<u32>(generation + G_LEAVES, <u32>trained);
    store<u32>(seat + SEAT_LEAVES, <u32>old);
  }
  store<u32>(<usize>load<u32>(generation + G_LEAVES) + L_COVERED, load<u32>(blockOf(seat) + B_TO));
}

/* Of the last `bulkSome` or `helpSome`: what it took (OP_UNITS), and how many slots were linked one by one. */
export let spent: u32 = 0, linkedAhead: u32 = 0;

/** Goes on with the seat's bulk for about `most` inserts' time. BULK_*. */
export function bulkSome(generation: usize, most: u32): i32 {
  openPortion(generation);
  spent = linkedAhead = 0;
  for (let waits: u32 = 0; spent < most * OP_UNITS && waits < MOST_WAITS; ) {
    const phase = phaseOf(block);
    if (phase == DONE) return BULK_DONE;
    if (isClosed(block)) return BULK_BROKEN;
    if (!isShared(phase)) doAlone(phase);
    else if (hasUnit() || takeUnit(true)) work(phase);
    else if (isPhaseDone()) next(phase + 1);
    else {
      waits++;
      spent += OP_UNITS;
      awaitDone();
    }
    if (!goesByCodes(generation)) return BULK_BLIND;
  }
  return BULK_MORE;
}

/** After the seat has joined a bulk: nothing is in hand yet. */
export function beginHelp(): void {
  openHelp(load<u32>(<usize>load<u32>(load<u32>(seat + SEAT_HELPS) + B_CLAIM) + C_GENERATION));
  store<u32>(unit + U_TO, 0);
  clearBytes(bucketCounts, load<u32>(block + B_ROOM) * 4);
}

/** Helps with the bulk that the seat has joined, for about `most` inserts' time. False once it has nothing in hand. */
export function helpSome(generation: usize, most: u32): bool {
  openHelp(generation);
  spent = linkedAhead = 0;
  for (let waits: u32 = 0; spent < most * OP_UNITS && waits < MOST_WAITS && !isClosed(block); ) {
    const word = phaseWord();
    if (hasUnit() || takeUnit(false)) {
      work(phaseOf(block));
      if (!goesByCodes(generation)) close(block); // its owner sees why
    } else {
      waits++;
      spent += OP_UNITS;
      awaitPhase(word);
    }
  }
  return hasUnit() && !isClosed(block);
}

function itemsOf(phase: u32): u32 {
  if (phase == AHEAD) return firstInBulk() - from;
  if (phase == CODE) return to - from;
  if (phase == COVER) return to - firstUncovered();
  if (phase == TWINS) return load<u32>(leaves + L_LEADERS);
  return rows;
}

function next(phase: u32): void {
  store<u32>(block + B_CURSOR, 0);
  openPhase(phase, itemsOf(phase));
}

/** A step of the unit in hand. */
function work(phase: u32): void {
  const first = load<u32>(unit + U_FROM), end = load<u32>(unit + U_TO);
  const count = end - first;
  if (phase == AHEAD) {
    linkAhead(from + first, from + end);
  } else if (phase == CODE) {
    spent += count;
    encodeSlots(first, end);
  } else if (phase == COVER) {
    spent += count;
    cover(first, end);
    faultPoint(FAULT_BULK_COVERED);
  } else if (phase == ASSIGN) {
    spent += count;
    assign(first, end);
    faultPoint(FAULT_BULK_ASSIGNED);
  } else if (phase == TWINS) {
    spent += 2 * count;
    takeTwinsOut(first, end);
  } else if (phase == COMPARE) {
    if (!compareStep()) return;
  } else if (phase == BETWEEN) {
    spent += count;
    linkBetween(first, end);
  } else if (phase == UPPER) {
    spent += 1 + OP_UNITS * linkUpper(first, end);
  } else {
    spent += 2 * count;
    linkBack(first, end);
  }
  finishUnit();
}

/** Links slots one by one, as any others. */
function linkAhead(first: u32, end: u32): void {
  for (let slot = first; slot < end; slot++) {
    const byCodes = goesByCodes(generation);
    if (linkOne(generation, slot)) {
      spent += OP_UNITS;
      linkedAhead++;
    }
    if (byCodes) settle(generation, slot);
  }
  spent++;
  faultPoint(FAULT_BULK_AHEAD);
}

/** True once the rows in hand have their neighbours. */
function compareStep(): bool {
  if (load<u32>(unit + U_CHOOSES) == 0) {
    spent += 256;
    if (compareGroup()) return false;
    store<u32>(unit + U_CURSOR, 0);
    store<u32>(unit + U_CHOOSES, 1);
    return false;
  }
  spent += 3 * 64;
  return !chooseSome(64) && goesByCodes(generation);
}

function doAlone(phase: u32): void {
  if (phase == BEFORE) {
    next(AHEAD);
  } else if (phase == NUMBER) {
    spent += (to - from) >>> 7;
    numberRows();
    next(rows == 0 ? DONE : load<u32>(block + B_TRAINS) != 0 ? TRAIN : COVER);
  } else if (phase == TRAIN) {
    spent += groupRows;
    if (!trainSome()) next(COVER);
  } else if (phase == SORT) {
    spent += to >>> 7;
    sortMembers();
    next(TWINS);
  } else if (phase == ORDER) {
    spent += to >>> 8;
    sortRowsByLeaf();
    next(COMPARE);
  } else {
    spent += 64;
    if (!publish(1024)) next(DONE);
  }
}
