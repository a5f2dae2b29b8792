/* Which partition of a cluster does a space live in? By the hash of its name, for good. */
import { createHash } from "node:crypto";

export const MOST_CLUSTER_PARTITIONS = 1024;

/** By SHA-256, so that it never depends on a release. A name that has lone surrogates is hashed in its own units. */
export function clusterPartitionOf(space: string, partitions: number): number {
  const name = space.isWellFormed() ? space : Buffer.from(space, "utf16le");
  return createHash("sha256").update(name).digest().readUInt32LE(0) % partitions;
}
