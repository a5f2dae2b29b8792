/*
 * Do the lists and chains of a space that was loaded lead only to where they may? A walk trusts each id: it must be
 * linked, or its code is nothing and its links are none. Lists name slots that come later, so this is seen at the end.
 */
import { LINKED, TWINNED } from "../layout";
import { countOf, firstTwin, idAt, listOf } from "../graph/lists";
import { noteOlder } from "../graph/twins";
import { allocate } from "../memory/arena";
import { levelOf } from "../memory/settings";
import { clearBytes, hasBit, setBit } from "../memory/words";
import { sameVector } from "../vectors/metric";
import { ageOf, nextTwin, slotAddress, stateOf } from "../vectors/slots";

/** Whether each of the `twins` slots that are one is on one chain, that of a slot with its vector, the oldest first. */
export function twinsAreOnChains(generation: usize, count: u32, twins: u32, met: usize): bool {
  let found: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    let twin = firstTwin(generation, slot); // 0 unless it is linked
    if (twin == 0) continue;
    const owner = slotAddress(generation, slot);
    let older: u32 = 0;
    for (; twin != 0; twin = nextTwin(generation, twin), found++) {
      const at = slotAddress(generation, twin - 1);
      if (hasBit(met, twin - 1) || stateOf(at) != TWINNED || !sameVector(owner, at)) return false;
      if (older != 0 && ageOf(generation, twin - 1) < ageOf(generation, older - 1)) return false;
      setBit(met, twin - 1);
      noteOlder(generation, twin - 1, older);
      older = twin;
    }
    noteOlder(generation, slot, older);
  }
  return found == twins;
}

/** A bit for each slot that is linked, in a block that the caller frees; 0 without memory. */
export function linkedBits(generation: usize, count: u32): usize {
  const bytes = (count + 7) >>> 3;
  const bits = allocate(bytes, 0);
  if (bits == 0) return 0;
  clearBytes(bits, bytes);
  for (let slot: u32 = 0; slot < count; slot++) {
    if (stateOf(slotAddress(generation, slot)) == LINKED) setBit(bits, slot);
  }
  return bits;
}

/** Whether all that is named by the lists of slots from `from` to `to` − 1 is linked. */
export function namedAreLinked(generation: usize, from: u32, to: u32, linked: usize): bool {
  for (let slot = from; slot < to; slot++) {
    if (!hasBit(linked, slot)) continue;
    for (let level: u32 = 0; level <= levelOf(slot); level++) {
      const list = listOf(generation, slot, level);
      for (let i = countOf(list); i > 0; i--) if (!hasBit(linked, idAt(list, i - 1))) return false;
    }
  }
  return true;
}
