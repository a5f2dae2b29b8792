/*
 * How are many slots linked at once? A portion of those that wait is compared with the leaves that lie near, densely,
 * instead of one beam search each: less than half of the time for a graph of the same quality (docs/ARCHITECTURE.md).
 *
 *   code ──► (train leaders) ──► cover ──► assign ──► sort ──► twins ──► compare, choose ──► between ──► upper ──► back ──►
 *   publish
 *
 * One thread at a time works on a portion of a generation (G_BULK), and no other thread links slots of it in the meantime. All
 * follows from slots and their vectors, so the same slots make the same graph. What does not become a row (graph/insert.ts
 * does it better or has to), and all if there is no memory or codes are blind, is linked one by one.
 *
 * Nothing leads to a row before `upper`. So after a trap the bulk is given up, and its slots are linked one by one; from
 * `upper` on as slots that others may know.
 */
import {
  B_CURSOR, B_FROM, B_HEADER, B_PHASE, B_ROOM, B_TO, B_TRAINS, FAULT_BULK_ASSIGNED, FAULT_BULK_COVERED,
  FLAT, G_FORCE_F32, G_LEAVES, G_STATE, L_COVERED, L_ROOM, OP_UNITS, SEAT_BULK, SEAT_LEAVES,
} from "../layout";
import { goesByCodes } from "../graph/suspects";
import { allocate, bytesOf, freeAt } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { seat } from "../memory/locks";
import { efConstruction, neverCodes } from "../memory/settings";
import { clearBytes } from "../memory/words";
import { addBytes, countBlock } from "../vectors/slots";
import { encodeSome, sortMembers, sortRowsByLeaf, takeTwinsOut } from "./columns";
import { assignSome, coverSome, needsTraining, trainSome } from "./leaders";
import { chooseSome, compareGroup, linkBack, linkBetween, linkUpper, MOST_CANDIDATES, publish, rowsInGroup } from "./lists";
import {
  block, blockOf, bucketCounts, generation, groupRows, leadersFor, leavesBytes, openPortion, portionBytes, rows, to,
  useLeaves,
} from "./portion";

const CODE: u32 = 0, TRAIN: u32 = 1, COVER: u32 = 2, ASSIGN: u32 = 3, SORT: u32 = 4, TWINS: u32 = 5, COMPARE: u32 = 6, CHOOSE: u32 = 7,
  BETWEEN: u32 = 8, UPPER: u32 = 9, BACK: u32 = 10, PUBLISH: u32 = 11, DONE: u32 = 12;


/**
 * Of that many slots of a portion one goes in ahead, by ordinary insertion: the first of a cluster then have links to what
 * lies around it, which the others, whose neighbours all lie within it, do not. Queries that lie between the clusters need
 * them: of 6,000 vectors in clusters, recall@10 at ef 64 was .934 with 64, .960 with 16 and .956 one by one; under cosine
 * 16 still lost .008, and 8 less than .005 (2026-11-29, tests/core/bulk/recall.test.ts).
 */
const AHEAD: u32 = 8;

export const BULK_MORE: i32 = 0, BULK_DONE: i32 = 1, BULK_BLIND: i32 = 2;

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
  store<u32>(header + B_FROM, start);
  store<u32>(header + B_TO, end);
  store<u32>(header + B_ROOM, leaderRoom);
  store<u32>(header + B_TRAINS, trains ? 1 : 0);
  openPortion(generation);
  clearBytes(bucketCounts, leaderRoom * 4);
  return true;
}

/** The first slot of the seat's portion that is linked in bulk. */
export function firstInBulk(): u32 {
  const header = blockOf(seat);
  const start = load<u32>(header + B_FROM);
  return start + (load<u32>(header + B_TO) - start) / AHEAD;
}

/** Whether others may know slots of the portion that a seat works on. */
export function isKnown(that: usize): bool {
  return load<u32>(that + SEAT_BULK) != 0 && load<u32>(blockOf(that) + B_PHASE) >= UPPER;
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

export let spent: u32 = 0; // effort of the last `bulkSome`

/** Goes on with the seat's bulk for about `most` inserts' time. BULK_*. */
export function bulkSome(generation: usize, most: u32): i32 {
  openPortion(generation);
  const trained: usize = load<u32>(seat + SEAT_LEAVES);
  useLeaves(trained != 0 ? trained : load<u32>(generation + G_LEAVES));
  spent = 0;
  while (spent < most * OP_UNITS) {
    const status = step();
    if (status != BULK_MORE) return status;
  }
  return BULK_MORE;
}

function next(phase: u32): void {
  store<u32>(block + B_CURSOR, 0);
  store<u32>(block + B_PHASE, phase);
}

function step(): i32 {
  const phase = load<u32>(block + B_PHASE);
  if (phase == CODE) {
    spent += 256;
    if (!encodeSome()) next(rows == 0 ? DONE : load<u32>(block + B_TRAINS) != 0 ? TRAIN : COVER);
  } else if (phase == TRAIN) {
    spent += groupRows;
    if (!trainSome()) next(COVER);
  } else if (phase == COVER) {
    spent += groupRows;
    if (!coverSome()) next(ASSIGN);
    faultPoint(FAULT_BULK_COVERED);
  } else if (phase == ASSIGN) {
    spent += groupRows;
    if (!assignSome()) next(SORT);
    faultPoint(FAULT_BULK_ASSIGNED);
  } else if (phase == SORT) {
    spent += to >>> 7;
    sortMembers();
    next(TWINS);
  } else if (phase == TWINS) {
    spent += 512;
    if (takeTwinsOut(40000)) return BULK_MORE;
    sortRowsByLeaf();
    next(COMPARE);
  } else {
    return linkStep(phase);
  }
  return BULK_MORE;
}

function linkStep(phase: u32): i32 {
  if (phase == COMPARE) {
    if (rowsInGroup() == 0) next(BETWEEN);
    spent += 256;
    if (phase == load<u32>(block + B_PHASE) && !compareGroup()) next(CHOOSE);
  } else if (phase == CHOOSE) {
    spent += 3 * 64;
    if (!chooseSome(64)) next(COMPARE);
    if (!goesByCodes(generation)) return BULK_BLIND;
  } else if (phase == BETWEEN) {
    spent += 128;
    if (!linkBetween(128)) next(UPPER);
  } else if (phase == UPPER) {
    spent += 16 * 8;
    if (!linkUpper(8)) next(BACK);
  } else if (phase == BACK) {
    spent += 2 * 64;
    if (!linkBack(64)) next(PUBLISH);
  } else if (phase == PUBLISH) {
    spent += 64;
    if (!publish(1024)) next(DONE);
  } else {
    return BULK_DONE;
  }
  return BULK_MORE;
}
