/* How is a row of a journal changed so that its checksum is right again? As src/storage/ makes them. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { checksum, checksumOf } from "../../src/storage/disk/checksum.ts";

export interface JournalRow {
  id: number;
  partition: number;
  first: number;
  count: number;
  payload: Uint8Array;
}

export interface SnapshotRow {
  partition: number;
  space: number;
  sequence: number;
  created: number;
  file: string;
  offset: number;
  bytes: number;
}

interface PartitionRow {
  partition: number;
  trimmed: number;
  held: number;
  next_space: number;
}

/** The tables of a journal that is not open elsewhere; what is written is brought into the file itself. */
export class Rows implements Disposable {
  readonly db: Database;

  constructor(
    private readonly folder: string,
    file = "journal.sqlite",
  ) {
    this.db = new Database(join(folder, file), { readwrite: true });
    this.checkpoint();
  }

  /** Of another file in the folder. */
  another(file: string): Rows {
    return new Rows(this.folder, file);
  }

  checkpoint(): void {
    this.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** The one number that a query gives. */
  number(query: string): number {
    return Number(this.db.query(query).values()[0]![0]);
  }

  [Symbol.dispose](): void {
    this.checkpoint();
    this.db.close();
  }

  get journal(): JournalRow[] {
    return this.db.query<JournalRow, []>("SELECT id, partition, first, count, payload FROM journal ORDER BY id").all();
  }

  get snapshots(): SnapshotRow[] {
    return this.db
      .query<SnapshotRow, []>("SELECT partition, space, sequence, created, file, offset, bytes FROM snapshots")
      .all();
  }

  get partitions(): PartitionRow[] {
    return this.db
      .query<PartitionRow, []>("SELECT partition, trimmed, held, next_space FROM partitions ORDER BY partition")
      .all();
  }

  setJournal(rows: JournalRow[]): void {
    this.replace("journal", rows, ({ id, partition, first, count, payload }) => [
      id,
      partition,
      first,
      count,
      "",
      payload,
    ]);
    const update = this.db.query("UPDATE journal SET checksum = ? WHERE id = ?");
    for (const { id, partition, first, count, payload } of this.journal) {
      if (payload instanceof Uint8Array) update.run(checksum(payload, `${partition} ${first} ${count}`), id);
    }
  }

  /** Other snapshots, and digests of partitions that agree. */
  setSnapshots(rows: SnapshotRow[]): void {
    this.replace("snapshots", rows, ({ partition, space, sequence, created, file, offset, bytes }) => {
      return [partition, space, sequence, created, file, offset, bytes, ""];
    });
    const key = "partition = ? AND space = ? AND sequence = ? AND file = ?";
    const update = this.db.query(`UPDATE snapshots SET checksum = ? WHERE ${key}`);
    this.db.transaction(() => {
      for (const row of this.snapshots) update.run(sumOf(row), row.partition, row.space, row.sequence, row.file);
    })();
    this.setPartitions(this.partitions);
  }

  setPartitions(rows: PartitionRow[]): void {
    this.replace("partitions", rows, ({ partition, trimmed, held, next_space }) => {
      return [partition, trimmed, held, next_space, "", ""];
    });
    const { snapshots } = this;
    const update = this.db.query("UPDATE partitions SET digest = ?, checksum = ? WHERE partition = ?");
    for (const { partition, trimmed, held, next_space: next } of this.partitions) {
      const digest = digestOf(snapshots, partition);
      update.run(digest, checksumOf(partition, trimmed, held, next, digest), partition);
    }
  }

  /** Puts in what SQLite takes: the checksums are to be those of what is read back. */
  private replace<Row>(table: string, rows: Row[], valuesOf: (row: Row) => (number | string | Uint8Array)[]): void {
    this.db.transaction(() => {
      this.db.run(`DELETE FROM ${table}`);
      for (const row of rows) {
        const values = valuesOf(row);
        try {
          this.db.query(`INSERT OR IGNORE INTO ${table} VALUES (${values.map(() => "?")})`).run(...values);
        } catch (error) {
          // A text as a row's number: no file can hold that.
          if ((error as { code?: string }).code !== "SQLITE_MISMATCH") throw error;
        }
      }
    })();
  }

  /** Other values of `meta`. */
  setMeta(values: Record<string, string | number>): void {
    const rows = this.db.query<{ name: string; value: string }, []>("SELECT name, value FROM meta").all();
    const meta = { ...Object.fromEntries(rows.map(({ name, value }) => [name, value])), ...values };
    const number = (name: string) => Number(meta[name]);
    const sum = checksumOf(
      number("dimensions"),
      String(meta.metric),
      number("M"),
      number("seed"),
      number("partitions"),
    );
    const update = this.db.query("UPDATE meta SET value = ? WHERE name = ?");
    for (const [name, value] of Object.entries({ ...meta, checksum: sum })) update.run(String(value), name);
  }
}

function sumOf({ partition, space, sequence, created, file, offset, bytes }: SnapshotRow): string {
  return checksumOf(partition, space, sequence, created, file, offset, bytes);
}

function digestOf(rows: SnapshotRow[], partition: number): string {
  let digest = 0n;
  let count = 0;
  for (const row of rows) {
    if (row.partition !== partition) continue;
    digest ^= BigInt(`0x${sumOf(row)}`);
    count++;
  }
  return `${count} ${digest.toString(16)}`;
}
