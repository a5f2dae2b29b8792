/*
 * How does an index come back from its folder? Newest sound snapshot of each space, else the one before, else nothing;
 * then the journal from there, op by op. The workers link while ops are read.
 *
 * An op counts once: a snapshot says up to which op of its partition it knows everything, and the journal's ops up to
 * there are passed over for that space. So a recovery that is cut off, or done twice, ends the same.
 *
 * Anything else that is not as it was written is damage: a hole in the numbers, a wrong checksum, a journal that ends
 * before ops that are known to have been durable. It is refused, or, with `onDamage: "salvage"`, passed over and told.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { E_MEMORY } from "../../../assembly/layout.ts";
import type { Handle } from "../../engine/handle.ts";
import { HnswError } from "../../errors.ts";
import { type Entry, entriesOf } from "../../journal/entries.ts";
import { Replay } from "../../journal/replay.ts";
import { RecoveredPartition } from "../../snapshot/partition-state.ts";
import { Findings } from "../disk/findings.ts";
import type { FolderPaths } from "../disk/folder.ts";
import { Damage, JournalStore, type Meta, type PartitionRow, type SnapshotRow } from "../disk/sqlite.ts";
import { readMark } from "../log/mark.ts";
import { snapshotProblem } from "../snapshots/file.ts";
import { makeAnew, scanSnapshots } from "./salvage.ts";
import { SpaceLoader, type WantedSection } from "./section-loader.ts";

/** What opening a folder found. */
export interface RecoveryReport {
  /** Spaces that came back from a snapshot. */
  snapshots: number;
  /** Ops that were read from the journal. */
  replayed: number;
  /** What was damaged: a line each. Without salvage only what did no harm, as a snapshot whose predecessor was there. */
  problems: string[];
  ms: number;
}

export class Recovery {
  private readonly handle: Handle;
  private readonly paths: FolderPaths;
  private readonly findings: Findings;
  private readonly loader: SpaceLoader;
  private readonly partitions: RecoveredPartition[];
  /** Rows of snapshots that turned out to be damaged. */
  private readonly unsound: SnapshotRow[] = [];
  private readonly onRead: (bytes: number) => void;
  private replayed = 0;

  /** `onRead` is told how many bytes of snapshots and journal were read since it was told last. */
  constructor(handle: Handle, paths: FolderPaths, salvaging: boolean, onRead: (bytes: number) => void = () => {}) {
    this.handle = handle;
    this.paths = paths;
    this.findings = new Findings(salvaging);
    this.loader = new SpaceLoader(handle, onRead);
    this.onRead = onRead;
    this.partitions = handle.seats.map((seat, number) => new RecoveredPartition(number, seat));
  }

