/* From whom does an idle worker take work, and how much? */

/** When a worker without work of its own takes some from the busiest other one. */
export interface StealingPolicy {
  /** Default true. */
  enabled: boolean;
  /** Only a victim with more ops waiting than this is stolen from, 0 to 1,000,000. Default 250. */
  threshold: number;
  /** Share of the victim's waiting ops that a thief takes, above 0 to 1. Default 0.5. */
  fraction: number;
}

/**
 * Own queue first; steal half from a victim with more than 250 waiting ops: half of that is about what a worker links
 * in one slice, so that no steal is smaller. The source thread steals above 1,000, which `threshold: 1000` brings back:
 * as much gets linked, but ops wait three times as long (8 workers at 80 % load, 2026-11-24, `bun run bench simulate`).
 */
export const DEFAULT_STEALING: StealingPolicy = { enabled: true, threshold: 250, fraction: 0.5 };

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
