/* What can be said about a folder that may be open elsewhere? What its journal and the heads of its snapshots hold. */
import { JOURNAL_CREATE, JOURNAL_DROP } from "../../../assembly/layout.ts";
import { messageOf } from "../../errors.ts";
import { entriesOf } from "../../journal/entries.ts";
import type { Settings } from "../../options/open.ts";
import type { Shape } from "../../options/shape.ts";
import { readBytesFrame, readSpaceFrame, type SpaceBytes, type SpaceFrame } from "../../snapshot/frames.ts";
import { decodeKey } from "../../values/keys.ts";
import { Damage, pathError } from "../disk/damage.ts";
import { findFolder, shapeIn } from "../disk/folder.ts";
import { FORMAT, formatOf } from "../disk/meta.ts";
import type { FolderPaths } from "../disk/paths.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { GroupLog, type LogSize, nameOf } from "../log/group-log.ts";
import { readMark } from "../log/mark.ts";
import { bytesOf, Catalog, filesOf, keyOf, newPartitions, type SnapshotRow } from "../snapshots/catalog.ts";
import { readSection, sectionOf, snapshotProblem, type WantedSection } from "../snapshots/file.ts";

const TRIES = 5; // a round of snapshots may replace a file between its row and its head

/** With the size of what the journal holds of it. */
export interface PartitionInspection extends LogSize {
  partition: number;
  /** Number of its last op on the disk. */
  last: number;
  /** Ops up to this number may be gone from the journal. */
  trimmed: number;
}

export interface SpaceInspection {
  name: string;
  partition: number;
  id: number;
  /** Its newest snapshot, with all ops up to `sequence`; null when it has none yet. */
  snapshot: { sequence: number; file: string; bytes: number; live: number; slots: number } | null;
  /** What it took in memory when that snapshot was taken; null without one. */
  memory: SpaceBytes | null;
  /** Ops in the journal that are not in the snapshot. */
  ops: number;
}

export interface Inspection extends Omit<Shape, "partitions"> {
  path: string;
  format: number;
  /** By name, the type of each. */
  fields: Settings["fields"];
  partitions: PartitionInspection[];
  /** All that are registered: two of most spaces. */
  snapshots: { count: number; files: number; bytes: number };
  spaces: SpaceInspection[];
  /** Up to which op each partition was durable, at least; null when the mark is missing or unreadable. */
  mark: number[] | null;
  /** What is not as it was written. */
  problems: string[];
}

/** Rejects with PATH_FAILED, PATH_FOREIGN or PATH_DAMAGED. */
export async function inspect(folder: string): Promise<Inspection> {
  const found = await findFolder(folder);
  const { paths } = found;
  const shape = shapeIn(found);
  try {
    for (let tries = 1; ; tries++) {
      const inspection = await SqliteFile.using(paths.journal, "read", (journal) => {
        journal.expectSound();
        const inspection = journal.atOneMoment(() =>
          new Inspector(journal, paths, shape, found.fields).run(tries === TRIES),
        );
        return journal.counts || tries === TRIES ? inspection : null;
      });
      if (inspection !== null) return inspection;
    }
  } catch (error) {
    throw pathError(error, `${paths.journal} can't be read`);
  }
}

class Inspector {
  private readonly log: GroupLog;
  private readonly catalog: Catalog;
  private readonly problems: string[] = [];
  private readonly spaces = new Map<string, SpaceInspection>();

  constructor(
    private readonly journal: SqliteFile,
    private readonly paths: FolderPaths,
    private readonly shape: Shape,
    private readonly fields: Settings["fields"],
  ) {
    this.log = new GroupLog(journal);
    this.catalog = new Catalog(journal);
  }

  /** Null when a snapshot is missing, as a round may have replaced it; unless it is the `lastTry`. */
  run(lastTry: boolean): Inspection | null {
    const { rows, bad } = this.catalog.readSnapshots();
    this.problems.push(...bad);
    for (const row of rows) if (!this.readHead(row) && !lastTry) return null;
    const mark = readMark(this.paths.mark, this.shape.partitions);
    const partitions = this.readPartitions();
    const spaces = [...this.spaces.values()].sort((a, b) => a.partition - b.partition || a.id - b.id);
    return {
      path: this.paths.folder,
      format: formatOf(this.journal) ?? FORMAT,
      ...this.shape,
      fields: this.fields,
      partitions,
      snapshots: { count: rows.length, files: filesOf(rows).size, bytes: bytesOf(rows) },
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
      const { nameHeader, name, live, slots, memory } = headOf(sectionOf(row, this.paths.snapshots));
      const snapshot = { sequence, file, bytes, live, slots };
      const known = { name: String(decodeKey(nameHeader, name, 0)), partition, id, snapshot, memory, ops: 0 };
      this.spaces.set(keyOf(partition, id), known);
      return true;
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.problems.push(snapshotProblem(error, id, partition));
      return !error.message.endsWith("is missing");
    }
  }

  private readPartitions(): PartitionInspection[] {
    let states = newPartitions(this.shape.partitions);
    try {
      states = this.catalog.partitions(this.shape.partitions);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.problems.push(error.message);
    }
    const sizes = this.log.sizes();
    return states.map(({ partition, trimmed }) => {
      this.countOps(partition);
      const { groups, ops, bytes } = sizes.get(partition) ?? { groups: 0, ops: 0, bytes: 0 };
      const last = Math.max(trimmed, this.log.lastSequence(partition));
      return { partition, last, trimmed, groups, ops, bytes };
    });
  }

  /** Counts the ops that are newer than each space's snapshot, and notes spaces that have none. */
  private countOps(partition: number): void {
    for (const group of this.log.readFrom(partition)) {
      const where = `${this.journal.path}: partition ${partition}: ${nameOf(group)}`;
      if ("problem" in group) {
        this.problems.push(`${where} is damaged (${group.problem})`);
        continue;
      }
      try {
        let sequence = group.first;
        for (const { kind, space, header, key } of entriesOf(group.payload, this.shape.dimensions)) {
          this.count(partition, sequence++, kind, space, () => String(decodeKey(header, key, 0)));
        }
      } catch (error) {
        this.problems.push(`${where}: ${messageOf(error)}`);
      }
    }
  }

  private count(partition: number, sequence: number, kind: number, id: number, name: () => string): void {
    const key = keyOf(partition, id);
    const known = this.spaces.get(key);
    if (known === undefined) {
      if (kind === JOURNAL_CREATE)
        this.spaces.set(key, { name: name(), partition, id, snapshot: null, memory: null, ops: 1 });
      return; // else of a space that was dropped
    }
    if (known.snapshot !== null && sequence <= known.snapshot.sequence) return;
    if (kind === JOURNAL_DROP) this.spaces.delete(key);
    else known.ops++;
  }
}

/** The first frames of a section. Throws Damage. */
function headOf(section: WantedSection): SpaceFrame & { memory: SpaceBytes | null } {
  const frames = readSection(section);
  const head = readSpaceFrame(frames.next().value as Uint8Array)!;
  const own = { ...head, name: head.name.slice() };
  const next = frames.next();
  frames.return(undefined);
  return { ...own, memory: next.done === true ? null : readBytesFrame(next.value) };
}
