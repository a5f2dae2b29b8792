/*
 * Where does the journal lie on the disk, and how is it read? One SQLite file, written by one thread at a time.
 *
 *   journal     a row per group commit of a partition: first op's number, count, checksum, the ring's bytes
 *   snapshots   which space is in which file, at which cut; the newest two of each
 *   partitions  up to where the journal was trimmed, and what must be there: a digest over the partition's snapshots
 *   meta        what the index was made for
 *
 * SQLite notices neither a flipped bit in a blob nor rows that vanish with a damaged page, so every row has a checksum,
 * numbers leave no hole, and the digest tells when a row of `snapshots` is gone.
 */
import type { Database as SqliteDatabase } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { checksum, checksumOf } from "./checksum.ts";

export const FORMAT = 1;
const APPLICATION_ID = 0x686e7377; // "hnsw"
const PARTITION_STRIDE = 2 ** 48; // ids: partition × 2^48 + number of the first op
const REMOVE_SNAPSHOT = "DELETE FROM snapshots WHERE partition = ? AND space = ? AND sequence = ? AND file = ?";
const ROWS_A_TRIM = 4; // deleted in one transaction, each of up to 8 MiB: a commit waits for no more

/** One group commit: the ops `first` … `first + count − 1` of a partition. */
export interface Group {
  partition: number;
  first: number;
  count: number;
  payload: Uint8Array;
}

/** A row that can't be what was written. */
export interface BadGroup {
  partition: number;
  first: number;
  count: number;
  problem: string;
}

/** Where a space's snapshot lies. */
export interface SnapshotRow {
  partition: number;
  space: number;
  /** Number of the last op in it. */
  sequence: number;
  /** Number of the op that made the space. */
  created: number;
  file: string;
  offset: number;
  bytes: number;
}

/** What a partition's row says. */
export interface PartitionRow {
  partition: number;
  /** Ops up to this number may be gone from the journal. */
  trimmed: number;
  /** Ops up to this number are in the newest snapshots of their spaces. */
  held: number;
  nextSpace: number;
}

export interface Meta {
  dimensions: number;
  metric: string;
  M: number;
  seed: number;
  partitions: number;
}

/** What is on the disk is not what was written. */
export class Damage extends Error {}

export class JournalStore {
  private readonly db: SqliteDatabase;
  readonly path: string;
  /** How the file was when it was opened as one that nobody writes; null for one that others may write. */
  private readonly still: string | null;

  private constructor(db: SqliteDatabase, path: string, still: string | null = null) {
    this.db = db;
    this.path = path;
    this.still = still;
  }

