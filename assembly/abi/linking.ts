/* How does a thread claim ops and link them, and how does it know what is left? */
import { G_COUNT, G_ELIGIBLE, G_FLOOR, G_SERIAL, S_GENERATIONS, S_INCARNATION } from "../layout";
import { announce, park } from "../memory/epochs";
import { info } from "../memory/scratch";
import { currentOf, emptyingOf, pendingOf } from "../space/generations";
import { mend } from "../space/queues";
import { collectSome } from "../space/retirement";
import { isAlive, spaceAfter } from "../space/spaces";

export { hasClaims, link } from "../space/linker";
export { claimFrom as claim, depthOf } from "../space/queues";

/** Mends what a repair had to leave and frees memory that readers have left; true when some still waits for one. */
export function tidy(): bool {
  mend();
  return collectSome();
}

/**
 * The space after `space` (0: the first) with slots that wait or a compaction that runs. X_INFO: address, incarnation,
 * serial of its generation, slots accepted so far. False when there is none.
 */
export function nextUnlinked(space: usize): bool {
  announce();
  let at = space;
  while ((at = spaceAfter(at)) != 0) {
    const incarnation = atomic.load<u32>(at + S_INCARNATION);
    const generations = atomic.load<u64>(at + S_GENERATIONS);
    if ((incarnation & 1) == 0 || generations == 0) continue;
    const current = currentOf(generations);
    if (emptyingOf(generations) == 0 && pendingOf(current) == 0) continue;
    info(0, <u32>at);
    info(1, incarnation);
    info(2, load<u32>(current + G_SERIAL));
    info(3, atomic.load<u32>(current + G_COUNT));
    break;
  }
  park();
  return at != 0;
}

/**
 * Whether what `nextUnlinked` reported is linked: 1 yes or the space was dropped, 0 not yet, 2 its slots moved to
 * another generation (X_INFO: its serial, its slots).
 */
export function isLinked(space: usize, incarnation: u32, serial: u32, count: u32): u32 {
  announce();
  let status: u32 = 1;
  const generations = atomic.load<u64>(space + S_GENERATIONS);
  if (isAlive(space, incarnation) && generations != 0) {
    const current = currentOf(generations);
    if (emptyingOf(generations) != 0) {
      status = 0;
    } else if (load<u32>(current + G_SERIAL) != serial) {
      info(0, load<u32>(current + G_SERIAL));
      info(1, atomic.load<u32>(current + G_COUNT));
      status = 2;
    } else if (load<u32>(current + G_ELIGIBLE) != 0) {
      status = atomic.load<u32>(current + G_FLOOR) >= count ? 1 : 0;
    }
  }
  park();
  return status;
}
