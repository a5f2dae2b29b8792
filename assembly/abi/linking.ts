/* How does a thread claim ops and link them, and how does it know what is left? */
import { E_BUSY, S_GENERATIONS, S_INCARNATION } from "../layout";
import { suspectsOf } from "../graph/suspects";
import { announce, park } from "../memory/epochs";
import { lockPartition, unlocked } from "../memory/locks";
import { info } from "../memory/scratch";
import { currentOf, emptyingOf, pendingOf } from "../space/generations";
import { isMarkReached } from "../space/marks";
import { mend } from "../space/queues";
import { collectSome } from "../space/retirement";
import { isAlive, spaceAfter } from "../space/spaces";

export { canHelp, joinBulk } from "../space/helping";
export { hasClaims, link } from "../space/linker";
export { claimFrom as claim, depthOf } from "../space/queues";

/** Mends what a repair had to leave and frees memory that readers have left; true when some still waits for one. */
export function tidy(): bool {
  mend();
  return collectSome();
}

/**
 * The space after `space` (0: the first) with slots that wait, suspects or a compaction that runs. X_INFO: address, incarnation.
 * False when there is none.
 */
export function nextUnlinked(space: usize): bool {
  announce();
  let at = space;
  while ((at = spaceAfter(at)) != 0) {
    const incarnation = atomic.load<u32>(at + S_INCARNATION);
    const generations = atomic.load<u64>(at + S_GENERATIONS);
    if ((incarnation & 1) == 0 || generations == 0) continue;
    const current = currentOf(generations);
    if (emptyingOf(generations) == 0 && pendingOf(current) == 0 && suspectsOf(current) == 0) continue;
    info(0, <u32>at);
    info(1, incarnation);
    break;
  }
  park();
  return at != 0;
}

/**
 * Whether what a space had accepted by a mark is linked, or the space was dropped. 1 yes, 0 not yet, E_BUSY. The mark's
 * number is `mark`; 0: of all accepted by now, X_INFO[0]: its number (space/marks.ts).
 */
export function isLinked(space: usize, incarnation: u32, mark: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  return unlocked(!isAlive(space, incarnation) || isMarkReached(space, mark) ? 1 : 0);
}
