/* What does one member of a cluster run? A writer into the log, a reader of it, and the replica that the reader feeds. */
import type { Opened } from "../api/start.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import * as calls from "../core/calls.ts";
import type { Handle } from "../engine/handle.ts";
import { HnswError, messageOf } from "../errors.ts";
import { badOption, show } from "../options/checks.ts";
import type { Incident } from "../options/open.ts";
import type { Barrier } from "./log/barrier.ts";
import { type ClusterLog, PublishFailure } from "./log/log.ts";
import { LogReader } from "./log/reader.ts";
import { eventually, unreachable } from "./log/trouble.ts";
import { full, LogWriter } from "./log/writer.ts";
import { encodeOp } from "./ops/codec.ts";
import type { Group } from "./ops/group.ts";
import { type Op, placeOf } from "./ops/op.ts";
import { clusterPartitionOf } from "./ops/partition.ts";
import type { Position } from "./options.ts";
import { Holdings } from "./replica/holdings.ts";
import { type Beginning, Replica, type ReplicaHost } from "./replica/replica.ts";
import { Shares, type SharesOptions } from "./shares.ts";
import { IndexKeeper } from "./snapshots/index-keeper.ts";
import type { Keeper } from "./snapshots/keeper.ts";
import { PartitionKeeper } from "./snapshots/partition-keeper.ts";
import type { SnapshotStore } from "./snapshots/store.ts";

/** Messages of its own that a member may be behind before it sends more. */
const MOST_BEHIND = 64;
/** Of a memory partition: from there on this member sends nothing that takes more. */
const FULL_SHARE = 0.9;

/** What a member starts from, and where it keeps what comes of it. */
export interface Snapshots {
  /** Null: the log has its first message. */
  beginning: Beginning | null;
  store: SnapshotStore;
  snapshotAfterBytes: number;
}

/** How members hold some partitions each; null: all hold all. */
export type Placed = Pick<SharesOptions, "placement" | "capacity" | "source" | "record"> | null;

export class Member {
  readonly handle: Handle;
  private readonly writer: LogWriter;
  private readonly reader: LogReader;
  private readonly replica: Replica;
  private readonly snapshots: Keeper;
  /** What it holds and asks others for; null: it holds all. */
  readonly shares: Shares | null;
  private isClosed = false;

  constructor(
    readonly opened: Opened,
    readonly log: ClusterLog,
    private readonly barrier: Barrier,
    private readonly timeoutMs: number,
    private readonly report: (incident: Incident) => void,
    { beginning, store, snapshotAfterBytes }: Snapshots,
    placed: Placed,
  ) {
    this.handle = opened.handle;
    this.writer = new LogWriter(log, timeoutMs, () => this.room());
    const failed = (message: string) => report({ worker: -1, kind: "snapshot", message });
    const host = {
      onGroup: (partition, group, number, results) => {
        const { writer, number: own } = group;
        if (writer === this.writer.id) this.writer.applied(partition, own, number, results);
        else this.shares?.results.keep(partition, group, results);
      },
      onElsewhere: (partition, group, number) => this.elsewhere(partition, group, number),
      onApplied: (bytes) => this.snapshots.applied(bytes),
      report: (message) => report({ worker: -1, kind: "log", message }),
    } satisfies ReplicaHost;
    const holdings = new Holdings(log.shape.partitions, placed === null);
    this.replica = new Replica(log.shape, opened.handle, host, holdings, beginning);
    const common = { timeoutMs, isFull: () => !this.isRoomy(), report: host.report };
    this.shares = placed && new Shares(log, this.replica, opened.index as VectorIndex, { ...placed, ...common });
    this.snapshots =
      placed === null
        ? new IndexKeeper(store, log, () => this.content(), snapshotAfterBytes, failed)
        : new PartitionKeeper(store, log, this.replica, snapshotAfterBytes, failed);
    this.reader = new LogReader(log, this.replica, barrier, (error) => this.stopped(error));
  }

