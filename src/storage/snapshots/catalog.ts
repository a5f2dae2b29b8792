/*
 * Which snapshots are there, and which ops do they make superfluous? Two tables in the journal's file:
 *
 *   snapshots   which space is in which file, at which cut; the newest two of each
 *   partitions  up to where the journal was trimmed, and what must be there: a digest over the partition's snapshots
 *
 * Every row has a checksum; the digest shows when a row of `snapshots` is gone.
 */
import { isCount, MOST_OPS, MOST_SPACES } from "../../journal/log.ts";
import { MOST_PARTITIONS } from "../../options/shape.ts";
import { atOnce, inSlices } from "../../runtime/event-loop.ts";
import { checksumOf } from "../disk/checksum.ts";
import { Damage } from "../disk/damage.ts";
import type { SqliteFile } from "../disk/sqlite.ts";

const REMOVE = "DELETE FROM snapshots WHERE partition = ? AND space = ? AND sequence = ? AND file = ?";

export interface SnapshotRow {
  partition: number;
  space: number;
  /** Number of the last op in it. */
  sequence: number;
  created: number;
  file: string;
  offset: number;
  bytes: number;
}

export interface PartitionRow {
  partition: number;
  /** Ops up to this number may be gone from the journal. */
  trimmed: number;
  /** Ops up to this number are in the newest snapshots of their spaces. */
  held: number;
  nextSpace: number;
}

export interface FoundSnapshots {
  rows: SnapshotRow[];
  /** What is wrong, a line each. */
  bad: string[];
}

export class Catalog {
  constructor(private readonly file: SqliteFile) {}

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** All snapshots, newest first within a space. Throws Damage when one is changed or missing. */
  snapshots(): SnapshotRow[] {
    return this.sound(this.readSnapshots());
  }

  /** The same, while the event loop runs on. */
  async loadSnapshots(): Promise<SnapshotRow[]> {
    return this.sound(await inSlices(this.reading()));
  }

  /** The snapshots that make sense, and what does not. */
  readSnapshots(): FoundSnapshots {
    return atOnce(this.reading());
  }

  private sound({ rows, bad }: FoundSnapshots): SnapshotRow[] {
    if (bad.length > 0) throw new Damage(`${this.file.path}: ${bad.join("; ")}`);
    return rows;
  }

  /** Yields wherever other work may come in between. */
  private *reading(): Generator<void, FoundSnapshots> {
    const all = this.file.db
      .query<SnapshotRow & { checksum: string }, []>(
        "SELECT partition, space, sequence, created, file, offset, bytes, checksum FROM snapshots " +
          "ORDER BY partition, space, sequence, file", // as the rows lie: SQLite would sort others in one piece
      )
      .iterate();
    const rows: SnapshotRow[] = [];
    const bad: string[] = [];
    const digests = new Digests();
    const byFile = new Map<string, SnapshotRow[]>();
    for (const { checksum, ...row } of all) {
      if (isPossible(row) && checksum === rowChecksum(row)) {
        rows.push(row);
        digests.add(row.partition, checksum);
        const inFile = byFile.get(row.file);
        if (inFile === undefined) byFile.set(row.file, [row]);
        else inFile.push(row);
      } else bad.push(`the row of space ${row.space} of partition ${row.partition} in \`snapshots\` is damaged`);
      yield;
    }
    const known = this.readPartitions().found;
    for (const { partition, digest } of known) {
      if (digests.of(partition) !== digest) bad.push(`rows of partition ${partition} in \`snapshots\` are missing`);
    }
    if (digests.hasOthers(known)) bad.push("rows in `snapshots` are of no partition");
    const odd = new Set<string>();
    for (const [file, sections] of byFile) {
      yield;
      if (!overlap(sections)) continue;
      odd.add(file);
      bad.push(`rows of ${file} in \`snapshots\` claim the same bytes`);
    }
    rows.sort(newestFirst);
    return { rows: odd.size === 0 ? rows : rows.filter(({ file }) => !odd.has(file)), bad };
  }

  /** One row per partition. Throws Damage when one is changed or missing. */
  partitions(count: number): PartitionRow[] {
    const { found, bad } = this.readPartitions();
    if (bad.length === 0 && found.length === count && found.every(({ partition }, i) => partition === i)) return found;
    const why = bad[0] ?? `the table \`partitions\` has ${found.length} rows of ${count}`;
    throw new Damage(`${this.file.path}: ${why}`);
  }

  private readPartitions(): { found: (PartitionRow & { digest: string })[]; bad: string[] } {
    type Row = PartitionRow & { digest: string; checksum: string };
    const rows = this.file.db
      .query<Row, []>(
        "SELECT partition, trimmed, held, next_space AS nextSpace, digest, checksum FROM partitions " +
          `ORDER BY partition LIMIT ${MOST_PARTITIONS + 1}`,
      )
      .all();
    const isSound = ({ checksum, ...row }: Row) =>
      isCount(row.partition, MOST_PARTITIONS) &&
      isCount(row.trimmed, MOST_OPS) &&
      isCount(row.held, MOST_OPS) &&
      isCount(row.nextSpace, MOST_SPACES) &&
      checksum === partitionChecksum(row, row.digest);
    const bad = rows.filter((row) => !isSound(row)).map((row) => `the row of partition ${row.partition} is damaged`);
    return { found: rows.filter(isSound), bad };
  }

  // ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Writes the first rows of a new catalog, within a transaction of the caller. */
  begin(partitions: PartitionRow[], snapshots: SnapshotRow[]): void {
    this.insert(snapshots);
    for (const row of partitions) this.writePartition(row, snapshots);
  }

