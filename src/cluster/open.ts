/* How does a process become a member of a cluster? It finds the log or creates it, and applies what is in it. */
import { reporterOf } from "../api/incidents.ts";
import { openWith } from "../api/open.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import type { MetadataType } from "../documents/types.ts";
import { ClusterIndex } from "./cluster-index.ts";
import { ClusterLog } from "./log/log.ts";
import { Member } from "./member.ts";
import { type ClusterOptions, readClusterOptions } from "./options.ts";

/**
 * Joins the cluster of that name on these servers, or creates it. Resolves when this member has everything that was in the log
 * at the call. Needs NATS 2.10 or newer with JetStream.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED, CLUSTER_UNREACHABLE, CLUSTER_MISMATCH (the cluster has other settings), CLUSTER_LOST
 * (the log does not begin at its beginning), CLUSTER_HALTED or OUT_OF_MEMORY.
 */
export function openCluster<M = unknown>(
  options: ClusterOptions<M> & { metadata: "required" | MetadataType<M, never> },
): Promise<ClusterIndex<M, never>>;
export function openCluster<M = unknown>(options: ClusterOptions<M>): Promise<ClusterIndex<M>>;
export async function openCluster(options: ClusterOptions): Promise<ClusterIndex> {
  const { log: where, asked, complete, index, onIncident } = readClusterOptions(options);
  const log = await ClusterLog.open(where, asked, complete);
  try {
    const { incarnation: _, partitions: __, ...shape } = log.shape;
    const opened = await openWith({ ...index, ...shape, timeoutMs: where.timeoutMs, onIncident }, { sweeps: false });
    const member = new Member(opened, log, where.timeoutMs, reporterOf(onIncident));
    try {
      await member.catchUp();
    } catch (error) {
      await member.close();
      await opened.index.close();
      throw error;
    }
    return new ClusterIndex(member, opened.index as VectorIndex);
  } catch (error) {
    await log.close();
    throw error;
  }
}
