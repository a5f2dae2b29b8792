/// <reference lib="esnext.disposable" preserve="true" />
/* What is a cluster to its user? The face of an index, on a member that has a copy of all of it. */
import type { SpaceHit } from "../api/results.ts";
import type { IndexLike } from "../api/space-like.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import type { FieldType } from "../documents/fields.ts";
import type { FieldPath, Fields, Include } from "../documents/types.ts";
import { tooMany } from "../options/checks.ts";
import type { SearchOptions } from "../options/search.ts";
import type { Key } from "../values/keys.ts";
import type { CheckReport, ExportStream, FieldStatus, IndexStats } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import { ClusterSpace } from "./cluster-space.ts";
import { addFieldOp } from "./intake.ts";
import type { Member } from "./member.ts";
import type { ClusterShape } from "./ops/shape.ts";
import type { Position, ReadOptions } from "./options.ts";

/** What a member reports of itself. */
export interface ClusterStats {
  /** Of its own index. */
  index: IndexStats;
  /** Number of the last message of the log that is applied here. */
  applied: number;
  /** Number of the last message that is known to hold an op of this member. */
  written: number;
  /** Why nothing is read from the log at the moment, or any more; null while all is well. */
  trouble: string | null;
  /** Numbers of the partitions that can be read here; others are read by way of other members. */
  serves: number[];
}

/** A member of a cluster. Make it with `openCluster`. `M`: what documents look like; `Absent`: never where every entry has one. */
export class ClusterIndex<M = unknown, Absent extends undefined = undefined>
  implements IndexLike<M, Absent>, AsyncDisposable
{
  private closing: Promise<void> | null = null;

  /** @internal Use `openCluster`. */
  constructor(
    private readonly member: Member,
    private readonly local: VectorIndex<M, Absent>,
  ) {}

  /** What all members have in common; of the log also its incarnation. `fields`: those that the cluster was created with. */
  get options(): Readonly<ClusterShape> {
    return this.member.log.shape;
  }

  /**
   * Throws BAD_SPACE or CLOSED.
   * @inheritDoc
   */
  space<K extends Key = Key>(name: string): ClusterSpace<K, M, Absent>;
  space<K extends Key = Key>(name: string, extra?: unknown): ClusterSpace<K, M, Absent> {
    if (extra !== undefined) throw tooMany("space(name)", extra);
    return new ClusterSpace(name, this.member, this.local.space<K>(name));
  }

  async search<I extends Include = never>(
    query: Vector,
    options: SearchOptions<Key, M, I, false> & ReadOptions & { spaces: readonly string[] | "all" },
  ): Promise<SpaceHit<Key, M, Absent, I>[]> {
    const { freshness, ...rest } = options;
    const { shares } = this.member;
    if (shares !== null) {
      return (await shares.questions.search(query, rest, await this.member.mustSee(freshness))) as never;
    }
    await this.member.sees(freshness);
    return await this.local.search(query, rest as typeof options);
  }

  /** The fields that a `where` of this member knows by now, and whether their columns are whole. Throws CLOSED. */
  get fields(): Readonly<Record<string, FieldStatus>> {
    return this.local.fields;
  }

  /**
   * Adds a field, for all members; resolves once a `where` of this one knows it. Entries that are there, and those that a
   * member adds which does not know of it yet, have no value in it where their documents have one of another type. Rejects with
   * BAD_OPTION, also where there is a field of that name, and as `add`.
   */
  addField<P extends FieldPath<M>>(name: P, type: NonNullable<Fields<M>[P & keyof Fields<M>]>): Promise<void>;
  async addField(name: string, type: FieldType, extra?: unknown): Promise<void> {
    if (extra !== undefined) throw tooMany("addField(name, type)", extra);
    await this.member.send(addFieldOp(this.member.handle, name, type), true);
  }

  /** Names of all spaces that this member holds by now. Throws CLOSED or TIMEOUT. */
  spaces(): string[] {
    return this.local.spaces();
  }

  /** Deletes a space with everything in it. Resolves, when that is applied here, to whether there was one. Rejects as `add`. */
  dropSpace(name: string): Promise<boolean>;
  async dropSpace(name: string, extra?: unknown): Promise<boolean> {
    if (extra !== undefined) throw tooMany("dropSpace(name)", extra);
    const space = this.local.space(name).name;
    return (await this.member.send({ kind: "dropSpace", space }, true)) > 0;
  }

  /**
   * Where the log was, at least, when this was looked at: behind all that this member has written, and all that its reads have
   * shown. With `freshness: position` a read of another member sees at least that.
   */
  get position(): Position {
    return this.member.position;
  }

  /** Resolves when everything that was sent is in the log, applied here and linked. Rejects with TIMEOUT or CLOSED. */
  async flush(): Promise<void> {
    await this.member.settled();
    await this.local.flush();
  }

  /**
   * Takes a snapshot of what is applied here, with all that this member has written, for members that start, and trims the log behind the older of the two newest. It
   * also happens by itself, after every `snapshotAfterBytes` of log. Rejects with SNAPSHOT_FAILED, and as a
   * read does.
   */
  async checkpoint(): Promise<void> {
    await this.member.checkpoint();
  }

  /**
   * What this member has, as a stream of bytes that `open({ from })` starts from: for a backup, or for readers that are no
   * members. Each space is sent as it is when its turn comes. Throws and fails as `export` of an index does.
   */
  export(spaces?: readonly string[]): ExportStream {
    return this.local.export(spaces);
  }

  /** Throws CLOSED or TIMEOUT. */
  stats(): ClusterStats {
    const { applied, written, trouble, serves } = this.member.state;
    return { index: this.local.stats(), applied, written, trouble, serves };
  }

  /**
   * What this member holds, as a number per partition that takes in every key, vector, document and expiry: members that are
   * equally far have the same; "" for a partition that it does not hold. Nothing is applied while it is computed, some microseconds an entry.
   */
  async digest(): Promise<{ position: Position; partitions: string[] }> {
    const { applied, partitions } = await this.member.digests();
    return { position: `${this.options.incarnation}:${applied}`, partitions };
  }

  /** Checks the graphs of this member, as `check` of an index does. */
  async check(space?: string): Promise<CheckReport> {
    return await this.local.check(space);
  }

  /**
   * Leaves the cluster: waits for what is on its way, at most `timeoutMs`, and ends. What does not come back from the log by then
   * rejects with CLUSTER_UNCERTAIN.
   */
  async close(): Promise<void> {
    this.closing ??= this.member.close().finally(() => this.local.close());
    await this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
