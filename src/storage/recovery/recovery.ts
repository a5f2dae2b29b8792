/*
 * How does an index come back from its folder? The newest sound snapshot of each space, else the one before, else
 * nothing; then the journal from there, op by op. The workers link while ops are read.
 *
 * An op counts once: a snapshot says up to which op of its partition it knows everything, and for its space the journal's
 * ops up to there are skipped. So a recovery that is interrupted, or done twice, has the same result.
 *
 * Anything else that is not as it was written is damage: a hole in the numbers, a wrong checksum, a journal that ends
 * before ops that are known to have been durable. It is refused; with `onDamage: "salvage"` it is skipped and reported.
 */
import { E_MEMORY } from "../../../assembly/layout.ts";
import * as calls from "../../core/calls.ts";
import type { Handle } from "../../engine/handle.ts";
import { HnswError, messageOf } from "../../errors.ts";
import { type Entry, entriesOf } from "../../journal/entries.ts";
import type { Group } from "../../journal/log.ts";
import { Replay } from "../../journal/replay.ts";
import type { Shape } from "../../options/shape.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { BadFrame, CHECKSUM_BYTES, readSpaceFrame } from "../../snapshot/frames.ts";
import { PartitionState } from "../../snapshot/partition-state.ts";
import { ForeignSpace, IndexLoader, type SpaceLoader, UnknownFields } from "../../snapshot/space-loader.ts";
import type { RecoveryReport } from "../../values/reports.ts";
import { Damage, Findings, unreadable } from "../disk/damage.ts";
import { isWritable } from "../disk/files.ts";
import type { Look } from "../disk/identity.ts";
import { tryWriting } from "../disk/meta.ts";
import type { FolderPaths } from "../disk/paths.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { GroupLog, nameOf } from "../log/group-log.ts";
import { readMark } from "../log/mark.ts";
import { bySpace, Catalog, newPartitions, type PartitionRow, type SnapshotRow } from "../snapshots/catalog.ts";
import { readSection, sectionOf, snapshotProblem, type WantedSection } from "../snapshots/file.ts";
import { rebuildFolder, scanSnapshots } from "./salvage.ts";
import { expectSound } from "./soundness.ts";

export class Recovery {
  private readonly findings: Findings;
  private readonly loader: IndexLoader;
  readonly partitions: PartitionState[];
  /** Rows of snapshots that turned out to be damaged. */
  private readonly unsound: SnapshotRow[] = [];
  private replayed = 0;
  /** Whether only `open` can say which fields there were, since the journal is lost. */
  private lacksFields = false;
  /** Over all sections: many are small. */
  private readonly slice = new Slice();

  /** `onRead` gets the bytes of snapshots and journal that were read since its last call. */
  constructor(
    private readonly handle: Handle,
    private readonly paths: FolderPaths,
    salvaging: boolean,
    private readonly onRead: (bytes: number) => void = () => {},
  ) {
    this.findings = new Findings(salvaging);
    this.loader = new IndexLoader(handle);
    this.partitions = PartitionState.ofAll(handle);
  }