  /** Opens the file, or makes it. Throws SQLite's errors. */
  static async open(path: string, mode: "create" | "write" | "read"): Promise<JournalStore> {
    const { Database, constants } = await import("bun:sqlite");
    if (mode !== "create" && !existsSync(path)) throw new Damage(`${path} is missing`);
    const still = mode === "read" ? stateOf(path) : null;
    if (still !== null) {
      // Without this SQLite leaves an empty write-ahead log behind, or can't read in a folder that can't be written.
      const url = `${pathToFileURL(path).href}?immutable=1`;
      const db = new Database(url, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
      return new JournalStore(db, path, still);
    }
    const db =
      mode === "read"
        ? new Database(path, { readonly: true })
        : new Database(path, { create: mode === "create", readwrite: true });
    try {
      db.run("PRAGMA busy_timeout = 10000");
      if (mode === "create") db.run("PRAGMA page_size = 32768");
      if (mode !== "read") {
        db.run("PRAGMA journal_mode = WAL");
        db.run("PRAGMA synchronous = FULL");
        db.run("PRAGMA fullfsync = ON"); // where fsync alone does not reach the disk
        // Bringing the log into the file holds a commit up for as long as it takes: rather seldom and at once.
        db.run("PRAGMA wal_autocheckpoint = 4096"); // pages: 128 MiB
        db.run("PRAGMA journal_size_limit = 134217728");
      }
      return new JournalStore(db, path);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }

  /**
   * Whether what was read with mode "read" counts. It does not when somebody began to write a file that nobody had open
   * before: then it is to be opened again.
   */
  get counts(): boolean {
    return this.still === null || this.still === stateOf(this.path);
  }

  /** Brings everything from the write-ahead log into the file itself. */
  settle(): void {
    this.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  // ── what the index was made for ───────────────────────────────────────────────────────────────────────────────────
  /** Makes the tables of a new index, in one transaction. */
  create(meta: Meta, partitions: PartitionRow[], snapshots: SnapshotRow[]): void {
    this.transaction(() => {
      this.db.run("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
      this.db.run(
        "CREATE TABLE journal (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, first INTEGER NOT NULL, " +
          "count INTEGER NOT NULL, checksum TEXT NOT NULL, payload BLOB NOT NULL)",
      );
      this.db.run(
        "CREATE TABLE snapshots (partition INTEGER NOT NULL, space INTEGER NOT NULL, sequence INTEGER NOT NULL, " +
          "created INTEGER NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, bytes INTEGER NOT NULL, " +
          "checksum TEXT NOT NULL, PRIMARY KEY (partition, space, sequence, file)) WITHOUT ROWID",
      );
      this.db.run(
        "CREATE TABLE partitions (partition INTEGER PRIMARY KEY, trimmed INTEGER NOT NULL, held INTEGER NOT NULL, " +
          "next_space INTEGER NOT NULL, digest TEXT NOT NULL, checksum TEXT NOT NULL)",
      );
      const insert = this.db.query("INSERT INTO meta VALUES (?, ?)");
      for (const [name, value] of Object.entries(meta)) insert.run(name, String(value));
      insert.run("checksum", metaChecksum(meta));
      this.insertSnapshots(snapshots);
      for (const row of partitions) this.writePartition(row);
      this.db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      this.db.run(`PRAGMA user_version = ${FORMAT}`);
    });
  }

  /** Format number of the file: FORMAT is ours; null when it is no journal at all. */
  format(): number | null {
    const id = this.pragma("application_id");
    return id === APPLICATION_ID ? this.pragma("user_version") : null;
  }

  /** Throws what SQLite would say to a write; BEGIN alone says nothing. */
  tryWriting(): void {
    this.db.run("DELETE FROM meta WHERE name = ''");
  }

  /** What SQLite finds wrong with how the file's pages hang together, or null. Reads all of it. */
  broken(): string | null {
    const row = this.db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
    return row?.quick_check === "ok" ? null : `${row?.quick_check ?? "it can't be checked"}`.trim();
  }

  /** Whether nothing has been made in the file yet. */
  isEmpty(): boolean {
    return this.db.query("SELECT 1 FROM sqlite_master LIMIT 1").get() === null;
  }

  private pragma(name: string): number {
    const row = this.db.query<Record<string, number>, []>(`PRAGMA ${name}`).get();
    return Object.values(row ?? {})[0] ?? 0;
  }

  /** Throws Damage when a value is missing or changed. */
  meta(): Meta {
    const rows = this.db.query<{ name: string; value: string }, []>("SELECT name, value FROM meta").all();
    const values = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    const meta = {
      dimensions: Number(values.dimensions),
      metric: String(values.metric),
      M: Number(values.M),
      seed: Number(values.seed),
      partitions: Number(values.partitions),
    };
    if (values.checksum !== metaChecksum(meta)) throw new Damage(`${this.path}: the table \`meta\` is damaged`);
    return meta;
  }

  // ── the journal ───────────────────────────────────────────────────────────────────────────────────────────────────
  /** Writes groups in one transaction: when it returns, they are on the disk. A row of the same number is replaced. */
  append(groups: Group[]): void {
    this.transaction(() => {
      const insert = this.db.query("INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?)");
      for (const group of groups) {
        const { partition, first, count, payload } = group;
        insert.run(partition * PARTITION_STRIDE + first, partition, first, count, groupChecksum(group), payload);
      }
    });
  }

  /**
   * Every group of a partition that holds an op after number `after`, in order. A damaged one comes as BadGroup; what
   * SQLite can't read is thrown.
   */
  *readFrom(partition: number, after = 0): Generator<Group | BadGroup> {
    type Row = Group & { id: number; checksum: string };
    const statement = this.db.query<Row, [number, number]>(
      "SELECT id, partition, first, count, checksum, payload FROM journal WHERE id > ? AND id < ? ORDER BY id LIMIT 1",
    );
    const start = partition * PARTITION_STRIDE;
    const end = start + PARTITION_STRIDE;
    const holding = this.db
      .query<{ id: number }, [number, number]>(
        "SELECT id FROM journal WHERE id >= ? AND id <= ? ORDER BY id DESC LIMIT 1",
      )
      .get(start, start + after + 1);
    for (let id = (holding?.id ?? start) - 1; ; ) {
      const row = statement.get(id, end);
      if (row === null) return;
      id = row.id;
      const { first, count, payload } = row;
      const sound = row.partition === partition && id === partition * PARTITION_STRIDE + first;
      if (sound && payload instanceof Uint8Array && row.checksum === groupChecksum(row)) {
        yield { partition, first, count, payload };
      } else {
        yield { partition, first: id - partition * PARTITION_STRIDE, count: Number(count), problem: "bad checksum" };
      }
    }
  }

  /** Number of the last op of a partition that has a row, or 0. */
  lastSequence(partition: number): number {
    const row = this.db
      .query<{ last: number }, [number, number]>(
        "SELECT first + count - 1 AS last FROM journal WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1",
      )
      .get(partition * PARTITION_STRIDE, (partition + 1) * PARTITION_STRIDE);
    return row?.last ?? 0;
  }

  /** Rows and bytes of payload. */
  size(): { groups: number; ops: number; bytes: number } {
    const sum = { groups: 0, ops: 0, bytes: 0 };
    for (const { groups, ops, bytes } of this.sizes()) {
      sum.groups += groups;
      sum.ops += ops;
      sum.bytes += bytes;
    }
    return sum;
  }

  /** The same of each partition that has a row. */
  sizes(): { partition: number; groups: number; ops: number; bytes: number }[] {
    type Row = { partition: number; groups: number; ops: number; bytes: number };
    return this.db
      .query<Row, []>(
        `SELECT id / ${PARTITION_STRIDE} AS partition, count(*) AS groups, sum(count) AS ops, ` +
          "sum(length(payload)) AS bytes FROM journal GROUP BY 1 ORDER BY 1",
      )
      .all();
  }

  // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────
  /** All snapshots, newest first within a space. Throws Damage when one is changed or missing. */
  snapshots(): SnapshotRow[] {
    const { rows, bad } = this.readSnapshots();
    if (bad.length > 0) throw new Damage(`${this.path}: ${bad.join("; ")}`);
    return rows;
  }

  /** The snapshots that make sense, and what does not. */
  readSnapshots(): { rows: SnapshotRow[]; bad: string[] } {
    const all = this.db
      .query<SnapshotRow & { checksum: string }, []>(
        "SELECT partition, space, sequence, created, file, offset, bytes, checksum FROM snapshots " +
          "ORDER BY partition, space, sequence DESC, file DESC",
      )
      .all();
    const rows: SnapshotRow[] = [];
    const bad: string[] = [];
    for (const { checksum: found, ...row } of all) {
      if (found === rowChecksum(row)) rows.push(row);
      else bad.push(`the row of space ${row.space} of partition ${row.partition} in \`snapshots\` is damaged`);
    }
    for (const { partition, digest } of this.readPartitions().found) {
      if (digestOf(rows, partition) !== digest) bad.push(`rows of partition ${partition} in \`snapshots\` are missing`);
    }
    return { rows, bad };
  }

  /** One row per partition. Throws Damage when one is changed or missing. */
  partitions(count: number): PartitionRow[] {
    const { found, bad } = this.readPartitions();
    if (bad.length === 0 && found.length === count) return found;
    throw new Damage(`${this.path}: ${bad[0] ?? `the table \`partitions\` has ${found.length} rows of ${count}`}`);
  }

  private readPartitions(): { found: (PartitionRow & { digest: string })[]; bad: string[] } {
    type Row = PartitionRow & { digest: string; checksum: string };
    const rows = this.db
      .query<Row, []>(
        "SELECT partition, trimmed, held, next_space AS nextSpace, digest, checksum FROM partitions ORDER BY partition",
      )
      .all();
    const isSound = ({ checksum: found, ...row }: Row) => found === partitionChecksum(row, row.digest);
    const bad = rows.filter((row) => !isSound(row)).map((row) => `the row of partition ${row.partition} is damaged`);
    return { found: rows.filter(isSound), bad };
  }

  /**
   * Registers a round of snapshots in one transaction: new rows in, rows of spaces that are gone and all but the newest
   * two of each out. `settled` says for each partition how it stands then, given what is registered.
   */
  register(
    made: SnapshotRow[],
    isGone: (row: SnapshotRow) => boolean,
    settled: (rows: SnapshotRow[]) => PartitionRow[],
  ): SnapshotRow[] {
    let kept: SnapshotRow[] = [];
    this.transaction(() => {
      const remove = this.db.query(REMOVE_SNAPSHOT);
      const newest = [...this.snapshots(), ...made].sort(newestFirst);
      const places = new Map<string, number>();
      kept = [];
      for (const row of newest) {
        const place = places.get(`${row.partition}/${row.space}`) ?? 0;
        places.set(`${row.partition}/${row.space}`, place + 1);
        if (place < 2 && !isGone(row)) kept.push(row);
        else remove.run(row.partition, row.space, row.sequence, row.file);
      }
      this.insertSnapshots(made.filter((row) => kept.includes(row)));
      for (const row of settled(kept)) this.writePartition(row, kept);
    });
    return kept;
  }

  /** Takes back what a recovery found damaged, so that it does not count as one of a space's two. */
  forget(rows: SnapshotRow[], partitions: number): void {
    this.transaction(() => {
      const remove = this.db.query(REMOVE_SNAPSHOT);
      const states = this.partitions(partitions);
      for (const { partition, space, sequence, file } of rows) remove.run(partition, space, sequence, file);
      for (const state of states) this.writePartition(state);
    });
  }

  private insertSnapshots(rows: SnapshotRow[]): void {
    const insert = this.db.query("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const row of rows) {
      const { partition, space, sequence, created, file, offset, bytes } = row;
      insert.run(partition, space, sequence, created, file, offset, bytes, rowChecksum(row));
    }
  }

  private writePartition(row: PartitionRow, snapshots?: SnapshotRow[]): void {
    const digest = digestOf(snapshots ?? this.allSnapshots(), row.partition);
    this.db
      .query("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?, ?)")
      .run(row.partition, row.trimmed, row.held, row.nextSpace, digest, partitionChecksum(row, digest));
  }

  private allSnapshots(): SnapshotRow[] {
    return this.db
      .query<SnapshotRow, []>("SELECT partition, space, sequence, created, file, offset, bytes FROM snapshots")
      .all();
  }

  /** Deletes the groups whose ops all have numbers up to the partition's `trimmed`, some rows at a time. */
  trim(rows: PartitionRow[]): void {
    for (const { partition, trimmed } of rows) {
      const [low, high] = [partition * PARTITION_STRIDE, (partition + 1) * PARTITION_STRIDE];
      const remove = this.db.query(
        "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE id >= ? AND id < ? AND first + count - 1 <= ? " +
          `ORDER BY id LIMIT ${ROWS_A_TRIM})`,
      );
      while (remove.run(low, high, trimmed).changes > 0);
    }
  }

  /** What SQLite itself finds wrong with the file, a line each. Reads all of it. */
  integrity(): string[] {
    const rows = this.db.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
    return rows.map(({ integrity_check }) => integrity_check).filter((line) => line !== "ok");
  }

  /** Everything that `work` reads is of one moment, whatever is written meanwhile. */
  atOneMoment<T>(work: () => T): T {
    this.db.run("BEGIN");
    try {
      return work();
    } finally {
      this.db.run("ROLLBACK");
    }
  }

  /** A copy of the file as it is now, in one piece. */
  copyTo(path: string): void {
    this.db.query("VACUUM INTO ?").run(path);
    syncFile(path);
    syncFile(dirname(path));
  }

  private transaction(work: () => void): void {
    this.db.run("BEGIN IMMEDIATE");
    try {
      work();
      this.db.run("COMMIT");
    } catch (error) {
      try {
        this.db.run("ROLLBACK");
      } catch {
        // SQLite has rolled back already
      }
      throw error;
    }
  }
}

/** Changes with every write; null while a log of SQLite's lies beside the file: somebody may have it open. */
function stateOf(path: string): string | null {
  if (existsSync(`${path}-wal`) || existsSync(`${path}-journal`)) return null;
  const { size, mtimeNs } = statSync(path, { bigint: true });
  return `${size} ${mtimeNs}`;
}

/** Waits until a file, or a folder's list of names, is on the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function newestFirst(a: SnapshotRow, b: SnapshotRow): number {
  return a.partition - b.partition || a.space - b.space || b.sequence - a.sequence || (a.file < b.file ? 1 : -1);
}

function groupChecksum({ partition, first, count, payload }: Group): string {
  return checksum(payload, `${partition} ${first} ${count}`);
}

function rowChecksum({ partition, space, sequence, created, file, offset, bytes }: SnapshotRow): string {
  return checksumOf(partition, space, sequence, created, file, offset, bytes);
}

function partitionChecksum({ partition, trimmed, held, nextSpace }: PartitionRow, digest: string): string {
  return checksumOf(partition, trimmed, held, nextSpace, digest);
}

function metaChecksum({ dimensions, metric, M, seed, partitions }: Meta): string {
  return checksumOf(dimensions, metric, M, seed, partitions);
}

/** Over a partition's snapshot rows, in whatever order they come. */
function digestOf(rows: SnapshotRow[], partition: number): string {
  let digest = 0n;
  let count = 0;
  for (const row of rows) {
    if (row.partition !== partition) continue;
    digest ^= BigInt(`0x${rowChecksum(row)}`);
    count++;
  }
  return `${count} ${digest.toString(16)}`;
}
