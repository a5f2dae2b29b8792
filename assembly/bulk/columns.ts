/*
 * Which slots are in which leaf, and which rows of a portion are linked in it? Members lie leaf by leaf, in the order of
 * their slots; rows are worked off in the order of their leaves, so that those that follow one another probe the same ones.
 *
 * A row with the vector of a linked slot or of an older row is taken out: once the portion is linked, it is hung on that
 * one's chain like any other twin (graph/insert.ts). Of equal vectors the codes and so the leaves are equal.
 */
import {
  CODE_BIAS, CODE_SCALE, CODE_SUM, FAULT_BULK_CODED, FAULT_BULK_TWIN, G_ENTRY, G_SPACE, L_LEADERS, PENDING, SLOT_DIED,
  SLOT_STATE, S_VERSION,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { levelOf } from "../memory/settings";
import { clearBytes } from "../memory/words";
import { codeAddress, encodeSlot } from "../vectors/codes";
import { sameVector } from "../vectors/metric";
import { slotAddress } from "../vectors/slots";
import {
  directory, from, generation, isRow, leafCounts, leafOf, leafStarts, leaves, members, order, rowOf, rowSlots, setRows, to,
} from "./portion";

/** Encodes slots of the portion, and marks those that are rows. */
export function encodeSlots(first: u32, end: u32): void {
  const space: usize = load<u32>(generation + G_SPACE);
  const version = space == 0 ? u64.MAX_VALUE : atomic.load<u64>(space + S_VERSION); // 0: it was dropped
  const top = levelOf(atomic.load<u32>(generation + G_ENTRY) - 1);
  for (let slot = from + first; slot < from + end; slot++) {
    const at = slotAddress(generation, slot);
    store<u16>(leafOf(slot), 0);
    // One that is dead, was tried before, or becomes the entry point is left to ordinary linking.
    const isRow = load<u32>(at + SLOT_STATE) == PENDING && atomic.load<u64>(at + SLOT_DIED) > version && levelOf(slot) <= top;
    store<u16>(rowOf + (slot - from) * 2, isRow ? 1 : 0);
    if (isRow) encodeSlot(generation, at, codeAddress(directory, slot));
  }
  faultPoint(FAULT_BULK_CODED);
}

/** Numbers the rows, in the order of their slots. */
export function numberRows(): void {
  let count: u32 = 0;
  for (let slot = from; slot < to; slot++) {
    if (!isRow(slot)) continue;
    store<u32>(rowSlots + count * 4, slot);
    store<u16>(rowOf + (slot - from) * 2, <u16>++count);
  }
  setRows(count);
}

// ── members ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Sorts the slots before the portion and the rows by leaf. */
export function sortMembers(): void {
  const count = load<u32>(leaves + L_LEADERS);
  clearBytes(leafCounts, count * 4);
  for (let slot: u32 = 0; slot < to; slot++) {
    const leaf: u32 = load<u16>(leafOf(slot));
    if (leaf != 0) store<u32>(leafCounts + (leaf - 1) * 4, load<u32>(leafCounts + (leaf - 1) * 4) + 1);
  }
  let next: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(leafStarts + i * 4, next);
    next += load<u32>(leafCounts + i * 4);
    store<u32>(leafCounts + i * 4, 0);
  }
  for (let slot: u32 = 0; slot < to; slot++) {
    const leaf: u32 = load<u16>(leafOf(slot));
    if (leaf == 0) continue;
    const cell = leafCounts + (leaf - 1) * 4;
    const taken = load<u32>(cell);
    store<u32>(members + (load<u32>(leafStarts + (leaf - 1) * 4) + taken) * 4, slot);
    store<u32>(cell, taken + 1);
  }
}

/** Takes twins out of leaves. */
export function takeTwinsOut(first: u32, end: u32): void {
  for (let leaf = first; leaf < end; leaf++) takeTwinsOutOf(leaf);
}

function takeTwinsOutOf(leaf: u32): void {
  const first = members + load<u32>(leafStarts + leaf * 4) * 4;
  const size = load<u32>(leafCounts + leaf * 4);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const slot = load<u32>(first + i * 4);
    let isTwin = false;
    if (isRow(slot)) {
      const record = codeAddress(directory, slot);
      for (let j: u32 = 0; j < kept && !isTwin; j++) isTwin = isSame(slot, record, load<u32>(first + j * 4));
    }
    if (isTwin) {
      store<u16>(leafOf(slot), 0);
      store<u16>(rowOf + (slot - from) * 2, 0);
      faultPoint(FAULT_BULK_TWIN);
      continue;
    }
    store<u32>(first + kept++ * 4, slot);
  }
  store<u32>(leafCounts + leaf * 4, kept);
}

function isSame(slot: u32, record: usize, other: u32): bool {
  const that = codeAddress(directory, other);
  if (load<i32>(that + CODE_SUM) != load<i32>(record + CODE_SUM)) return false;
  if (!isNear(load<f32>(that + CODE_SCALE), load<f32>(record + CODE_SCALE))) return false;
  if (!isNear(load<f32>(that + CODE_BIAS), load<f32>(record + CODE_BIAS))) return false;
  return sameVector(slotAddress(generation, slot), slotAddress(generation, other));
}

/** Under cosine, parallel vectors of different lengths are the same but for rounding. */
// @ts-ignore: decorator
@inline
function isNear(a: f32, b: f32): bool {
  return abs<f32>(a - b) <= 1e-4 * abs<f32>(b);
}

/** Puts the rows that are left into the order of their leaves. */
export function sortRowsByLeaf(): void {
  const count = load<u32>(leaves + L_LEADERS);
  let n: u32 = 0;
  for (let leaf: u32 = 0; leaf < count; leaf++) {
    const first = members + load<u32>(leafStarts + leaf * 4) * 4;
    const size = load<u32>(leafCounts + leaf * 4);
    for (let i: u32 = 0; i < size; i++) {
      const slot = load<u32>(first + i * 4);
      if (!isRow(slot)) continue;
      store<u16>(order + n++ * 2, <u16>(load<u16>(rowOf + (slot - from) * 2) - 1));
    }
  }
  setRows(n);
}
