/* From whom does an idle worker take work, and how much? */

/** When a worker without work of its own takes some from the busiest other one. */
export interface StealingPolicy {
  /** Default true. */
  enabled: boolean;
  /** Only a victim with more ops waiting than this is stolen from, 0 to 1,000,000. Default 1,000. */
  threshold: number;
  /** Share of the victim's waiting ops that a thief takes, above 0 to 1. Default 0.5. */
  fraction: number;
}

/** Own queue first; steal only from a victim with more than 1,000 waiting ops; steal half. */
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