  /**
   * Loads the folder into the empty index and starts its numbering where the journal ends. After a salvage that lost
   * something, rebuilds the folder. `damage`: what is known to be wrong with the journal as a whole. Rejects with
   * PATH_DAMAGED, PATH_MISMATCH, OUT_OF_MEMORY or TIMEOUT, or what `look` throws.
   */
  async run(shape: Shape, damage: string | null, look: Look): Promise<RecoveryReport> {
    const start = performance.now();
    for (const { seat } of this.partitions) {
      const status = await this.handle.whenFree(() => calls.reserveJournal(seat));
      if (status === E_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
    }
    await this.load(shape, damage, "write");
    for (const partition of this.partitions) {
      partition.expect(partition.last + 1);
      await this.handle.whenFree(() => calls.openJournal(partition.seat));
    }
    if (this.findings.lossy) await rebuildFolder(this.handle, this.paths, shape, this.partitions, look);
    return this.report(start);
  }

  /** Loads the folder into the empty index; with "read" nothing in the folder changes. Rejects like `run`. */
  async load(shape: Shape, damage: string | null, mode: "write" | "read"): Promise<RecoveryReport> {
    const start = performance.now();
    if (damage === null) {
      await SqliteFile.using(this.paths.journal, mode, (journal) => this.loadJournal(journal, shape.partitions, mode));
    } else {
      this.findings.lost(damage);
      this.lacksFields = mode === "write";
      await this.loadScanned(false);
    }
    this.compareWithMark();
    await this.loader.mend();
    return this.report(start);
  }

  private report(start: number): RecoveryReport {
    const { problems } = this.findings;
    return { snapshots: this.loader.loaded, replayed: this.replayed, problems, ms: performance.now() - start };
  }

  private async loadJournal(journal: SqliteFile, count: number, mode: "write" | "read"): Promise<void> {
    const catalog = new Catalog(journal);
    const tables = await this.readTables(journal, catalog, count, mode);
    if (tables === null) await this.loadScanned(true);
    else await this.loadRegistered(tables.rows);
    for (const state of tables?.states ?? newPartitions(count)) {
      await this.replayPartition(new GroupLog(journal), state, mode);
    }
    if (mode === "write" && !this.findings.lossy && this.unsound.length > 0) catalog.forget(this.unsound, count);
  }

  /** The tables of snapshots and partitions, or null when some of it is gone. */
  private async readTables(journal: SqliteFile, catalog: Catalog, count: number, mode: "write" | "read") {
    const { path } = journal;
    try {
      if (mode === "write" && isWritable(path)) tryWriting(journal); // a flipped bit can make it read-only for SQLite
      await expectSound(journal, mode); // a page may be broken that otherwise only a later write would meet
      return { rows: await catalog.loadSnapshots(), states: catalog.partitions(count) };
    } catch (error) {
      this.findings.lost(unreadable(error, path));
      return null;
    }
  }

  // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Of each space the newest registered snapshot that is sound. */
  private async loadRegistered(rows: SnapshotRow[]): Promise<void> {
    for (const own of bySpace(rows).values()) {
      const { partition: number, space } = own[0]!;
      const partition = this.partitions[number]!;
      partition.sawSpace(space);
      const sections = own.map((row) => sectionOf(row, this.paths.snapshots));
      const damaged = await this.loadFirstSound(partition, sections);
      this.unsound.push(...own.slice(0, damaged));
      if (damaged === own.length) partition.missing.add(space);
    }
  }

  /** Loads the first sound section. Resolves to how many before it are damaged: to all when none is sound. */
  private async loadFirstSound(partition: PartitionState, sections: WantedSection[], asSpace?: number) {
    for (const [i, section] of sections.entries()) {
      try {
        await this.loadSection(partition, section, asSpace);
        return i;
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        this.findings.harmless(snapshotProblem(error, section.space, partition.number));
      }
    }
    return sections.length;
  }

  /**
   * Loads a section as the space with id `asSpace`. Nothing of it stays loaded when it rejects: with Damage, with
   * PATH_MISMATCH when it is of another index, with OUT_OF_MEMORY or TIMEOUT.
   */
  private async loadSection(partition: PartitionState, section: WantedSection, asSpace = section.space) {
    const where = `${section.path}: the snapshot at byte ${section.offset}`;
    let loader: SpaceLoader | null = null;
    if (partition.spaces.has(asSpace)) throw new Damage(`${where} has the id of another space`);
    try {
      for (const body of readSection(section)) {
        loader ??= this.loader.begin(partition, readSpaceFrame(body)!, asSpace);
        if (loader === null) throw new Damage(`${where} belongs in another partition`);
        await loader.put(body);
        this.onRead(body.length + CHECKSUM_BYTES);
        if (this.slice.isOver) await this.slice.next();
      }
    } catch (error) {
      await loader?.drop();
      if (error instanceof UnknownFields && this.lacksFields) {
        const cure = "name all that it had in `fields`, in the order in which it got them";
        throw new HnswError(
          "PATH_MISMATCH",
          `The fields of the index are lost. ${where}: ${error.message}. Please ${cure}.`,
        );
      }
      if (error instanceof BadFrame) throw new Damage(`${where} is damaged: ${error.message}`);
      if (!(error instanceof ForeignSpace)) throw error;
      const cure = "give `open` the options that the index was created with";
      throw new HnswError("PATH_MISMATCH", `${where} was created with ${error.message}: ${cure}.`);
    }
    this.loader.complete(loader!);
  }

  /**
   * While salvaging, of each space the newest sound snapshot in any file: which of them are registered is unknown. Without
   * a journal spaces get new ids: the index may have had another number of partitions.
   */
  private async loadScanned(hasJournal: boolean): Promise<void> {
    for (const { partition: number, sections } of scanSnapshots(this.handle, this.paths.snapshots, this.findings)) {
      const partition = this.partitions[number]!;
      const damaged = await this.loadFirstSound(partition, sections, hasJournal ? undefined : partition.nextSpace);
      if (hasJournal || damaged < sections.length) continue;
      this.findings.lost(`${sections[0]!.path}: no snapshot of space ${sections[0]!.space} is sound`);
    }
  }

  // ── the journal ───────────────────────────────────────────────────────────────────────────────────────────────────
  private async replayPartition(log: GroupLog, state: PartitionRow, mode: "write" | "read"): Promise<void> {
    const { partition: number, trimmed, held, nextSpace } = state;
    const partition = this.partitions[number]!;
    const where = `${this.paths.journal}: partition ${number}`;
    const replay = new Replay(this.handle, partition, (problem) => this.findings.lost(`${where}: ${problem}`));
    partition.nextSpace = Math.max(partition.nextSpace, nextSpace);
    // What the newest snapshots hold need not be read if all of them are sound; a check of the folder reads everything.
    const sound = this.unsound.every((row) => row.partition !== number) && !this.findings.lossy;
    const start = sound && mode === "write" ? Math.max(held, trimmed) : trimmed;
    let next: number | null = start + 1; // null: unknown, after a damaged group
    let end = start;
    let isWhole = true; // from the last group that was done to the next one
    try {
      for (const group of log.readFrom(number, start)) {
        const { first, count } = group;
        // The first group may begin with ops that are not needed.
        if (next !== null && (end === start ? first > next : first !== next)) {
          this.findings.lost(`${where} lacks the ops from ${next} to ${first - 1}`);
          isWhole = false;
        }
        if ("problem" in group) {
          this.findings.lost(`${where}: ${nameOf(group)} is damaged (${group.problem})`);
          next = null;
          isWhole = false;
          continue;
        }
        if (!isWhole) replay.lacks(first - 1);
        next = first + count;
        end = next - 1;
        const entries = this.entriesIn(group, where);
        isWhole = entries.length > 0;
        await replay.run(first, entries);
        this.onRead(group.payload.length);
      }
    } catch (error) {
      if (error instanceof HnswError) throw error;
      this.findings.lost(unreadable(error, this.paths.journal));
    }
    if (next !== null && partition.last > end) {
      this.findings.lost(`${where} ends at op ${end}, but a snapshot holds op ${partition.last}`);
    }
    partition.sawOp(end);
    replay.finish();
    this.replayed += replay.done;
  }

  private entriesIn(group: Group, where: string): Entry[] {
    try {
      const entries = Array.from(entriesOf(group.payload, this.handle.settings.dimensions));
      if (entries.length !== group.count) throw new Error(`it holds ${entries.length}`);
      return entries;
    } catch (error) {
      this.findings.lost(`${where}: ${nameOf(group)}: ${messageOf(error)}`);
      return [];
    }
  }

  private compareWithMark(): void {
    let mark: Float64Array | null = null;
    try {
      mark = readMark(this.paths.mark, this.partitions.length);
    } catch (error) {
      this.findings.lost(unreadable(error, this.paths.mark));
    }
    for (const [number, durable] of mark?.entries() ?? []) {
      const partition = this.partitions[number]!;
      if (durable <= partition.last) continue;
      const where = `${this.paths.journal}: partition ${number}`;
      this.findings.lost(`${where} ends at op ${partition.last}, but op ${durable} was durable`);
      partition.sawOp(durable); // no number is used twice
    }
  }
}
