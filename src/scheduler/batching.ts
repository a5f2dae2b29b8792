/* How many ops does a worker take at once? Few when little waits, for latency; many when much does, for throughput. */

export interface BatchingPolicy {
  /** Ops in a batch while at most `lowDepth` wait. */
  min: number;
  /** Ops in a batch once `highDepth` wait. */
  max: number;
  lowDepth: number;
  highDepth: number;
  /** How long a batch may take at low and at high depth, in milliseconds. */
  latencyMsLow: number;
  latencyMsHigh: number;
}

/** The thread's rule: under 100 queued items batches of 10 within 10 ms, over 1,000 batches of 500 within 100 ms. */
export const DEFAULT_BATCHING: BatchingPolicy = {
  min: 10,
  max: 500,
  lowDepth: 100,
  highDepth: 1000,
  latencyMsLow: 10,
  latencyMsHigh: 100,
};

/** 0 at or below `lowDepth`, 1 at or above `highDepth`, in proportion to log(depth) between. */
export function load(depth: number, policy: BatchingPolicy): number {
  if (depth <= policy.lowDepth) return 0;
  if (depth >= policy.highDepth) return 1;
  return Math.log(depth / policy.lowDepth) / Math.log(policy.highDepth / policy.lowDepth);
}

/**
 * Ops of the next batch, at least 1: between `min` and `max` by depth, and no more than can be linked within the
 * latency target at `msPerOp` (0: not known yet).
 */
export function batchSize(depth: number, msPerOp: number, policy: BatchingPolicy): number {
  const at = load(depth, policy);
  const wanted = policy.min * (policy.max / policy.min) ** at;
  const latency = policy.latencyMsLow * (policy.latencyMsHigh / policy.latencyMsLow) ** at;
  const affordable = msPerOp > 0 ? latency / msPerOp : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.min(wanted, affordable)));
}