  /**
   * Fills the empty index from the folder and starts its numbering where the journal ends; after a salvage that lost
   * something, makes the folder anew. `damage`: what is known to be wrong with the journal as a whole. Rejects with
   * PATH_DAMAGED, PATH_MISMATCH, OUT_OF_MEMORY or TIMEOUT.
   */
  async run(meta: Meta, damage: string | null): Promise<RecoveryReport> {
    const start = performance.now();
    for (const { seat } of this.partitions) {
      const answer = await this.handle.whenFree(() => seat.core.reserveJournal());
      if (answer === E_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
    }
    await this.fill(meta, damage, "write");
    for (const partition of this.partitions) {
      partition.expect(partition.last + 1);
      await this.handle.whenFree(() => partition.seat.core.openJournal());
    }
    if (this.findings.lossy) await makeAnew(this.handle, this.paths, meta, this.partitions);
    return this.report(start);
  }

  /**
   * Fills the empty index from the folder, and with `"read"` changes nothing in it: for an index that nobody keeps.
   * Rejects like `run`.
   */
  async fill(meta: Meta, damage: string | null, mode: "write" | "read"): Promise<RecoveryReport> {
    const start = performance.now();
    if (damage !== null) {
      this.findings.lost(damage);
      await this.loadWithoutJournal();
    } else {
      const store = await JournalStore.open(this.paths.journal, mode);
      try {
        await this.readStore(store, meta.partitions, mode);
        const forgetting = mode === "write" && !this.findings.lossy && this.unsound.length > 0;
        if (forgetting) store.forget(this.unsound, meta.partitions);
      } finally {
        store.close();
      }
    }
    this.compareWithMark();
    await this.loader.mend();
    for (const { seat } of this.partitions) seat.clearIntake();
    return this.report(start);
  }

  private report(start: number): RecoveryReport {
    const { problems } = this.findings;
    return { snapshots: this.loader.loaded, replayed: this.replayed, problems, ms: performance.now() - start };
  }

  /** Number of a partition's last op. */
  lastOf(partition: number): number {
    return this.partitions[partition]!.last;
  }

  private async readStore(store: JournalStore, count: number, mode: "write" | "read"): Promise<void> {
    const { rows, states, whole } = this.readTables(store, count, mode);
    if (whole) await this.loadRegistered(rows);
    else await this.loadScanned();
    for (const state of states) await this.replayPartition(store, state, mode);
  }

  /** The tables of snapshots and partitions; not `whole`: some of it is gone. */
  private readTables(store: JournalStore, count: number, mode: "write" | "read") {
    const states: PartitionRow[] = this.partitions.map(({ number }) => ({
      partition: number,
      trimmed: 0,
      held: 0,
      nextSpace: 0,
    }));
    try {
      const writing = mode === "write" && isWritable(store.path);
      if (writing) store.tryWriting(); // a flipped bit can make SQLite take it for one of a newer version
      const broken = store.broken(); // a page that only a later write would stumble over
      if (broken !== null) throw new Damage(`${store.path}: ${broken}`);
      return { rows: store.snapshots(), states: store.partitions(count), whole: true };
    } catch (error) {
      this.findings.lost(describe(error, store.path));
      return { rows: [], states, whole: false };
    }
  }

  // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Of each space the newest registered snapshot that is sound. */
  private async loadRegistered(rows: SnapshotRow[]): Promise<void> {
    for (let i = 0; i < rows.length; ) {
      const { partition: number, space } = rows[i]!;
      const partition = this.partitions[number]!;
      let end = i;
      while (end < rows.length && rows[end]!.partition === number && rows[end]!.space === space) end++;
      const sections = rows.slice(i, end).map((row) => ({ ...row, path: join(this.paths.snapshots, row.file) }));
      partition.sawSpace(space);
      const { found, damaged } = await this.loadFirstSound(partition, sections);
      this.unsound.push(...damaged);
      if (!found) partition.missing.add(space);
      i = end;
    }
  }

  private async loadFirstSound<Section extends WantedSection>(
    partition: RecoveredPartition,
    sections: Section[],
    asSpace?: number,
  ): Promise<{ found: boolean; damaged: Section[] }> {
    const damaged: Section[] = [];
    for (const section of sections) {
      try {
        await this.loader.load(partition, section, asSpace);
        return { found: true, damaged };
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        this.findings.harmless(snapshotProblem(error, { space: section.space, partition: partition.number }));
        damaged.push(section);
      }
    }
    return { found: false, damaged };
  }

  /** While salvaging, of each space the newest sound snapshot in any file: nothing tells which of them are registered. */
  private async loadScanned(): Promise<void> {
    for (const { partition, sections } of scanSnapshots(this.handle, this.paths.snapshots, this.findings)) {
      await this.loadFirstSound(this.partitions[partition]!, sections);
    }
  }

  /** The same without a journal; the index may have had another number of partitions, so ids are given anew. */
  private async loadWithoutJournal(): Promise<void> {
    for (const { partition: number, sections } of scanSnapshots(this.handle, this.paths.snapshots, this.findings)) {
      const partition = this.partitions[number]!;
      const { found } = await this.loadFirstSound(partition, sections, partition.nextSpace);
      if (!found) this.findings.lost(`${sections[0]!.path}: no snapshot of space ${sections[0]!.space} is sound`);
    }
  }

  // ── the journal ───────────────────────────────────────────────────────────────────────────────────────────────────
  private async replayPartition(store: JournalStore, state: PartitionRow, mode: "write" | "read"): Promise<void> {
    const { partition: number, trimmed, held, nextSpace } = state;
    const partition = this.partitions[number]!;
    const where = `${store.path}: partition ${number}`;
    const replay = new Replay(this.handle, this.loader, partition, this.findings, where);
    partition.nextSpace = Math.max(partition.nextSpace, nextSpace);
    // What the newest snapshots hold need not even be read, if all of them are sound; who verifies reads everything.
    const sound = this.unsound.every((row) => row.partition !== number) && !this.findings.lossy;
    const start = sound && mode === "write" ? Math.max(held, trimmed) : trimmed;
    let next: number | null = start + 1; // null: after a damaged group nobody knows
    let end = start;
    try {
      for (const group of store.readFrom(number, start)) {
        const { first, count } = group;
        // The first group may begin with ops that are not needed.
        if (next !== null && (end === start ? first > next : first !== next)) {
          this.findings.lost(`${where} lacks the ops from ${next} to ${first - 1}`);
        }
        if ("problem" in group) {
          this.findings.lost(`${where}: the group of ${count} ops from ${first} on is damaged (${group.problem})`);
          next = null;
          continue;
        }
        next = first + count;
        end = next - 1;
        await replay.run(first, this.entriesIn(group.payload, count, `${where}: the group from op ${first} on`));
        this.onRead(group.payload.length);
      }
    } catch (error) {
      if (error instanceof HnswError) throw error;
      this.findings.lost(describe(error, store.path));
    }
    if (next !== null && partition.last > end)
      this.findings.lost(`${where} ends at op ${end}, a snapshot knows of ${partition.last}`);
    partition.sawOp(end);
    replay.finish();
    this.replayed += replay.done;
  }

  private entriesIn(payload: Uint8Array, count: number, where: string): Entry[] {
    try {
      const entries = Array.from(entriesOf(payload, this.handle.settings.dimensions));
      if (entries.length !== count) throw new Error(`${entries.length} ops instead of ${count}`);
      return entries;
    } catch (error) {
      this.findings.lost(`${where}: ${(error as Error).message}`);
      return [];
    }
  }

  private compareWithMark(): void {
    const mark = readMark(this.paths.mark, this.partitions.length);
    for (const [number, durable] of mark?.entries() ?? []) {
      const partition = this.partitions[number]!;
      if (durable <= partition.last) continue;
      const where = `${this.paths.journal}: partition ${number}`;
      this.findings.lost(`${where} ends at op ${partition.last}, ${durable} were durable`);
      partition.sawOp(durable); // no number is given twice
    }
  }
}

/** Whether we may write a file, whatever is in it. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function describe(error: unknown, path: string): string {
  if (error instanceof Damage) return error.message;
  return `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`;
}
