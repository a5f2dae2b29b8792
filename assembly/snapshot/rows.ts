/*
 * How are the rows of a snapshot written and read? Once all slots are there, in their order, part by part: a row may be
 * larger than a frame. Those of dead slots are left out.
 *
 *   part   [slot u32][bytes of the row u32][offset in it u32][bytes of the part u32], bytes
 */
import {
  BODILESS, BROKEN_ORDER, BROKEN_ROW, E_BUSY, E_MEMORY, FR_BYTES, FR_HEADER, FR_OFFSET, FR_ROW, FR_SLOT, MAX_ROW_BYTES, OK,
  ROW_FLAGS, ROW_IS_BODILESS, SEAT_ROW, SLOT_DIED,
} from "../layout";
import { useReserve } from "../memory/arena";
import { lockPartition, seat, unlockPartition } from "../memory/locks";
import { copyBytes } from "../memory/words";
import { rowBuffer } from "../rows/buffer";
import { faultIn, SOUND } from "../rows/check";
import { putRow, rowBytes, writeRow } from "../rows/row";
import { ALIVE, slotAddress, stateOf } from "../vectors/slots";

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
let written: u32 = 0; // bytes of the row that is being written

export function startRows(): void {
  written = 0;
}

export const ROW_DONE: i32 = 0, FRAME_FULL: i32 = 1;
export let partEnd: usize = 0; // behind what `writePart` wrote
export let parts: u32 = 0; // that it wrote, 0 or 1

/**
 * Writes the row of a slot, or as much of what is left of it as fits before `full`; `number`: of the slot in the snapshot.
 * ROW_DONE, FRAME_FULL: there is more of it, E_BUSY or E_MEMORY.
 */
export function writePart(at: usize, full: usize, generation: usize, slot: u32, number: u32): i32 {
  partEnd = at;
  parts = 0;
  const bytes = rowBytes(generation, slot);
  if (bytes == 0) return ROW_DONE;
  const room: u32 = at + FR_HEADER >= full ? 0 : <u32>(full - at - FR_HEADER) & ~7;
  const isWhole = written == 0 && bytes <= room;
  if (!isWhole && room < 64) return FRAME_FULL;
  const size = min<u32>(room, bytes - written);
  if (isWhole) {
    writeRow(generation, slot, at + FR_HEADER);
  } else {
    const buffer = wholeRow(generation, slot, bytes);
    if (buffer < 0) return buffer;
    copyBytes(at + FR_HEADER, <usize>load<u32>(seat + SEAT_ROW) + written, size);
  }
  store<u32>(at + FR_SLOT, number);
  store<u32>(at + FR_ROW, bytes);
  store<u32>(at + FR_OFFSET, written);
  store<u32>(at + FR_BYTES, size);
  parts = 1;
  partEnd = at + FR_HEADER + size;
  written = written + size == bytes ? 0 : written + size;
  return written == 0 ? ROW_DONE : FRAME_FULL;
}

/** Writes all of a row to the row buffer. OK, E_BUSY or E_MEMORY. */
function wholeRow(generation: usize, slot: u32, bytes: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  useReserve(true);
  const to = rowBuffer(bytes);
  useReserve(false);
  unlockPartition();
  if (to == 0) return E_MEMORY;
  writeRow(generation, slot, to);
  return OK;
}

// ── reading: under the partition lock ───────────────────────────────────────────────────────────────────────────────
let nextSlot: u32 = 0; // the lowest slot whose row may come
let read: u32 = 0, expected: u32 = 0; // bytes of the row that is being read
let bodiless: u32 = 0;

export function expectRows(): void {
  nextSlot = read = expected = bodiless = 0;
}

/** Whether all rows are there, with that many whose slots have no vector. */
export function areRowsWhole(slotsWithout: u32): bool {
  return read == 0 && bodiless == slotsWithout;
}

export const NO_MEMORY: u32 = ~0;
export let problem: u32 = 0; // after a part that was not read: BROKEN_* or NO_MEMORY
export let problemSlot: u32 = 0;

function fails(what: u32, slot: u32): usize {
  problem = what;
  problemSlot = slot;
  return 0;
}

/** Reads the part at `at`; returns where it ends, or 0: then `problem` says why not. */
export function loadPart(generation: usize, slots: u32, at: usize, end: usize): usize {
  if (at + FR_HEADER > end) return fails(BROKEN_ORDER, nextSlot);
  const slot = load<u32>(at + FR_SLOT);
  const bytes = load<u32>(at + FR_ROW);
  const offset = load<u32>(at + FR_OFFSET);
  const size = load<u32>(at + FR_BYTES);
  const isNext = read == 0 ? slot >= nextSlot && slot < slots : slot == nextSlot && bytes == expected;
  if (!isNext || offset != read || bytes > MAX_ROW_BYTES || (size & 7) != 0) return fails(BROKEN_ORDER, slot);
  if (size == 0 || size > bytes - read || size > <u32>(end - at) - FR_HEADER) return fails(BROKEN_ORDER, slot);
  const row = rowBuffer(bytes);
  if (row == 0) return fails(NO_MEMORY, slot);
  copyBytes(row + offset, at + FR_HEADER, size);
  nextSlot = slot;
  expected = bytes;
  read += size;
  if (read == bytes) {
    if (!isRowOf(generation, slot, row, bytes)) return fails(BROKEN_ROW, slot);
    if (!putRow(generation, slot, row, 0)) return fails(NO_MEMORY, slot);
    nextSlot = slot + 1;
    read = 0;
  }
  return at + FR_HEADER + size;
}

function isRowOf(generation: usize, slot: u32, row: usize, bytes: u32): bool {
  if (faultIn(row, bytes) != SOUND) return false;
  const at = slotAddress(generation, slot);
  const isBodiless = (load<u32>(row + ROW_FLAGS) & ROW_IS_BODILESS) != 0;
  if (isBodiless) bodiless++;
  return load<u64>(at + SLOT_DIED) == ALIVE && isBodiless == (stateOf(at) == BODILESS);
}
