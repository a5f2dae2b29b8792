/*
 * What does a bulk work in? One block from the arena, sized by the portion, that SEAT_BULK names: a header (B_*) with how
 * far it is, so that every call goes on where the last one stopped, these arrays, and what its owner needs for itself (U_*
 * and a group). A thread that helps has a block for the latter of its own (SEAT_HELP).
 *
 *   rowSlots    u32 a row     the slots that are linked in it, in their order
 *   rowOf       u16 a slot    1 + the row of a slot of the portion, 0: it is linked alone
 *   order       u16 a row     rows in the order of their leaves
 *   probes      u16 × PROBES  of each row its nearest leaders, in no order, or NO_LEAF
 *   ownCounts   u8 a row      how many neighbours it has chosen itself
 *   listDistances  f32 × 4M  of each row the distances of its level-0 list
 *   members     u32 a slot    of the graph and the portion, leaf by leaf: from leafStarts, leafCounts of them
 *   sums        of the training of leaders (leaders.ts), only if there is one
 *   group…      of each thread: a group of rows against a leaf (dense.ts)
 */
import {
  B_FROM, B_HEADER, B_LEAVES, B_ROOM, B_ROWS, B_TO, B_TRAINS, CHUNK_BITS, CHUNK_SLOTS, G_GRAPH, LEAF_BYTES, L_HEADER, L_ROOM,
  MOST_LEADERS, SEAT_BULK, SEAT_HELP, SEAT_HELPS, SLOT_HEADER, U_HEADER,
} from "../layout";
import { seat } from "../memory/locks";
import { capacityBase, codeStride, dimensions, leavesOffset, paddedFloats } from "../memory/settings";

export const PROBES: u32 = 13; // leaves that a row is compared with
export const NO_LEAF: u32 = 0xffff;
const LEAF_SLOTS: u32 = 64; // what a leaf has on average
export const SUPER_LEADERS: u32 = 16; // of that many leaders one is a super as well
const MOST_ROWS: u32 = 2048; // of a group: the more, the less often a leaf is packed
const MOST_OF_HELPER: u32 = 1024; // its memory comes on top of the owner's
export const CANDIDATES: u32 = 96; // entries of a row's buffer
export const COLUMNS: u32 = 64; // that are packed at a time

/** Of the portion in hand, read from its block by `openPortion` or `openHelp`. */
export let block: usize = 0, generation: usize = 0, directory: usize = 0;
export let from: u32 = 0, to: u32 = 0, rows: u32 = 0, room: u32 = 0;
export let rowSlots: usize = 0, rowOf: usize = 0, order: usize = 0, probes: usize = 0, ownCounts: usize = 0;
export let listDistances: usize = 0, members: usize = 0, leafStarts: usize = 0, leafCounts: usize = 0;
export let sums: usize = 0, sumCounts: usize = 0, meanSlot: usize = 0, superOf: usize = 0;
/* The thread's own: U_*, and the group. */
export let unit: usize = 0;
export let groupRows: u32 = 0, rowBytes: u32 = 0;
export let groupCodes: usize = 0, groupFrom: usize = 0, groupBy: usize = 0, groupSum: usize = 0;
export let groupBound: usize = 0, groupCount: usize = 0, groupSlot: usize = 0;
export let bufferDistances: usize = 0, bufferIds: usize = 0;
export let bucketCounts: usize = 0, bucketStarts: usize = 0, bucketRows: usize = 0, touched: usize = 0;
export let columnCodes: usize = 0, columnScales: usize = 0, columnBiases: usize = 0, columnIds: usize = 0;
export let groupProbes: usize = 0, groupSources: usize = 0, found: usize = 0; // groupSources: slots that rows are the codes of

let cursor: usize = 0;
function take(bytes: u32): usize {
  const at = cursor;
  cursor += (bytes + 63) & ~63;
  return at;
}

/** Lays out at `start` what threads share for a portion of `slots` after `before` others; returns its size. */
function layOut(start: usize, before: u32, slots: u32, leaders: u32, trains: bool): u32 {
  cursor = start;
  take(B_HEADER);
  rowSlots = take(slots * 4);
  rowOf = take(slots * 2);
  order = take(slots * 2);
  probes = take(slots * PROBES * 2);
  ownCounts = take(slots);
  listDistances = take(slots * capacityBase * 4);
  members = take((before + slots) * 4);
  leafStarts = take((leaders + 1) * 4);
  leafCounts = take((leaders + 1) * 4);
  superOf = take(leaders * 2);
  meanSlot = take(SLOT_HEADER + paddedFloats * 4);
  sumCounts = take(leaders * 4);
  sums = take(trains ? leaders * paddedFloats * 4 : 0);
  return <u32>(cursor - start);
}

