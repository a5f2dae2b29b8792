/*
 * In which order do slots with the same vector hang on the one that is linked? The oldest first, in whatever order they
 * are linked: a search for k hits then needs no more than the first k that it sees.
 *
 *   twinsOf(owner) ──► oldest ──► … ──► youngest ──► 0     by SLOT_TWIN: the chain itself
 *   LIST_OLDER: of the owner its youngest twin, of a twin the one before it: hints, where to begin
 *
 * A chain only grows. Its link is changed by compare-and-swap, so threads that hang slots on one chain need no lock. A
 * hint names some slot of the chain, or 0; one that is missing or old costs steps and no more, so nothing repairs them.
 * Since most twins are linked in the order of their age, one is mostly hung behind the last.
 */
import { LIST_OLDER, SLOT_TWIN } from "../layout";
import { ageOf, slotAddress } from "../vectors/slots";
import { listOf, twinsOf } from "./lists";

/** Slot + 1 of the twin that the hint of a slot names, or 0. */
function olderOf(generation: usize, slot: u32): u32 {
  return atomic.load<u32>(listOf(generation, slot, 0) + LIST_OLDER);
}

/** Sets a hint: of a linked slot to its youngest twin, of a twin to the one before it. */
export function noteOlder(generation: usize, slot: u32, older: u32): void {
  atomic.store<u32>(listOf(generation, slot, 0) + LIST_OLDER, older);
}

/** Address of what names the next of a chain after `twin` (slot + 1), or its first (0). */
function linkAfter(generation: usize, owner: u32, twin: u32): usize {
  return twin == 0 ? twinsOf(generation, owner) : slotAddress(generation, twin - 1) + SLOT_TWIN;
}

/** Hangs a slot on the chain of a linked one with the same vector. */
export function hangBehindOlder(generation: usize, owner: u32, slot: u32): void {
  const age = ageOf(generation, slot);
  let older = olderOf(generation, owner);
  while (older != 0 && ageOf(generation, older - 1) > age) older = olderOf(generation, older - 1);
  let younger: u32 = 0;
  while (true) {
    const link = linkAfter(generation, owner, older);
    younger = atomic.load<u32>(link);
    if (younger != 0 && ageOf(generation, younger - 1) < age) {
      older = younger;
      continue;
    }
    store<u32>(slotAddress(generation, slot) + SLOT_TWIN, younger);
    noteOlder(generation, slot, older);
    if (atomic.cmpxchg<u32>(link, younger, slot + 1) == younger) break;
  }
  noteOlder(generation, younger == 0 ? owner : younger - 1, slot + 1);
}
