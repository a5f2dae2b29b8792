/*
 * When are the ops linked that a space had accepted by some moment, however often it is compacted from then on?
 *
 * A mark is a prefix: the slots below S_MARK_COUNT of generation S_MARK_SERIAL, and those below S_MARK_MOVED of the next
 * one, which the former are being moved to. A compaction moves slots in their order, so a prefix stays one: moving a
 * marked slot raises S_MARK_MOVED, and the end of the compaction makes the next generation the marked one.
 *
 * A space has one mark at a time; S_MARK counts them. A flush that begins while another waits for the current mark needs
 * the next one: the first of the waiting flushes to run again sets it for all of them. All under the partition lock.
 */
import {
  G_COUNT, G_ELIGIBLE, G_FLOOR, G_MOVED, G_SERIAL, S_GENERATIONS, S_MARK, S_MARK_COUNT, S_MARK_MOVED, S_MARK_SERIAL,
} from "../layout";
import { suspectsOf } from "../graph/suspects";
import { info } from "../memory/scratch";
import { currentOf, emptyingOf } from "./generations";

/**
 * Whether mark number `needed` is reached; 0: that of all ops accepted by now. X_INFO[0]: the mark's number, to come back
 * with.
 */
export function isMarkReached(space: usize, needed: u32): bool {
  const number = load<u32>(space + S_MARK);
  const isReached = prefixIsLinked(space);
  if (needed == 0) needed = number + 1;
  info(0, needed);
  if (number > needed) return true; // the next one was set since, so it was reached
  if (number == needed || !isReached) return number == needed && isReached;
  setMark(space);
  store<u32>(space + S_MARK, needed);
  return prefixIsLinked(space);
}

function setMark(space: usize): void {
  const generations = load<u64>(space + S_GENERATIONS);
  const current = currentOf(generations);
  const emptying = emptyingOf(generations);
  const marked = emptying == 0 ? current : emptying;
  store<u32>(space + S_MARK_SERIAL, load<u32>(marked + G_SERIAL));
  store<u32>(space + S_MARK_COUNT, load<u32>(marked + G_COUNT));
  store<u32>(space + S_MARK_MOVED, emptying == 0 ? 0 : load<u32>(current + G_COUNT));
}

function prefixIsLinked(space: usize): bool {
  const generations = load<u64>(space + S_GENERATIONS);
  const current = currentOf(generations);
  const emptying = emptyingOf(generations);
  const isMarked = load<u32>(current + G_SERIAL) == load<u32>(space + S_MARK_SERIAL);
  const count = load<u32>(space + S_MARK_COUNT);
  if (!isMarked && emptying != 0 && load<u32>(emptying + G_MOVED) < count) return false;
  if (load<u32>(current + G_ELIGIBLE) == 0) return true; // it is flat
  if (suspectsOf(current) != 0) return false;
  return atomic.load<u32>(current + G_FLOOR) >= (isMarked ? count : load<u32>(space + S_MARK_MOVED));
}

/** Before a slot is moved to slot number `to` of the next generation. */
export function followMove(space: usize, from: usize, slot: u32, to: u32): void {
  const isMarked = load<u32>(from + G_SERIAL) == load<u32>(space + S_MARK_SERIAL);
  if (isMarked && slot < load<u32>(space + S_MARK_COUNT)) store<u32>(space + S_MARK_MOVED, to + 1);
}

/** Before a generation that was emptied into the next one is left out. */
export function passMarkOn(space: usize, from: usize): void {
  const serial = load<u32>(from + G_SERIAL);
  if (serial != load<u32>(space + S_MARK_SERIAL)) return;
  store<u32>(space + S_MARK_COUNT, load<u32>(space + S_MARK_MOVED));
  store<u32>(space + S_MARK_SERIAL, serial + 1);
}
