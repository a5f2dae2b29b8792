/*
 * How do groups of ops lie in the journal's file? A row per group commit of a partition: its first op's number, count,
 * checksum, and the ring's bytes.
 *
 * SQLite notices neither a flipped bit in a blob nor rows that vanish with a damaged page: so every row has a checksum,
 * and numbers leave no hole.
 */
import { messageOf } from "../../errors.ts";
import { type BadGroup, type Group, isCount, LogFull, MOST_OPS, type OpLog } from "../../journal/log.ts";
import { atOnce, inSlices } from "../../runtime/event-loop.ts";
import { checksum } from "../disk/checksum.ts";
import { Damage } from "../disk/damage.ts";
import type { Look } from "../disk/identity.ts";
import { SqliteFile } from "../disk/sqlite.ts";

const PARTITION_STRIDE = 2 ** 48; // ids: partition × 2^48 + number of the first op
const ROWS_A_TRIM = 4; // deleted in one transaction, each of up to 8 MiB: a commit waits for no more

/** The payload, or null if it is no blob or larger than a ring: SQLite checks this before it reads the bytes. */
const SOUND_PAYLOAD = "CASE WHEN typeof(payload) = 'blob' AND length(payload) <= 8388608 THEN payload END";

/** What a log holds, or a partition of it. */
export interface LogSize {
  groups: number;
  ops: number;
  /** Of payload. */
  bytes: number;
}

export class GroupLog implements OpLog {
  /** `close` closes the file. */
  constructor(
    private readonly file: SqliteFile,
    private readonly look: Look = () => {},
  ) {}

  /** Opens the log of a journal's file for writing. Rejects with LogFull, SQLite's errors, or what `look` throws. */
  static async open(path: string, look: Look = () => {}): Promise<GroupLog> {
    look();
    return new GroupLog(await SqliteFile.open(path, "write").catch(refuse), look);
  }

  close(): void {
    this.file.close();
  }

  append(groups: Group[]): void {
    try {
      this.file.transaction(() => {
        this.look();
        const insert = this.file.db.query("INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?)");
        for (const group of groups) {
          const { partition, first, count, payload } = group;
          insert.run(partition * PARTITION_STRIDE + first, partition, first, count, groupChecksum(group), payload);
        }
      });
    } catch (error) {
      refuse(error);
    }
  }

  *readFrom(partition: number, after = 0): Generator<Group | BadGroup> {
    type Row = Group & { id: number; checksum: string };
    const statement = this.file.db.query<Row, [number, number]>(
      `SELECT id, partition, first, count, checksum, ${SOUND_PAYLOAD} AS payload FROM journal ` +
        "WHERE id > ? AND id < ? ORDER BY id LIMIT 1",
    );
    const start = partition * PARTITION_STRIDE;
    const end = start + PARTITION_STRIDE;
    let expected = Math.max(start, this.lastBelow(start, start + after + 2)?.id ?? start);
    for (let id = expected - 1; ; ) {
      const row = statement.get(id, end);
      if (row === null) return;
      if (row.id <= id) {
        // A damaged row stands in the place of the next one. One is skipped; after two, SQLite might lead in circles.
        if (id === expected) throw new Damage(`${this.file.path}: rows of partition ${partition} are out of order`);
        id = expected;
        yield { partition, first: expected - start, count: 1, problem: "out of order" };
        continue;
      }
      id = row.id;
      expected = id + 1;
      const { first, count, payload } = row;
      const sound = row.partition === partition && id === start + first && first > 0 && count > 0;
      if (sound && isCount(first + count, MOST_OPS) && payload !== null && row.checksum === groupChecksum(row)) {
        expected = id + count;
        yield { partition, first, count, payload };
      } else {
        yield { partition, first: id - start, count: Number(count), problem: "bad checksum" };
      }
    }
  }

  lastSequence(partition: number): number {
    return this.lastBelow(partition * PARTITION_STRIDE, (partition + 1) * PARTITION_STRIDE)?.last ?? 0;
  }

  private lastBelow(low: number, high: number): { id: number; last: number } | null {
    const last = "SELECT id, first + count - 1 AS last FROM journal WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1";
    return this.file.db.query<{ id: number; last: number }, [number, number]>(last).get(low, high);
  }

  /** Deletes the groups whose ops all have numbers up to the partition's `trimmed`, some rows at a time. */
  trim(partitions: { partition: number; trimmed: number }[]): void {
    const remove = this.file.db.query(
      "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE id >= ? AND id < ? AND first + count - 1 <= ? " +
        `ORDER BY id LIMIT ${ROWS_A_TRIM})`,
    );
    for (const { partition, trimmed } of partitions) {
      const [low, high] = [partition * PARTITION_STRIDE, (partition + 1) * PARTITION_STRIDE];
      while (remove.run(low, high, trimmed).changes > 0);
    }
  }

  /** What all partitions have in it, while the event loop runs on. */
  async size(): Promise<LogSize> {
    const sum = { groups: 0, ops: 0, bytes: 0 };
    for (const { groups, ops, bytes } of (await inSlices(this.measuring())).values()) {
      sum.groups += groups;
      sum.ops += ops;
      sum.bytes += bytes;
    }
    return sum;
  }

  /** What each partition has in it. */
  sizes(): Map<number, LogSize> {
    return atOnce(this.measuring());
  }

  /** Row by row: to group rows, SQLite would copy their payloads. */
  private *measuring(): Generator<void, Map<number, LogSize>> {
    const sizes = new Map<number, LogSize>();
    const rows = this.file.db.query<{ partition: number; ops: number; bytes: number }, []>(
      `SELECT id / ${PARTITION_STRIDE} AS partition, count AS ops, length(payload) AS bytes FROM journal ORDER BY id`,
    );
    for (const { partition, ops, bytes } of rows.iterate()) {
      const size = sizes.get(partition) ?? { groups: 0, ops: 0, bytes: 0 };
      sizes.set(partition, { groups: size.groups + 1, ops: size.ops + ops, bytes: size.bytes + bytes });
      yield;
    }
    return sizes;
  }
}

function refuse(error: unknown): never {
  throw (error as { code?: string }).code === "SQLITE_FULL" ? new LogFull(messageOf(error), { cause: error }) : error;
}

export function nameOf({ first, count }: Group | BadGroup): string {
  return `the group of ${count} ops from ${first} on`;
}

function groupChecksum({ partition, first, count, payload }: Group): string {
  return checksum(payload, `${partition} ${first} ${count}`);
}
