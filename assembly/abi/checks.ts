/* How is a space checked: every slot reachable, every promise kept? */
import { E_BUSY, E_STALE } from "../layout";
import { lockPartition, unlocked } from "../memory/locks";
import { isAlive } from "../space/spaces";
import { checkPartition, checkSpace } from "../upkeep/check";

export { continueCensus, startCensus } from "../upkeep/census";

/**
 * Checks a space, `slots` slots a call (0: all), or with 0 what the partition's spaces share. 0, or the number of the first
 * broken promise (upkeep/check.ts), X_INFO: slot, level, position; E_MORE: call again; E_STALE, E_BUSY. After 0,
 * X_INFO[3]: whether it was quiet enough to look at counts and chains.
 */
export function check(space: usize, incarnation: u32, slots: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  if (space == 0) return unlocked(checkPartition(slots));
  return unlocked(isAlive(space, incarnation) ? checkSpace(space, incarnation, slots) : E_STALE);
}
