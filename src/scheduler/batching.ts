/* How many ops does a worker take at once? Few when few wait, for latency; many when many do, for throughput. */

/** How many ops a worker takes at once: few when few wait, many when many do, in proportion between. */
export interface BatchingPolicy {
  /** Ops in a batch while at most `lowDepth` wait, 1 to 65,536. Default 10. */
  min: number;
  /** Ops in a batch once `highDepth` wait, `min` to 65,536. Default 500. */
  max: number;
  /** Waiting ops up to which batches have `min` ops, 1 to 1,000,000. Default 100. */
  lowDepth: number;
  /** Waiting ops from which on batches have `max` ops, above `lowDepth` to 10,000,000. Default 1,000. */
  highDepth: number;
  /** How long a batch may take at low depth, in milliseconds, 1 to 60,000. Default 10. */
  latencyMsLow: number;
  /** How long a batch may take at high depth, in milliseconds, 1 to 60,000. Default 100. */
  latencyMsHigh: number;
  /** Vectors in one `addMany` from which on they are linked together, 16 to 16,777,215. Default 500. */
  bulk: number;
}

/** @internal Under 100 waiting ops batches of 10 within 10 ms, over 1,000 batches of 500 within 100 ms. */
export const DEFAULT_BATCHING: BatchingPolicy = {
  min: 10,
  max: 500,
  lowDepth: 100,
  highDepth: 1000,
  latencyMsLow: 10,
  latencyMsHigh: 100,
  bulk: 500,
};

/** @internal 0 at or below `lowDepth`, 1 at or above `highDepth`, in proportion to log(depth) between. */
export function load(depth: number, policy: BatchingPolicy): number {
  if (depth <= policy.lowDepth) return 0;
  if (depth >= policy.highDepth) return 1;
  return Math.log(depth / policy.lowDepth) / Math.log(policy.highDepth / policy.lowDepth);
}

/**
 * @internal Ops of the next batch, at least 1: between `min` and `max` by depth, and no more than can be linked within
 * the latency target at `msPerOp` (0: not known yet).
 */
export function batchSize(depth: number, msPerOp: number, policy: BatchingPolicy): number {
  const at = load(depth, policy);
  const wanted = policy.min * (policy.max / policy.min) ** at;
  const latency = policy.latencyMsLow * (policy.latencyMsHigh / policy.latencyMsLow) ** at;
  const affordable = msPerOp > 0 ? latency / msPerOp : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.min(wanted, affordable)));
}
