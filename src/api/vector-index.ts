/// <reference lib="esnext.disposable" preserve="true" />
/* What is an open index to its user? The public face: no pointers, no threads. */
import type { FieldType } from "../documents/fields.ts";
import type { FieldPath, Fields, Include } from "../documents/types.ts";
import { addField, fieldStatus } from "../engine/add-field.ts";
import { check } from "../engine/check.ts";
import { allDurable, flush } from "../engine/flush.ts";
import type { Handle } from "../engine/handle.ts";
import { dropSpace } from "../engine/ops.ts";
import { type SpacesOptions, searchSpaces } from "../engine/search-spaces.ts";
import { HnswError } from "../errors.ts";
import { badOption, tooMany } from "../options/checks.ts";
import type { Settings } from "../options/open.ts";
import type { SearchOptions } from "../options/search.ts";
import { canShare } from "../runtime/platform.ts";
import { ensureStack } from "../runtime/stack.ts";
import { bytesOf, exportStream } from "../snapshot/export.ts";
import type { Keeper } from "../storage/open-folder.ts";
import type { Key } from "../values/keys.ts";
import { kindOf } from "../values/kind.ts";
import type {
  AttachTicket,
  BackupReport,
  CheckReport,
  ExportStream,
  FieldStatus,
  IndexStats,
  RecoveryReport,
  SpaceStats,
} from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { Pool } from "../workers/pool.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { spreadOver } from "../workers/search-shares.ts";
import { OPENING_SEAT } from "../workers/seats.ts";
import { giveTicket } from "../workers/tickets.ts";
import { checkSpaceName, existingSpace, namesToExport } from "./names.ts";
import type { SpaceHit } from "./results.ts";
import { Space } from "./space.ts";
import type { IndexLike } from "./space-like.ts";
import { readStats } from "./stats.ts";

/**
 * An open index, or another thread's handle on one. Make it with `open` or `attach`. `M`: what documents look like;
 * `Absent`: never where every entry has one.
 */
