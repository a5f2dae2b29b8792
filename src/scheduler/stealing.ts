/* From whom does an idle worker take work, and how much? */

/** When a worker without work of its own takes some from the busiest other worker. */
export interface StealingPolicy {
  /** Default true. */
  enabled: boolean;
  /** Only a victim with more ops waiting than this is stolen from, 0 to 1,000,000. Default 250. */
  threshold: number;
  /** Share of the victim's waiting ops that a thief takes, above 0 to 1. Default 0.5. */
  fraction: number;
  /** How long what a thief takes may occupy it, as ops went lately, in milliseconds, 1 to 60,000. Default 20. */
  latencyMs: number;
}

/**
 * @internal Steals half from a victim with more than 250 waiting ops: about what a worker links in one call. At most
 * 20 ms of work, because no worker can steal from a thief, and half of a long queue would end long after the rest. The
 * source's rule (half, above 1,000 ops, no limit) makes ops wait three times as long (simulated: 8 workers, 80 % load).
 */
export const DEFAULT_STEALING: StealingPolicy = { enabled: true, threshold: 250, fraction: 0.5, latencyMs: 20 };

const UNKNOWN_MS = 0.05; // assumed for an op by a thief that has not linked any yet

/** @internal The busiest other worker that may be stolen from, or −1. `depths[w]`: ops that wait for worker w. */
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

/** @internal Ops that a thief takes when `depth` wait for the victim, at `msPerOp` (0: not known yet). */
export function stealSize(depth: number, msPerOp: number, policy: StealingPolicy): number {
  const affordable = policy.latencyMs / (msPerOp > 0 ? msPerOp : UNKNOWN_MS);
  return Math.max(1, Math.floor(Math.min(depth * policy.fraction, affordable)));
}
