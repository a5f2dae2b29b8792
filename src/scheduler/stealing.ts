/* From whom does an idle worker take work, and how much? */

export interface StealingPolicy {
  enabled: boolean;
  /** Only a victim with more ops waiting than this is stolen from. */
  threshold: number;
  /** Share of the victim's waiting ops that a thief takes. */
  fraction: number;
}

/** The thread's rule: own queue first, steal only from a victim with more than 1,000 items, steal half. */
export const DEFAULT_STEALING: StealingPolicy = { enabled: true, threshold: 1000, fraction: 0.5 };

/** The busiest other worker that may be stolen from, or −1. `depths[w]`: ops that wait for worker w. */
export function chooseVictim(thief: number, depths: ArrayLike<number>, policy: StealingPolicy): number {
  if (!policy.enabled) return -1;
  let victim = -1;
  let deepest = policy.threshold;
  for (let worker = 0; worker < depths.length; worker++) {
    if (worker === thief || depths[worker]! <= deepest) continue;
    victim = worker;
    deepest = depths[worker]!;
  }
  return victim;
}

/** Ops that a thief takes from a victim with so many waiting. */
export function stealSize(depth: number, policy: StealingPolicy): number {
  return Math.max(1, Math.floor(depth * policy.fraction));
}