export class VectorIndex<M = unknown, Absent extends undefined = undefined>
  implements IndexLike<M, Absent>, AsyncDisposable
{
  private closing: Promise<void> | null = null;

  /** @internal Use `open` or `attach`. */
  constructor(
    private readonly handle: Handle,
    private readonly shared: SharedIndex,
    private readonly pool: Pool | null,
    private readonly seat: number,
    private readonly keeper: Keeper | null = null,
  ) {}

  /** The options that this index was opened with, defaults filled in. */
  get options(): Readonly<Settings> {
    return this.shared.settings;
  }

  /**
   * Throws BAD_SPACE or CLOSED.
   * @inheritDoc
   */
  space<K extends Key = Key>(name: string): Space<K, M, Absent>;
  space<K extends Key = Key>(name: string, extra?: unknown): Space<K, M, Absent> {
    this.handle.assertOpen();
    if (extra !== undefined) throw tooMany("space(name)", extra);
    checkSpaceName(this.handle, name);
    return new Space(name, this.handle, this.pool && spreadOver(this.pool));
  }

  search<I extends Include = never>(
    query: Vector,
    options: SearchOptions<Key, M, I, false> & { spaces: readonly string[] | "all" },
  ): Promise<SpaceHit<Key, M, Absent, I>[]>;
  search(query: Vector, options: unknown, extra?: unknown): Promise<never> {
    if (extra !== undefined) return Promise.reject(tooMany("search(query, options)", extra));
    return searchSpaces(this.handle, query, options as SpacesOptions) as Promise<never>;
  }

  /** The fields that a `where` knows, and whether their columns are whole. Throws CLOSED. */
  get fields(): Readonly<Record<string, FieldStatus>> {
    this.handle.assertOpen();
    return fieldStatus(this.handle);
  }

  /**
   * Its column is filled in the background; until `fields` says "ready", a `where` on it looks at every document. Only on the
   * thread that opened the index. Also rejects with OUT_OF_MEMORY, TIMEOUT, CLOSED or, with a `path`, PATH_LOST or PATH_FAILED.
   * @inheritDoc
   */
  addField<P extends FieldPath<M>>(name: P, type: NonNullable<Fields<M>[P & keyof Fields<M>]>): Promise<void>;
  async addField(name: string, type: FieldType, extra?: unknown): Promise<void> {
    if (extra !== undefined) throw tooMany("addField(name, type)", extra);
    if (this.seat !== OPENING_SEAT) throw badOption("`addField` needs the thread that opened the index.");
    await addField(this.handle, name, type);
    await this.keeper?.saveFields(this.handle.fields.table);
  }

  /** Names of all spaces. Throws CLOSED, or TIMEOUT when a partition's lock is not free for about a second. */
  spaces(): string[] {
    this.handle.assertOpen();
    return this.handle.namesNow();
  }

  /** @internal The same in slices: there may be 100,000. Rejects with TIMEOUT or CLOSED. */
  listNames(): Promise<string[]> {
    this.handle.assertOpen();
    return this.handle.names();
  }

  /** @internal What `stats().spaces` says but for recall, in slices. Rejects with TIMEOUT or CLOSED. */
  listFigures(): Promise<Omit<SpaceStats, "ef" | "recall">[]> {
    this.handle.assertOpen();
    return this.handle.figuresInSlices();
  }

  dropSpace(name: string): Promise<boolean>;
  async dropSpace(name: string, extra?: unknown): Promise<boolean> {
    if (extra !== undefined) throw tooMany("dropSpace(name)", extra);
    return await dropSpace(this.handle, this.space(name).name);
  }

  /**
   * What is linked can be reached from its graph's entry point then. Rejects with TIMEOUT, CLOSED or JOURNAL_UNCERTAIN.
   * @inheritDoc
   */
  async flush(): Promise<void> {
    this.handle.assertOpen();
    await Promise.all([flush(this.handle), allDurable(this.handle)]);
  }

  /**
   * Takes snapshots of the spaces that have changed, and trims the journal by what they hold: the next `open` is fast.
   * It also happens by itself, after every `snapshotAfterBytes` of journal and in `close`. Only on the thread that opened
   * the index with a `path`. Rejects with SNAPSHOT_FAILED, PATH_LOST, CLOSED or BAD_OPTION.
   */
  async checkpoint(): Promise<void> {
    await this.keeperFor("checkpoint").checkpoint("due");
  }

  /**
   * Copies the folder to a new or empty one while the index stays in use: an index of its own, with everything that was
   * accepted before the call. Resolves when it is on the disk. Only on the thread that opened the index with a `path`.
   *
   * Rejects with BAD_OPTION, PATH_FOREIGN (the destination is not empty), PATH_FAILED, PATH_DAMAGED, PATH_LOST,
   * JOURNAL_UNCERTAIN or CLOSED: then the destination is as before. Rejects with SNAPSHOT_FAILED when the thread that copies has ended.
   */
  backup(destination: string): Promise<BackupReport>;
  async backup(destination: string, extra?: unknown): Promise<BackupReport> {
    const keeper = this.keeperFor("backup");
    if (extra !== undefined) throw tooMany("backup(destination)", extra);
    return await keeper.backup(destination, () => allDurable(this.handle));
  }

  private keeperFor(method: string): Keeper {
    this.handle.assertOpen();
    if (this.keeper !== null) return this.keeper;
    throw badOption(`\`${method}\` needs the thread that opened the index, with a \`path\`.`);
  }

  /**
   * All spaces that exist when it begins, or those named, as one stream of bytes that `open({ from })` starts from, on
   * any runtime, with or without threads: `new Response(index.export())`, or `exportBytes()`. Each space is sent as it is
   * when its turn comes; the index stays in use. It begins with the first read, and takes a seat until its end. While a
   * space is being read, memory that its partition frees is not reused; so a stream that is not read on for `timeoutMs`
   * fails with TIMEOUT.
   *
   * The stream fails with TOO_MANY_HANDLES, OUT_OF_MEMORY, TIMEOUT or CLOSED. Throws BAD_OPTION, BAD_SPACE, TIMEOUT or
   * CLOSED.
   */
  export(spaces?: readonly string[]): ExportStream;
  export(spaces?: readonly string[], extra?: unknown): ExportStream {
    this.handle.assertOpen();
    if (extra !== undefined) throw tooMany("export(spaces)", extra);
    return exportStream(this.shared, this.handle, namesToExport(this.handle, spaces, "export"));
  }

  /** `export` in one piece. Rejects with what it throws, or what its stream fails with. */
  exportBytes(spaces?: readonly string[]): Promise<ReturnType<typeof Uint8Array.of>>;
  async exportBytes(spaces?: readonly string[], extra?: unknown): Promise<ReturnType<typeof Uint8Array.of>> {
    if (extra !== undefined) throw tooMany("exportBytes(spaces)", extra);
    return await bytesOf(this.export(spaces));
  }

  /** What `open` found at `path`; null without one, and on threads other than the one that opened the index. */
  get recovery(): Readonly<RecoveryReport> | null {
    return this.keeper?.recovery ?? null;
  }

  /** What the workers did, what the spaces hold, and how much memory that takes. Throws CLOSED or TIMEOUT. */
  stats(): IndexStats {
    this.handle.assertOpen();
    return readStats(this.handle, this.shared, (worker) => this.pool?.restartsOf(worker) ?? 0);
  }

  /**
   * Flushes, then checks every invariant of one space, or all, and that every linked vector can be reached. Holds a
   * partition's lock while it walks a space. Rejects with BAD_SPACE, OUT_OF_MEMORY, TIMEOUT or CLOSED.
   */
  check(space?: string): Promise<CheckReport>;
  async check(space?: string, extra?: unknown): Promise<CheckReport> {
    if (extra !== undefined) throw tooMany("check(space)", extra);
    return await check(this.handle, space === undefined ? undefined : existingSpace(this.handle, space));
  }

  /**
   * A ticket for one other thread: post it there and call `attach(ticket)`. Throws TOO_MANY_HANDLES when all seats
   * are taken, UNSUPPORTED where threads can't share memory.
   */
  attach(): AttachTicket {
    this.handle.assertOpen();
    if (!canShare || this.shared.memories.some(({ buffer }) => kindOf(buffer) === "ArrayBuffer")) {
      throw new HnswError("UNSUPPORTED", "Other threads can't join an index whose memory is not shared.");
    }
    const ticket = giveTicket(this.shared, this.handle.control);
    void this.handle.linker?.serveOthers();
    this.handle.attached.watch();
    return ticket;
  }

  /**
   * Ends this handle; on the thread that opened the index, also its workers and every other handle. What was accepted is
   * on the disk then, with snapshots of what has changed. Rejects with JOURNAL_UNCERTAIN or SNAPSHOT_FAILED when the disk
   * refuses, with PATH_LOST when the folder is gone; the index is closed all the same.
   */
  async close(): Promise<void> {
    ensureStack();
    this.closing ??= this.end();
    await this.closing;
  }

  private async end(): Promise<void> {
    const { control, settings } = this.handle;
    this.handle.close();
    if (this.seat !== OPENING_SEAT) {
      await allDurable(this.handle).catch(() => {}); // callers that wait for an op hear of it
      // A seat that something still uses stays taken.
      if (await this.handle.uses.atRest(settings.timeoutMs)) control.leaveSeat(this.seat);
      return;
    }
    try {
      if (this.keeper !== null) {
        await allDurable(this.handle);
        await this.keeper.checkpoint("changed");
      }
    } finally {
      control.close();
      await this.pool?.stop();
      await this.keeper?.stop();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
