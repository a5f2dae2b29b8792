/*
 * What can be told of a folder without locking it, while somebody may have it open? What its journal and the heads of
 * its snapshots say, all of one moment. Checks only what it reads.
 */
import { join } from "node:path";
import { JOURNAL_CREATE, JOURNAL_DROP } from "../../../assembly/layout.ts";
import { HnswError } from "../../errors.ts";
import { entriesOf } from "../../journal/entries.ts";
import { readSpaceFrame, type SpaceFrame } from "../../snapshot/frames.ts";
import { decodeKey } from "../../values/keys.ts";
import { damaged, type FolderPaths, lookToRead } from "../disk/folder.ts";
import { Damage, FORMAT, JournalStore, type Meta, type PartitionRow, type SnapshotRow } from "../disk/sqlite.ts";
import { readMark } from "../log/mark.ts";
import { readSection, snapshotProblem } from "../snapshots/file.ts";

const TRIES = 5; // a round of snapshots may replace a file between its row and its head

export interface PartitionInspection {
  partition: number;
  /** Number of its last op on the disk. */
  last: number;
  /** Ops up to this number may be gone from the journal. */
  trimmed: number;
  /** What the journal holds. */
  groups: number;
  ops: number;
  bytes: number;
}

export interface SpaceInspection {
  name: string;
  partition: number;
  /** In its partition. */
  id: number;
  /** Its newest snapshot, with all ops up to `sequence`; null when it has none yet. */
  snapshot: { sequence: number; file: string; bytes: number; live: number; slots: number } | null;
  /** Ops in the journal that the snapshot does not know. */
  ops: number;
}

export interface Inspection extends Omit<Meta, "partitions"> {
  path: string;
  format: number;
  partitions: PartitionInspection[];
  /** All that are registered: two of most spaces. */
  snapshots: { count: number; files: number; bytes: number };
  spaces: SpaceInspection[];
  /** How far each partition was at least; null when the mark is missing or unreadable, which only says less. */
  mark: number[] | null;
  /** What was met that is not as it was written. */
  problems: string[];
}

/** Rejects with PATH_FAILED, PATH_FOREIGN or PATH_DAMAGED. */
export async function inspect(folder: string): Promise<Inspection> {
  const { paths, meta, damage } = await lookToRead(folder);
  if (meta === null) throw damaged(damage!);
  try {
    for (let tries = 1; ; tries++) {
      const store = await JournalStore.open(paths.journal, "read");
      try {
        const found = store.atOneMoment(() => new Inspector(store, paths, meta).run(tries === TRIES));
        if (found !== null && (store.counts || tries === TRIES)) return found;
      } finally {
        store.close();
      }
    }
  } catch (cause) {
    if (cause instanceof HnswError) throw cause;
    if (cause instanceof Damage) throw damaged(cause.message);
    throw new HnswError("PATH_FAILED", `${paths.journal} can't be read: ${(cause as Error).message}.`, { cause });
  }
}

class Inspector {
  private readonly store: JournalStore;
  private readonly paths: FolderPaths;
  private readonly meta: Meta;
  private readonly problems: string[] = [];
  private readonly spaces = new Map<string, SpaceInspection>();

  constructor(store: JournalStore, paths: FolderPaths, meta: Meta) {
    this.store = store;
    this.paths = paths;
    this.meta = meta;
  }

  /** Null when a snapshot is missing, which a round of snapshots may have replaced; unless it is the `lastTry`. */
  run(lastTry: boolean): Inspection | null {
    const { rows, bad } = this.store.readSnapshots();
    this.problems.push(...bad);
    for (const row of rows) if (!this.readHead(row) && !lastTry) return null;
    const mark = readMark(this.paths.mark, this.meta.partitions);
    const partitions = this.readPartitions();
    const spaces = [...this.spaces.values()].sort((a, b) => a.partition - b.partition || a.id - b.id);
    return {
      path: this.paths.folder,
      format: this.store.format() ?? FORMAT,
      ...this.meta,
      partitions,
      snapshots: {
        count: rows.length,
        files: new Set(rows.map(({ file }) => file)).size,
        bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
      },
      spaces,
      mark: mark && Array.from(mark),
      problems: this.problems,
    };
  }

  /** Notes a space by its newest snapshot whose head makes sense. False when the file is missing. */
  private readHead(row: SnapshotRow): boolean {
    const { partition, space: id, sequence, file, bytes } = row;
    if (this.spaces.has(keyOf(partition, id))) return true; // rows are newest first
    try {
      const { nameHeader, name, live, slots } = headOf(join(this.paths.snapshots, file), row);
      const snapshot = { sequence, file, bytes, live, slots };
      const known = { name: String(decodeKey(nameHeader, name, 0)), partition, id, snapshot, ops: 0 };
      this.spaces.set(keyOf(partition, id), known);
      return true;
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.problems.push(snapshotProblem(error, row));
      return !error.message.endsWith("is missing");
    }
  }

  private readPartitions(): PartitionInspection[] {
    let states: PartitionRow[] = Array.from({ length: this.meta.partitions }, (_, partition) => {
      return { partition, trimmed: 0, held: 0, nextSpace: 0 };
    });
    try {
      states = this.store.partitions(this.meta.partitions);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.problems.push(error.message);
    }
    const sizes = new Map(this.store.sizes().map((size) => [size.partition, size]));
    return states.map(({ partition, trimmed }) => {
      this.countOps(partition);
      const { groups, ops, bytes } = sizes.get(partition) ?? { groups: 0, ops: 0, bytes: 0 };
      const last = Math.max(trimmed, this.store.lastSequence(partition));
      return { partition, last, trimmed, groups, ops, bytes };
    });
  }

  /** Counts the ops that are newer than each space's snapshot, and meets spaces that have none. */
  private countOps(partition: number): void {
    for (const group of this.store.readFrom(partition)) {
      const { first, count } = group;
      const where = `${this.store.path}: partition ${partition}: the group of ${count} ops from ${first} on`;
      if ("problem" in group) {
        this.problems.push(`${where} is damaged (${group.problem})`);
        continue;
      }
      try {
        let sequence = first;
        for (const { kind, space, header, key } of entriesOf(group.payload, this.meta.dimensions)) {
          this.count(partition, sequence++, kind, space, () => String(decodeKey(header, key, 0)));
        }
      } catch (error) {
        this.problems.push(`${where}: ${(error as Error).message}`);
      }
    }
  }

  private count(partition: number, sequence: number, kind: number, id: number, name: () => string): void {
    const key = keyOf(partition, id);
    const known = this.spaces.get(key);
    if (known === undefined) {
      if (kind === JOURNAL_CREATE) this.spaces.set(key, { name: name(), partition, id, snapshot: null, ops: 1 });
      return; // else of a space that was dropped
    }
    if (known.snapshot !== null && sequence <= known.snapshot.sequence) return;
    if (kind === JOURNAL_DROP) this.spaces.delete(key);
    else known.ops++;
  }
}

function keyOf(partition: number, space: number): string {
  return `${partition}/${space}`;
}

/** The first frame of a section. Throws Damage. */
function headOf(path: string, { offset, bytes, space, sequence }: SnapshotRow): SpaceFrame {
  for (const body of readSection(path, offset, bytes)) {
    const head = readSpaceFrame(body);
    if (head !== null && head.id === space && head.sequence === sequence) return { ...head, name: head.name.slice() };
    break;
  }
  throw new Damage(`${path}: at byte ${offset} lies another snapshot than was registered`);
}
