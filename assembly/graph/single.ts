/* What does a thread do that links one slot by itself? It links it, lets the floor follow, and watches whether codes still tell. */
import { G_COUNT, G_FLOOR, PENDING, SEAT_LINKING } from "../layout";
import { seat } from "../memory/locks";
import { slotAddress, stateOf } from "../vectors/slots";
import { linkSlot } from "./insert";
import { isAsked } from "./sight";
import { watch } from "./suspects";

/** Links a slot; a repair knows which one it was. False when it was linked already. */
export function linkOne(generation: usize, slot: u32): bool {
  store<u32>(seat + SEAT_LINKING, slot + 1);
  const isNew = linkSlot(generation, slot);
  store<u32>(seat + SEAT_LINKING, 0);
  return isNew;
}

/** After a slot was linked that began by codes. */
export function settle(generation: usize, slot: u32): void {
  if (isAsked(generation, slot)) advanceFloor(generation);
  watch(generation, slot);
}

/** Moves the floor over every slot that no longer waits. */
export function advanceFloor(generation: usize): void {
  const count = atomic.load<u32>(generation + G_COUNT);
  while (true) {
    const floor = atomic.load<u32>(generation + G_FLOOR);
    let next = floor;
    while (next < count && stateOf(slotAddress(generation, next)) != PENDING) next++;
    if (next == floor) return;
    if (atomic.cmpxchg<u32>(generation + G_FLOOR, floor, next) == floor) return;
  }
}
