/* What does a short sorted list hold? PAIR_*: distances and slots in scratch, the nearest first. */
import { PAIR_BYTES, PAIR_DISTANCE, PAIR_SLOT } from "../layout";

export function pairDistance(pairs: usize, i: u32): f32 {
  return load<f32>(pairs + i * PAIR_BYTES, PAIR_DISTANCE);
}

export function pairSlot(pairs: usize, i: u32): u32 {
  return load<u32>(pairs + i * PAIR_BYTES, PAIR_SLOT);
}

export function setPair(pairs: usize, i: u32, distance: f32, slot: u32): void {
  store<f32>(pairs + i * PAIR_BYTES, distance, PAIR_DISTANCE);
  store<u32>(pairs + i * PAIR_BYTES, slot, PAIR_SLOT);
}

/** Puts a pair behind those of the first `count` that are not farther, and moves the rest back by one. */
export function insertPair(pairs: usize, count: u32, distance: f32, slot: u32): void {
  let i = count;
  for (; i > 0 && pairDistance(pairs, i - 1) > distance; i--) {
    store<u64>(pairs + i * PAIR_BYTES, load<u64>(pairs + (i - 1) * PAIR_BYTES));
  }
  setPair(pairs, i, distance, slot);
}
