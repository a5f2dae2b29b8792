/* How does a process become a member of a cluster? It loads the newest snapshot, and applies what the log has behind it. */
import { reporterOf } from "../api/incidents.ts";
import { openWith } from "../api/open.ts";
import type { Opened } from "../api/start.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import type { MetadataType } from "../documents/types.ts";
import { HnswError, messageOf } from "../errors.ts";
import type { Incident, OpenOptions } from "../options/open.ts";
import { ClusterIndex } from "./cluster-index.ts";
import { Barrier } from "./log/barrier.ts";
import { ClusterLog, type Extent } from "./log/log.ts";
import { eventually, lost, unreachable } from "./log/trouble.ts";
import { Member, type Placed } from "./member.ts";
import { expectFields } from "./ops/shape.ts";
import { type ClusterOptions, type ClusterRequest, readClusterOptions } from "./options.ts";
import type { Beginning } from "./replica/replica.ts";
import { openContent } from "./snapshots/content.ts";
import { PartitionSource } from "./snapshots/partition-source.ts";
import { SnapshotStore } from "./snapshots/store.ts";

/** While a member loads, others may trim the log behind newer snapshots. */
const TRIES = 3;

/**
 * Joins the cluster of that name on these servers, or creates it. Resolves when this member has everything that was in the log
 * at the call. Needs NATS 2.10 or newer with JetStream.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED, CLUSTER_UNREACHABLE, CLUSTER_MISMATCH (the cluster has other settings), CLUSTER_LOST
 * (neither the log nor a sound snapshot has its beginning), CLUSTER_HALTED or OUT_OF_MEMORY.
 */
export function openCluster<M = unknown>(
  options: ClusterOptions<M> & { metadata: "required" | MetadataType<M, never> },
): Promise<ClusterIndex<M, never>>;
export function openCluster<M = unknown>(options: ClusterOptions<M>): Promise<ClusterIndex<M>>;
export async function openCluster(options: ClusterOptions): Promise<ClusterIndex> {
  const request = readClusterOptions(options);
  for (let tries = 1; ; tries++) {
    try {
      return await join(request);
    } catch (error) {
      const isLost = error instanceof HnswError && error.code === "CLUSTER_LOST";
      if (!isLost || tries === TRIES) throw error;
    }
  }
}

async function join(request: ClusterRequest): Promise<ClusterIndex> {
  const { log: where, asked, complete, snapshotAfterBytes, onIncident } = request;
  const log = await ClusterLog.open(where, asked, complete);
  const report = reporterOf(onIncident);
  try {
    const stream = log.beside("snapshots", where.timeoutMs);
    await stream.open();
    const store = new SnapshotStore(stream, log.shape.incarnation);
    const barrier = new Barrier(log, where.timeoutMs);
    const placed = await placedOf(log, store, request, report);
    const { opened, beginning } =
      placed === null
        ? await load(store, log, barrier, request, report)
        : await begin(placed.source, log, barrier, request);
    const snapshots = { beginning, store, snapshotAfterBytes };
    const member = new Member(opened, log, barrier, where.timeoutMs, report, snapshots, placed);
    try {
      await member.catchUp();
      member.shares?.start();
      expectFields(asked.fields, log.shape.fields, opened.handle.fields.table.types);
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

type PlacedFrom = NonNullable<Placed> & { source: PartitionSource };

/** Null where all members hold all. */
async function placedOf(
  log: ClusterLog,
  store: SnapshotStore,
  { log: { timeoutMs }, capacity }: ClusterRequest,
  report: (incident: Incident) => void,
): Promise<PlacedFrom | null> {
  const { placement } = log.shape;
  if (placement === null) return null;
  const record = log.beside("placement", timeoutMs);
  await record.open();
  const failed = (message: string) => report({ worker: -1, kind: "snapshot", message });
  return { placement, capacity, record, source: new PartitionSource(store, log.shape, failed) };
}

/** An empty index, that knows what a snapshot says of the log up to it; partitions are loaded later. */
async function begin(
  source: PartitionSource,
  log: ClusterLog,
  barrier: Barrier,
  request: ClusterRequest,
): Promise<{ opened: Opened; beginning: Beginning | null }> {
  const beginning = await source.head();
  const options = optionsOf(log, request);
  if (beginning === null) return { opened: await openWith(options, { sweeps: false }), beginning };
  const extent = await eventually(request.log.timeoutMs, "The log can't say how long it is", () => log.extent());
  await expectMessage(extent, barrier, beginning.applied);
  const fields = Object.fromEntries(beginning.fields.map(([name, type]) => [name, type]));
  return { opened: await openWith({ ...options, fields }, { sweeps: false }), beginning };
}

function optionsOf(log: ClusterLog, { index, log: { timeoutMs }, onIncident }: ClusterRequest): OpenOptions {
  const { incarnation: _, partitions, placement, ...shape } = log.shape;
  return { ...index, ...shape, timeoutMs, onIncident };
}

/** An index with what the newest sound snapshot holds; an empty one where there is none. */
async function load(
  store: SnapshotStore,
  log: ClusterLog,
  barrier: Barrier,
  request: ClusterRequest,
  report: (incident: Incident) => void,
): Promise<{ opened: Opened; beginning: Beginning | null }> {
  const options = optionsOf(log, request);
  for (const manifest of await store.list("all")) {
    const extent = await eventually(request.log.timeoutMs, "The log can't say how long it is", () => log.extent());
    await expectMessage(extent, barrier, manifest.number);
    try {
      const { head, stream: from } = await openContent(store.read(manifest), log.shape.partitions);
      return { opened: await openWith({ ...options, from }, { sweeps: false }), beginning: head };
    } catch (error) {
      const own = cureless(error);
      if (own !== null) throw own;
      const message = `the snapshot of message ${manifest.number} can't be loaded: ${messageOf(error)}`;
      report({ worker: -1, kind: "snapshot", message });
    }
  }
  return { opened: await openWith(options, { sweeps: false }), beginning: null };
}

/** What no other snapshot helps against; null: this one is bad. */
function cureless(error: unknown): HnswError | null {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof HnswError && ["OUT_OF_MEMORY", "CLUSTER_UNREACHABLE"].includes(one.code)) return one;
  }
  return null;
}

/** A snapshot is of a log that had that message. A leader that was just elected may not have caught up with its own log. */
async function expectMessage(extent: Extent | null, barrier: Barrier, number: number): Promise<void> {
  if (extent === null) throw lost(`there is a snapshot of message ${number}, and its stream is gone`);
  if (extent.last >= number) return;
  const end = await barrier.pass().catch((cause) => {
    throw unreachable(`The log can't say whether it has message ${number}, of which there is a snapshot`, cause);
  });
  if (end <= number) throw lost(`there is a snapshot of message ${number}, and it ends with message ${extent.last}`);
}
