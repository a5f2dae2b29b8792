/*
 * Which slots of a graph lie near one another? Each is in the leaf of its nearest leader. Leaders are means of slots, one for
 * about 64 of them, found by two rounds of k-means (Lloyd, 1982) on a sample; of 16 leaders one is a super as well, so that
 * the leaders nearest to a slot are looked for only among those of the nearest supers.
 *
 *   L_*  [header][codes of the leaders, super by super][codes of the supers][first leader of each super u32]
 *
 * They belong to the generation (G_LEAVES), with the leaf of each slot in its graph chunk, and are trained again whenever
 * the graph has doubled. While one is being trained it is the seat's (SEAT_LEAVES), and the generation's are of no use.
 */
import {
  B_CURSOR, B_ROUND, FAULT_BULK_TRAINED, G_LEAVES, LINKED, L_COVERED, L_LEADERS, L_ROOM, L_SUPERS, L_TRAINED,
  SLOT_INVERSE, SLOT_VECTOR,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { codeStride, cosine, mix, paddedFloats, seed } from "../memory/settings";
import { clearBytes, copyBytes } from "../memory/words";
import { codeAddress, encodeSlot } from "../vectors/codes";
import { dotF32 } from "../vectors/kernels";
import { inverseOf, slotAddress, stateOf } from "../vectors/slots";
import { forgetRows, nearestOf, writeNearest } from "./buffers";
import { addPlainRow, beginGroup, compareWithCodes, compareWithLeaders, inGroup } from "./dense";
import {
  block, directory, generation, groupProbes, groupRows, groupSources, isRow, leaderBound, leaderCodes, leafOf, leaves,
  meanSlot, PROBES, probes, rowSlots, SUPER_LEADERS, sumCounts, sums, superCodes, superOf, superStarts, to,
} from "./portion";

const SUPER_PROBES: u32 = 8; // supers whose leaders a slot is compared with
const ROUNDS: u32 = 2;
const SAMPLE: u32 = 8; // of that many slots one is in a round
const GATHERED: u32 = 65536; // slots that are looked at in one call

const GATHER: u32 = 0, PLACE: u32 = 1, SORT: u32 = 2, ADD: u32 = 3, MEANS: u32 = 4; // steps of a round
const STEPS: u32 = 8;

/** Whether the leaders have to be trained before slots up to `end` can be put into leaves. */
export function needsTraining(that: usize, end: u32): bool {
  const old: usize = load<u32>(that + G_LEAVES);
  return old == 0 || load<u32>(old + L_TRAINED) == 0 || end >= 2 * load<u32>(old + L_TRAINED);
}

function isPoint(slot: u32): bool {
  return isRow(slot) || stateOf(slotAddress(generation, slot)) == LINKED;
}

/** A step of training. False once the leaders are ready. */
export function trainSome(): bool {
  const at = load<u32>(block + B_ROUND);
  const step = at % STEPS;
  let isOver = true;
  if (step == GATHER) isOver = gather();
  else if (step == PLACE) isOver = place();
  else if (step == SORT) sortLeaders();
  else if (step == ADD) isOver = addSample();
  else takeMeans();
  if (!isOver) return true;
  faultPoint(FAULT_BULK_TRAINED);
  store<u32>(block + B_CURSOR, 0);
  if (step == SORT && at / STEPS == ROUNDS) {
    store<u32>(leaves + L_TRAINED, to);
    store<u32>(leaves + L_COVERED, 0);
    return false;
  }
  store<u32>(block + B_ROUND, step == MEANS ? (at / STEPS + 1) * STEPS + PLACE : at + 1);
  return true;
}

/** The first leaders: slots by their hash. */
function gather(): bool {
  let slot = load<u32>(block + B_CURSOR);
  if (slot == 0) {
    const old: usize = load<u32>(generation + G_LEAVES);
    if (old != 0) store<u32>(old + L_TRAINED, 0); // leaves of slots change from here on
    store<u32>(leaves + L_LEADERS, 0);
  }
  let count = load<u32>(leaves + L_LEADERS);
  const room = load<u32>(leaves + L_ROOM);
  const end = min<u32>(to, slot + GATHERED);
  const bound = leaderBound();
  for (; slot < end && count < room; slot++) {
    if (mix(slot * 0x9e3779b9 + seed + 0x51ed27) > bound || !isPoint(slot)) continue;
    copyBytes(leaderCodes + count++ * codeStride, codeAddress(directory, slot), codeStride);
  }
  if (end == to && count == 0) copyBytes(leaderCodes + count++ * codeStride, codeAddress(directory, load<u32>(rowSlots)), codeStride);
  store<u32>(leaves + L_LEADERS, count);
  store<u32>(block + B_CURSOR, end);
  if (end < to && count < room) return false;
  let supers: u32 = 0;
  for (let i: u32 = 0; i < count; i += SUPER_LEADERS) {
    copyBytes(superCodes + supers++ * codeStride, leaderCodes + i * codeStride, codeStride);
  }
  store<u32>(leaves + L_SUPERS, supers);
  return true;
}

/** The super of each leader: the nearest. */
function place(): bool {
  const first = load<u32>(block + B_CURSOR);
  const count = load<u32>(leaves + L_LEADERS);
  const end = min<u32>(count, first + groupRows);
  beginGroup(1);
  for (let i = first; i < end; i++) addPlainRow(leaderCodes + i * codeStride);
  compareWithCodes(superCodes, 0, load<u32>(leaves + L_SUPERS));
  for (let r: u32 = 0; r < inGroup; r++) store<u16>(superOf + (first + r) * 2, <u16>nearestOf(r));
  store<u32>(block + B_CURSOR, end);
  return end == count;
}

/** Sorts the leaders by their supers, in place: each that lies wrong takes its place, and what lay there goes on. */
function sortLeaders(): void {
  const count = load<u32>(leaves + L_LEADERS);
  const supers = load<u32>(leaves + L_SUPERS);
  clearBytes(superStarts, (supers + 1) * 4);
  for (let i: u32 = 0; i < count; i++) {
    const cell = superStarts + (<u32>load<u16>(superOf + i * 2) + 1) * 4;
    store<u32>(cell, load<u32>(cell) + 1);
  }
  for (let j: u32 = 1; j <= supers; j++) store<u32>(superStarts + j * 4, load<u32>(superStarts + j * 4) + load<u32>(superStarts + j * 4 - 4));
  // Where the next of a super goes; the sums are not in use now.
  for (let j: u32 = 0; j < supers; j++) store<u32>(sumCounts + j * 4, load<u32>(superStarts + j * 4));
  const spare = meanSlot; // of a slot's size: a code fits
  for (let j: u32 = 0; j < supers; j++) {
    const end = load<u32>(superStarts + (j + 1) * 4);
    for (let i = load<u32>(sumCounts + j * 4); i < end; i = load<u32>(sumCounts + j * 4)) {
      const owner: u32 = load<u16>(superOf + i * 2);
      const cell = sumCounts + owner * 4;
      const target = load<u32>(cell);
      store<u32>(cell, target + 1);
      if (owner == j) continue;
      swapLeaders(i, target, spare);
    }
  }
}

function swapLeaders(i: u32, j: u32, spare: usize): void {
  copyBytes(spare, leaderCodes + i * codeStride, codeStride);
  copyBytes(leaderCodes + i * codeStride, leaderCodes + j * codeStride, codeStride);
  copyBytes(leaderCodes + j * codeStride, spare, codeStride);
  const own = load<u16>(superOf + i * 2);
  store<u16>(superOf + i * 2, load<u16>(superOf + j * 2));
  store<u16>(superOf + j * 2, own);
}

/** Adds a group of the sample to the sums of their nearest leaders. */
function addSample(): bool {
  let slot = load<u32>(block + B_CURSOR);
  const bytes: u32 = paddedFloats * 4;
  if (slot == 0) {
    clearBytes(sums, load<u32>(leaves + L_LEADERS) * bytes);
    clearBytes(sumCounts, load<u32>(leaves + L_LEADERS) * 4);
  }
  beginGroup(1);
  for (; slot < to && inGroup < groupRows; slot += SAMPLE) {
    if (!isPoint(slot)) continue;
    addPlainRow(codeAddress(directory, slot));
    store<u32>(groupSources + (inGroup - 1) * 4, slot);
  }
  if (inGroup != 0) {
    findLeaders(4, 1);
    for (let r: u32 = 0; r < inGroup; r++) {
      const leader = nearestOf(r);
      const at = slotAddress(generation, load<u32>(groupSources + r * 4));
      const by = f32x4.splat(inverseOf(at));
      const sum = sums + leader * bytes;
      for (let i: u32 = 0; i < bytes; i += 16) {
        v128.store(sum + i, f32x4.add(v128.load(sum + i), f32x4.mul(by, v128.load(at + SLOT_VECTOR + i))));
      }
      store<u32>(sumCounts + leader * 4, load<u32>(sumCounts + leader * 4) + 1);
    }
  }
  store<u32>(block + B_CURSOR, slot);
  return slot >= to;
}

/** Compares the rows of the group with the leaders of their nearest supers; each row's buffer then has the `most` nearest. */
function findLeaders(superProbes: u32, most: u32): void {
  forgetRows(inGroup, superProbes);
  compareWithCodes(superCodes, 0, load<u32>(leaves + L_SUPERS));
  for (let r: u32 = 0; r < inGroup; r++) writeNearest(r, superProbes, groupProbes + r * superProbes * 2);
  forgetRows(inGroup, most);
  compareWithLeaders(superProbes, leaderCodes, superStarts);
}

/** Moves leaders and supers to the means of what is nearest to them. */
function takeMeans(): void {
  const bytes: u32 = paddedFloats * 4;
  const supers = load<u32>(leaves + L_SUPERS);
  for (let j: u32 = 0; j < supers; j++) {
    const first = load<u32>(superStarts + j * 4), end = load<u32>(superStarts + (j + 1) * 4);
    let total: u32 = 0;
    for (let i = first; i < end; i++) {
      const count = load<u32>(sumCounts + i * 4);
      if (count == 0) continue;
      if (count > 1) encodeMean(sums + i * bytes, count, leaderCodes + i * codeStride);
      if (i == first || total == 0) copyBytes(sums + first * bytes, sums + i * bytes, bytes);
      else for (let b: usize = 0; b < bytes; b += 16) {
        const sum = sums + first * bytes + b;
        v128.store(sum, f32x4.add(v128.load(sum), v128.load(sums + i * bytes + b)));
      }
      total += count;
    }
    if (total != 0) encodeMean(sums + first * bytes, total, superCodes + j * codeStride);
  }
}

/** Writes the code of a sum of `count` vectors divided by that, as if it were a slot's. */
function encodeMean(sum: usize, count: u32, record: usize): void {
  copyBytes(meanSlot + SLOT_VECTOR, sum, paddedFloats * 4);
  store<f32>(meanSlot + SLOT_INVERSE, scaleOfMean(sum, count));
  encodeSlot(generation, meanSlot, record);
}

/**
 * Under cosine a mean gets the length 1: shorter ones, of what points everywhere, would be near to all and have leaves that
 * hold much and mean nothing.
 */
function scaleOfMean(sum: usize, count: u32): f32 {
  if (cosine) {
    const squares = dotF32(sum, sum, paddedFloats);
    if (squares > 1e-12) return <f32>(1 / sqrt<f32>(squares));
  }
  return 1 / <f32>count;
}

// ── leaves of slots ─────────────────────────────────────────────────────────────────────────────────────────────────
/** The first slot that has no leaf yet. */
export function firstUncovered(): u32 {
  return min<u32>(to, load<u32>(leaves + L_COVERED));
}

/** Puts the linked ones of some slots, a group at most, into leaves. */
export function cover(first: u32, end: u32): void {
  beginGroup(1);
  const uncovered = firstUncovered();
  for (let slot = uncovered + first; slot < uncovered + end; slot++) {
    store<u16>(leafOf(slot), 0);
    if (stateOf(slotAddress(generation, slot)) != LINKED) continue;
    addPlainRow(codeAddress(directory, slot));
    store<u32>(groupSources + (inGroup - 1) * 4, slot);
  }
  if (inGroup != 0) {
    findLeaders(SUPER_PROBES, 1);
    for (let r: u32 = 0; r < inGroup; r++) {
      const at = load<u32>(groupSources + r * 4);
      store<u16>(leafOf(at), <u16>(nearestOf(r) + 1));
    }
  }
}

/** Finds the leaves that a group of rows is compared with, and puts the rows into the nearest. */
export function assign(first: u32, end: u32): void {
  beginGroup(PROBES);
  for (let i = first; i < end; i++) addPlainRow(codeAddress(directory, load<u32>(rowSlots + i * 4)));
  findLeaders(SUPER_PROBES, PROBES);
  for (let i = first; i < end; i++) {
    const list = probes + i * PROBES * 2;
    writeNearest(i - first, PROBES, list);
    store<u16>(leafOf(load<u32>(rowSlots + i * 4)), load<u16>(list) + 1);
  }
}