/** Lays out at `start` what a thread needs for itself, with groups of up to `most` rows; returns its size. */
function layOutGroup(start: usize, slots: u32, leaders: u32, most: u32): u32 {
  cursor = start;
  unit = take(U_HEADER);
  rowBytes = (dimensions + 7) & ~7;
  groupRows = max<u32>(32, min<u32>(min<u32>(most, (most * 128) / rowBytes), slots + 3) & ~3);
  const places = groupRows + 4; // the last are those of a row that is none
  groupCodes = take(places * rowBytes + 16);
  groupFrom = take(places * 4);
  groupBy = take(places * 4);
  groupSum = take(places * 4);
  groupBound = take(places * 4);
  groupCount = take(places * 4);
  groupSlot = take(places * 4);
  bufferDistances = take(places * CANDIDATES * 4);
  bufferIds = take(places * CANDIDATES * 4);
  bucketCounts = take(leaders * 4);
  bucketStarts = take(leaders * 4);
  touched = take(leaders * 4);
  bucketRows = take(groupRows * PROBES * 2);
  columnCodes = take(COLUMNS * rowBytes + 64);
  columnScales = take(COLUMNS * 4);
  columnBiases = take(COLUMNS * 4);
  columnIds = take(COLUMNS * 4);
  groupProbes = take(groupRows * PROBES * 2);
  groupSources = take(groupRows * 4);
  found = take(64);
  return <u32>(cursor - start);
}

/** How many leaders the leaves of that many slots may have. */
export function leadersFor(slots: u32): u32 {
  return min<u32>(MOST_LEADERS, slots / LEAF_SLOTS + slots / LEAF_SLOTS / 2 + 64);
}

/** Which hashes make a slot a leader. */
export function leaderBound(): u32 {
  return ~0 / LEAF_SLOTS;
}

/** Bytes of the block for a portion of `slots` after `before`, with `leaders` of which are trained or not. */
export function portionBytes(before: u32, slots: u32, leaders: u32, trains: bool): u64 {
  return <u64>layOut(0, before, slots, leaders, trains) + layOutGroup(0, slots, leaders, MOST_ROWS) + 128;
}

/** Bytes of the block of a thread that helps with the portion of a block. */
export function helpBytes(that: usize): u32 {
  return layOutGroup(0, load<u32>(that + B_TO) - load<u32>(that + B_FROM), load<u32>(that + B_ROOM), MOST_OF_HELPER) + 64;
}

export function leavesBytes(leaders: u32): u32 {
  return L_HEADER + leaders * codeStride + 16 + superRoom(leaders) * (codeStride + 4) + 64;
}

function superRoom(leaders: u32): u32 {
  return leaders / SUPER_LEADERS + 2;
}

/** The block of a seat's portion; there must be one. */
export function blockOf(that: usize): usize {
  return (<usize>load<u32>(that + SEAT_BULK) + 63) & ~63;
}

/** Reads where the seat's portion lies. */
export function openPortion(that: usize): void {
  open(blockOf(seat), that);
  layOutGroup(cursor, to - from, room, MOST_ROWS);
}

/** Reads where the portion lies that the seat helps with. */
export function openHelp(that: usize): void {
  open(load<u32>(seat + SEAT_HELPS), that);
  layOutGroup((<usize>load<u32>(seat + SEAT_HELP) + 63) & ~63, to - from, room, MOST_OF_HELPER);
}

function open(at: usize, that: usize): void {
  block = at;
  generation = that;
  directory = load<u32>(that + G_GRAPH);
  from = load<u32>(block + B_FROM);
  to = load<u32>(block + B_TO);
  rows = load<u32>(block + B_ROWS);
  room = load<u32>(block + B_ROOM);
  layOut(block, from, to - from, room, load<u32>(block + B_TRAINS) != 0);
  if (load<u32>(block + B_LEAVES) != 0) useLeaves(load<u32>(block + B_LEAVES));
}

/** Reads again what the owner may have made since the portion was opened by a thread that helps. */
export function renew(): void {
  rows = load<u32>(block + B_ROWS);
  directory = load<u32>(generation + G_GRAPH);
}

export function setRows(count: u32): void {
  rows = count;
  store<u32>(block + B_ROWS, count);
}

export function isRow(slot: u32): bool {
  return slot >= from && slot < to && load<u16>(rowOf + (slot - from) * 2) != 0;
}

// ── leaves ──────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Where 1 + the leaf of a slot lies. */
// @ts-ignore: decorator
@inline
export function leafOf(slot: u32): usize {
  const chunk: usize = load<u32>(directory + (slot >>> CHUNK_BITS) * 4);
  return chunk + leavesOffset + (slot & (CHUNK_SLOTS - 1)) * LEAF_BYTES;
}

/** The leaders in use: those that are trained, or the generation's. */
export let leaves: usize = 0;
export let leaderCodes: usize = 0, superCodes: usize = 0, superStarts: usize = 0;

export function useLeaves(that: usize): void {
  leaves = that;
  const most = load<u32>(that + L_ROOM);
  leaderCodes = that + L_HEADER;
  superCodes = leaderCodes + ((most * codeStride + 31) & ~15);
  superStarts = superCodes + ((superRoom(most) * codeStride + 31) & ~15);
}
