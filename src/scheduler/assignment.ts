/* Which partition does a space live in, and which worker is its home? The same for the same name, always. */

/** Partition of a space, from 0 to `partitions` − 1; fixed for the life of the index, whatever the workers. */
export function partitionOf(hash: number, partitions: number): number {
  return (hash >>> 0) % partitions;
}

/**
 * Home worker of a space, from 0 to `workers` − 1. A partition's spaces share a worker when there are no more workers
 * than partitions; otherwise other bits of the hash spread them over the workers that share the partition.
 */
export function homeOf(hash: number, partitions: number, workers: number): number {
  if (workers <= 1) return 0;
  const partition = partitionOf(hash, partitions);
  if (workers <= partitions) return partition % workers;
  // Workers p, p + partitions, p + 2 × partitions, … share partition p.
  const sharing = Math.floor((workers - 1 - partition) / partitions) + 1;
  const others = Math.floor((hash >>> 0) / partitions);
  return partition + partitions * (others % sharing);
}