  /** Sends an op. Resolves when it is durable; `wantsResult`: when it is applied here, to how many entries it changed. */
  send(op: Op, wantsResult: boolean): Promise<number> {
    if (this.isClosed) return Promise.reject(closed());
    try {
      if (this.replica.failure !== null) throw this.replica.failure;
      const partition = clusterPartitionOf(placeOf(op), this.log.shape.partitions);
      this.expectRoomFor(op, partition);
      return this.writer.send(partition, encodeOp(op), wantsResult);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when a read here sees what it must. Rejects with TIMEOUT, CLUSTER_UNREACHABLE, CLOSED or BAD_OPTION. */
  async sees(freshness: unknown): Promise<void> {
    const number = await this.mustSee(freshness);
    if (number > 0) await this.replica.reaches(number, this.timeoutMs);
  }

  /** The number of the message that a read must see; 0: none. Rejects as `sees`. */
  async mustSee(freshness: unknown): Promise<number> {
    if (this.isClosed) throw closed();
    if (freshness === "any") return 0;
    const number = await this.numberOf(freshness);
    if (this.replica.failure !== null) throw this.replica.failure;
    return number;
  }

  private async numberOf(freshness: unknown): Promise<number> {
    if (freshness === undefined || freshness === "own") return this.writer.written;
    if (freshness === "latest") return await this.latest();
    const [incarnation, number] = typeof freshness === "string" ? freshness.split(":") : [];
    if (number === undefined || !/^\d{1,15}$/.test(number)) {
      const wanted = '`"own"`, `"latest"`, `"any"` or a position';
      throw badOption(`\`freshness\` must be ${wanted}, not ${show(freshness)}.`);
    }
    if (incarnation === this.log.shape.incarnation) return Number(number);
    throw badOption("This position is one of another log.");
  }

  /** Throws CLUSTER_UNSERVED. */
  expectHeld(space: string): void {
    const partition = clusterPartitionOf(space, this.log.shape.partitions);
    if (this.replica.holdings.applies(partition)) return;
    throw new HnswError("CLUSTER_UNSERVED", "This member does not hold the space: `count` asks one that does.");
  }

  /** A group of a partition that others hold: they know what it has come to. */
  private elsewhere(partition: number, { writer, number: group, ops }: Group, number: number): void {
    if (writer !== this.writer.id || !this.writer.returned(partition, group, number)) return;
    this.shares!.questions.resultsOf(partition, writer, group, number, ops.length)
      .then((results) => this.writer.applied(partition, group, number, results))
      .catch(() => {}); // the writer stops waiting by itself
  }

  /** Resolves when what is in the log by now is applied here, however long that takes while it goes on. */
  async catchUp(): Promise<void> {
    const last = await this.last();
    for (let before = -1; this.replica.applied < last; before = this.replica.applied) {
      await this.replica.reaches(last, this.timeoutMs).catch((error) => {
        if (this.replica.failure !== null || this.replica.applied === before) throw error;
      });
    }
  }

  /** Behind what has been acknowledged by now, to any member. */
  private latest(): Promise<number> {
    return this.barrier.pass().catch((cause) => {
      const isFull = cause instanceof PublishFailure && cause.isFull;
      throw isFull ? full(cause) : unreachable("The log can't say what is the latest", cause);
    });
  }

  /** As good as it is known: in a full log, from what its leader says. */
  private async last(): Promise<number> {
    try {
      return await this.latest();
    } catch (error) {
      if (!(error instanceof HnswError && error.code === "CLUSTER_FULL")) throw error;
      return (await eventually(this.timeoutMs, "The log can't say how long it is", () => this.log.extent()))?.last ?? 0;
    }
  }

  /** Behind everything that this member has written, and whatever else its reads show. */
  get position(): Position {
    return `${this.log.shape.incarnation}:${Math.max(this.writer.written, this.replica.applied, this.shares?.questions.seen ?? 0)}`;
  }

  get state() {
    const { applied, failure } = this.replica;
    const trouble =
      failure === null ? (this.reader.trouble ?? this.shares?.steward.trouble ?? null) : messageOf(failure);
    return {
      position: this.position,
      applied,
      written: this.writer.written,
      trouble,
      serves: this.replica.holdings.served,
    };
  }

  /** Of all that this member has written, at least. Rejects with CLOSED or SNAPSHOT_FAILED, and as a read does. */
  async checkpoint(): Promise<void> {
    await this.sees("own");
    await this.snapshots.take().catch((cause) => {
      const message = `No snapshot could be taken; the log is as it was: ${messageOf(cause)}`;
      throw new HnswError("SNAPSHOT_FAILED", message, { cause });
    });
  }

  private async content() {
    const { entries: chunks, ...head } = await this.replica.content(async () => {
      return await Array.fromAsync(this.opened.index.export() as unknown as AsyncIterable<Uint8Array>);
    });
    return { ...head, chunks };
  }

  digests() {
    return this.replica.digests();
  }

  /** Resolves when nothing that was sent is on its way, and what was is applied here. */
  async settled(): Promise<void> {
    await this.writer.settled();
    await this.sees("own");
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.writer.settled();
    await this.replica.reaches(this.writer.written, this.timeoutMs).catch(() => {}); // for results
    this.writer.close();
    await this.shares?.stop();
    this.barrier.close();
    await this.snapshots.stop();
    await this.reader.stop();
    this.replica.fail(closed());
    await this.log.close();
  }

  private async room(): Promise<void> {
    await this.replica.reaches(this.writer.written - MOST_BEHIND, this.timeoutMs);
  }

  /** Every replica must be able to apply what is in the log: so nothing goes there that does not fit here, or where it is held. */
  private expectRoomFor(op: Op, partition: number): void {
    if (op.kind === "delete" || op.kind === "deleteWhere" || op.kind === "dropSpace") return;
    const found = op.kind === "addField" ? null : this.handle.find(op.space);
    const seats = found === null || found === calls.AGAIN ? this.handle.seats : [found.seat];
    const isHere = this.isRoomy(seats);
    if (isHere && !this.shares?.steward.isFull(partition)) return;
    const share = `${FULL_SHARE * 100} % of a memory partition`;
    const cure = "raise `index.memoryLimit` of all members, or delete";
    const who = isHere ? "A member that holds the space" : "This member";
    throw new HnswError("OUT_OF_MEMORY", `${who} has used ${share}, and nothing has changed: ${cure}.`);
  }

  private isRoomy(seats = this.handle.seats): boolean {
    return seats.every((seat) => {
      const { used, limit } = calls.partitionInfo(seat);
      return used < limit * FULL_SHARE;
    });
  }

  private stopped(error: unknown): void {
    const failure = error instanceof HnswError ? error : new HnswError("INTERNAL", messageOf(error), { cause: error });
    this.replica.fail(failure);
    void this.shares?.stop(); // others take over
    if (!this.isClosed) this.report({ worker: -1, kind: "log", message: failure.message });
  }
}

function closed(): HnswError {
  return new HnswError("CLOSED", "The cluster is closed.");
}