  /**
   * Registers a round of snapshots in one transaction: adds its rows, and removes those of spaces that are gone and all
   * but the newest two of each space. `settled` returns the partitions' rows that follow from what is registered then.
   */
  register(
    made: SnapshotRow[],
    isGone: (row: SnapshotRow) => boolean,
    settled: (rows: SnapshotRow[]) => PartitionRow[],
  ): SnapshotRow[] {
    let kept: SnapshotRow[] = [];
    this.file.transaction(() => {
      const all = [...this.snapshots(), ...made].sort(newestFirst);
      kept = [...bySpace(all).values()].flatMap((rows) => rows.slice(0, 2)).filter((row) => !isGone(row));
      const isKept = new Set(kept);
      this.remove(all.filter((row) => !isKept.has(row)));
      this.insert(made.filter((row) => isKept.has(row)));
      for (const row of settled(kept)) this.writePartition(row, kept);
    });
    return kept;
  }

  /** Removes rows whose snapshots a recovery found damaged: they must not count among a space's two. */
  forget(rows: SnapshotRow[], partitions: number): void {
    this.file.transaction(() => {
      const states = this.partitions(partitions);
      this.remove(rows);
      const left = this.readSnapshots().rows;
      for (const state of states) this.writePartition(state, left);
    });
  }

  private remove(rows: SnapshotRow[]): void {
    const remove = this.file.db.query(REMOVE);
    for (const { partition, space, sequence, file } of rows) remove.run(partition, space, sequence, file);
  }

  private insert(rows: SnapshotRow[]): void {
    const insert = this.file.db.query("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const row of rows) {
      const { partition, space, sequence, created, file, offset, bytes } = row;
      insert.run(partition, space, sequence, created, file, offset, bytes, rowChecksum(row));
    }
  }

  private writePartition(row: PartitionRow, snapshots: SnapshotRow[]): void {
    const digest = digestOf(snapshots, row.partition);
    this.file.db
      .query("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?, ?)")
      .run(row.partition, row.trimmed, row.held, row.nextSpace, digest, partitionChecksum(row, digest));
  }
}

// ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────
export function newPartitions(count: number): PartitionRow[] {
  return Array.from({ length: count }, (_, partition) => ({ partition, trimmed: 0, held: 0, nextSpace: 0 }));
}

/** Whether a file's name is one that snapshots get, in a folder of them; others are left alone. */
export function isSnapshotFile(name: unknown): boolean {
  return typeof name === "string" && /^\d{8,15}\.hnsw$/.test(name);
}

export function keyOf(partition: number, space: number): string {
  return `${partition}/${space}`;
}

/** The rows of each space by its key, in the order given: newest first, as the catalog gives them. */
export function bySpace(rows: SnapshotRow[]): Map<string, SnapshotRow[]> {
  return Map.groupBy(rows, ({ partition, space }) => keyOf(partition, space));
}

export function filesOf(rows: SnapshotRow[]): Set<string> {
  return new Set(rows.map(({ file }) => file));
}

export function bytesOf(rows: SnapshotRow[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Whether a row can be one of ours. */
function isPossible({ partition, space, sequence, created, file, offset, bytes }: SnapshotRow): boolean {
  const isNumbered = isCount(partition, MOST_PARTITIONS) && isCount(space, MOST_SPACES);
  const isMade = isCount(created, MOST_OPS) && isCount(sequence, MOST_OPS) && isSnapshotFile(file);
  return isNumbered && isMade && isCount(offset, Number.MAX_SAFE_INTEGER) && isCount(bytes, Number.MAX_SAFE_INTEGER);
}

/** Whether any of the sections of a file overlap: then reading all could take for ever. */
function overlap(sections: SnapshotRow[]): boolean {
  const sorted = sections.toSorted((a, b) => a.offset - b.offset);
  return sorted.some(({ offset }, i) => i > 0 && offset < sorted[i - 1]!.offset + sorted[i - 1]!.bytes);
}

function newestFirst(a: SnapshotRow, b: SnapshotRow): number {
  return a.partition - b.partition || a.space - b.space || b.sequence - a.sequence || (a.file < b.file ? 1 : -1);
}

function rowChecksum({ partition, space, sequence, created, file, offset, bytes }: SnapshotRow): string {
  return checksumOf(partition, space, sequence, created, file, offset, bytes);
}

function partitionChecksum({ partition, trimmed, held, nextSpace }: PartitionRow, digest: string): string {
  return checksumOf(partition, trimmed, held, nextSpace, digest);
}

/** Over a partition's snapshot rows, whatever their order. */
function digestOf(rows: SnapshotRow[], partition: number): string {
  const digests = new Digests();
  for (const row of rows) if (row.partition === partition) digests.add(partition, rowChecksum(row));
  return digests.of(partition);
}

class Digests {
  private readonly sums = new Map<number, { rows: number; sum: bigint }>();

  add(partition: number, checksum: string): void {
    const { rows, sum } = this.sums.get(partition) ?? { rows: 0, sum: 0n };
    this.sums.set(partition, { rows: rows + 1, sum: sum ^ BigInt(`0x${checksum}`) });
  }

  of(partition: number): string {
    const { rows, sum } = this.sums.get(partition) ?? { rows: 0, sum: 0n };
    return `${rows} ${sum.toString(16)}`;
  }

  /** Whether there are rows of partitions besides these. */
  hasOthers(known: { partition: number }[]): boolean {
    const own = new Set(known.map(({ partition }) => partition));
    return [...this.sums.keys()].some((partition) => !own.has(partition));
  }
}
