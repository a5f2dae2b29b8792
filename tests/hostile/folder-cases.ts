/* Folders to begin with, and what someone could have changed in one so that every checksum is right. */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  FORM_ARRAY,
  JOURNAL_ADD,
  JOURNAL_CREATE,
  JOURNAL_PUT,
  JOURNAL_UPDATE,
  ROW_HEADER,
  VALUE_FORM,
  VALUE_HEADER,
} from "../../assembly/layout.ts";
import { open } from "../../src/index.ts";
import { type Entry, entriesOf } from "../../src/journal/entries.ts";
import { uniform } from "../support/vectors.ts";
import type { JournalRow, Rows } from "./folder-rows.ts";

export const DIMENSIONS = 4;
/** What the folders are created with. */
export const SHAPE = { dimensions: DIMENSIONS, metric: "l2", partitions: 2 } as const;
/** Which fields there are stands in the journal: where it is lost, a salvage has to say. */
export const FIELDS = { tag: "keyword", size: "number" } as const;
const SET = uniform(60, DIMENSIONS, 66);

/**
 * Changes the folder `index` in `root`, where other files may lie beside it. May return a function, to be
 * called once its journal is closed.
 */
export type Change = (rows: Rows, index: string, root: string) => unknown;

/** Makes a folder as a crash leaves it: with snapshots, and with ops in the journal that none of them holds. */
export async function makeOrigin(path: string): Promise<void> {
  const options = { ...SHAPE, workers: 0, flatBelow: 16, fields: FIELDS } as const;
  await using index = await open({ ...options, path: `${path}.open` });
  for (let i = 0; i < 30; i++) await index.space(`s${i % 3}`).add(i, SET.at(i));
  const note = (i: number) => ({ tag: ["a", `b${i}`], size: i % 3 === 0 ? [i, 0.5] : i, text: "ü".repeat(i) });
  for (let i = 0; i < 20; i++) await index.space("notes").add(i, SET.at(i), note(i));
  await index.flush();
  await index.checkpoint();
  await index.checkpoint();
  for (let i = 30; i < 60; i++) await index.space(`s${i % 3}`).add(`k${i}`, SET.at(i));
  await index.space("late").add(-1, SET.at(0));
  await index.space("s0").delete(3);
  for (let i = 15; i < 25; i++) await index.space("notes").add(i, SET.at(i), note(i), { expiresAt: 4e12 });
  for (let i = 0; i < 25; i += 3) await index.space("notes").update(i, { tag: "c" });
  cpSync(`${path}.open`, path, { recursive: true });
}

/** The first entry of that kind in the journal, or all with documents, changed where they lie. */
function changeEntry(
  rows: Rows,
  kind: number,
  change: (words: DataView, entry: Entry & { at: number }) => void,
  which: "first" | "documents" = "first",
): void {
  let isDone = false;
  const changed = rows.journal.map((row): JournalRow => {
    const payload = row.payload.slice();
    let at = 0;
    for (const entry of entriesOf(payload, DIMENSIONS)) {
      if (entry.kind === kind && (which === "first" ? !isDone : entry.row.length > 0)) {
        change(new DataView(payload.buffer), { ...entry, at });
        isDone = true;
      }
      at += new DataView(payload.buffer).getUint32(at, true);
    }
    return { ...row, payload };
  });
  rows.setJournal(changed);
}

const changeAdd = (rows: Rows, change: (words: DataView, entry: Entry & { at: number }) => void) =>
  changeEntry(rows, JOURNAL_ADD, change);

/** A byte of the first keyword in each row, or one of its document. */
const changeRow = (rows: Rows, kind: number, what: "value" | "document") =>
  changeEntry(
    rows,
    kind,
    (words, { row }) => {
      const at = what === "value" ? firstKeyword(row) : Buffer.from(row).lastIndexOf('"tag":') + '"tag'.length - 1;
      words.setUint8(row.byteOffset + at, 0x7a);
    },
    "documents",
  );

/** Of the first field: of a list, the first element. */
function firstKeyword(row: Uint8Array): number {
  return ROW_HEADER + VALUE_HEADER + (row[ROW_HEADER + VALUE_FORM] === FORM_ARRAY ? 4 : 0);
}

const changeSnapshots = (rows: Rows, change: (row: Rows["snapshots"][number]) => void) => {
  const changed = rows.snapshots;
  for (const row of changed) change(row);
  rows.setSnapshots(changed);
};

/** Replaces a table by a view of its name. */
function asView(rows: Rows, table: string, columns: string, select: string): void {
  rows.db.run(`ALTER TABLE ${table} RENAME TO was_${table}`);
  rows.db.run(`CREATE VIEW ${table} (${columns}) AS ${select}`);
}

/** Moves a file or folder out of the index, and puts a link in its place. */
function asLink(index: string, root: string, name: string): void {
  renameSync(join(index, name), join(root, "precious"));
  symlinkSync(join(root, "precious"), join(index, name));
}

const ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
const firstFile = (index: string) => readdirSync(join(index, "snapshots")).sort()[0]!;
const pipe = (path: string) => {
  rmSync(path, { recursive: true, force: true });
  Bun.spawnSync(["mkfifo", path]);
};

/** By what was changed. */
export const CASES: Record<string, Change> = {
  "nothing at all": () => {},
  "a snapshot's file that leads out of the folder": (rows, index, root) => {
    writeFileSync(join(root, "escaped.hnsw"), readFileSync(join(index, "snapshots", firstFile(index))));
    changeSnapshots(rows, (row) => {
      row.file = "../../escaped.hnsw";
    });
  },
  "a snapshot's file with a whole path": (rows, _, root) => {
    writeFileSync(join(root, "escaped.hnsw"), "not ours");
    changeSnapshots(rows, (row) => {
      row.file = join(root, "escaped.hnsw");
    });
  },
  "a snapshot's file that is the folder itself": (rows) => {
    changeSnapshots(rows, (row) => {
      row.file = ".";
    });
  },
  "a snapshot's file that is a link": (_, index, root) => asLink(index, root, `snapshots/${firstFile(index)}`),
  "a snapshot's file that is a pipe": (_, index) => pipe(join(index, "snapshots", firstFile(index))),
  "a snapshot in a partition that does not exist": (rows) => {
    changeSnapshots(rows, (row) => {
      row.partition = 9;
    });
  },
  "a snapshot at a negative place": (rows) => {
    changeSnapshots(rows, (row) => {
      row.offset = -1;
    });
  },
  "a snapshot of negative length": (rows) => {
    changeSnapshots(rows, (row) => {
      row.bytes = -5;
    });
  },
  "a snapshot of endless length": (rows) => {
    changeSnapshots(rows, (row) => {
      row.bytes = Number.MAX_SAFE_INTEGER;
    });
  },
  "a snapshot of space −1": (rows) => {
    changeSnapshots(rows, (row) => {
      row.space = -1;
    });
  },
  "a hundred thousand spaces in the same bytes": (rows) => {
    const [first] = rows.snapshots;
    rows.setSnapshots(Array.from({ length: 100_000 }, (_, space) => ({ ...first!, space, bytes: 1 << 20 })));
  },
  "numbers of ops beyond all counting": (rows) => {
    rows.setPartitions(rows.partitions.map((row) => ({ ...row, trimmed: 2 ** 53 - 2, held: 2 ** 53 - 2 })));
  },
  "a next space beyond the last id": (rows) => {
    rows.setPartitions(rows.partitions.map((row) => ({ ...row, next_space: 2 ** 32 })));
  },
  "a next space that is the last id": (rows) => {
    rows.setPartitions(rows.partitions.map((row) => ({ ...row, next_space: 2 ** 31 - 1 })));
  },
  "snapshots/ as a link": (_, index, root) => {
    asLink(index, root, "snapshots");
    writeFileSync(join(root, "precious", "00000009.hnsw"), "not ours");
  },
  "journal.mark as a link": (_, index, root) => asLink(index, root, "journal.mark"),
  "journal.mark as a link to nothing": (_, index, root) => {
    rmSync(join(index, "journal.mark"));
    symlinkSync(join(root, "missing"), join(index, "journal.mark"));
  },
  "journal.mark as a pipe": (_, index) => pipe(join(index, "journal.mark")),
  "journal.mark as a folder": (_, index) => {
    rmSync(join(index, "journal.mark"));
    mkdirSync(join(index, "journal.mark"));
  },
  "lock as a link": (_, index, root) => {
    writeFileSync(join(root, "precious"), "");
    rmSync(join(index, "lock"), { force: true });
    symlinkSync(join(root, "precious"), join(index, "lock"));
  },
  "lock as a database": (_, index) => cpSync(join(index, "journal.sqlite"), join(index, "lock")),
  "journal.sqlite as a link": (_, index, root) => () => asLink(index, root, "journal.sqlite"),
  "journal.sqlite as a pipe": (_, index) => () => pipe(join(index, "journal.sqlite")),
  "a write-ahead log that is a link": (_, index, root) => {
    writeFileSync(join(root, "precious"), "not ours");
    return () => symlinkSync(join(root, "precious"), join(index, "journal.sqlite-wal"));
  },
  "a rollback journal that names a file to delete": (_, index, root) => {
    writeFileSync(join(root, "precious"), "not ours\0");
    return () => writeFileSync(join(index, "journal.sqlite-journal"), hotJournal(join(root, "precious")));
  },
  "a view without an end in place of the journal": (rows) =>
    asView(
      rows,
      "journal",
      "id, partition, first, count, checksum, payload",
      `${ENDLESS} SELECT i, 0, i, 1, '', x'00' FROM n`,
    ),
  "a view without an end in place of meta": (rows) =>
    asView(rows, "meta", "name, value", `${ENDLESS} SELECT i, i FROM n`),
  "a view without an end in place of snapshots": (rows) =>
    asView(
      rows,
      "snapshots",
      "partition, space, sequence, created, file, offset, bytes, checksum",
      `${ENDLESS} SELECT 0, i, 1, 1, 'x', 16, 100, '' FROM n`,
    ),
  "a trigger": (rows) => {
    rows.db.run("CREATE TRIGGER t AFTER INSERT ON journal BEGIN DELETE FROM journal; END");
  },
  "a generated column": (rows) => {
    rows.db.run("ALTER TABLE snapshots ADD COLUMN more TEXT AS (file || 'x')");
  },
  "an index of an expression": (rows) => {
    rows.db.run("CREATE INDEX more ON journal (length(payload) * 2)");
  },
  "one table more": (rows) => {
    rows.db.run("CREATE TABLE more (anything)");
  },
  "a salvaged journal that has views": (rows, index) => {
    rows.checkpoint();
    cpSync(join(index, "journal.sqlite"), join(index, "journal.salvaged.sqlite"));
    using fresh = rows.another("journal.salvaged.sqlite");
    const columns = "partition, space, sequence, created, file, offset, bytes, checksum";
    asView(fresh, "snapshots", columns, `${ENDLESS} SELECT 0, i, 1, 1, 'x', 16, 100, '' FROM n`);
  },
  "pages that lead in circles": (rows, index) => {
    rows.checkpoint();
    const [page, root] = [rows.number("PRAGMA page_size"), rootOf(rows, "partitions")];
    return () => circles(join(index, "journal.sqlite"), page, root);
  },
  "2³¹ partitions": (rows) => rows.setMeta({ partitions: 2 ** 31 }),
  "no partition": (rows) => rows.setMeta({ partitions: 0 }),
  "half a partition": (rows) => rows.setMeta({ partitions: 1.5 }),
  "10⁹ dimensions": (rows) => rows.setMeta({ dimensions: 1e9 }),
  "an unknown metric": (rows) => rows.setMeta({ metric: "hamming" }),
  "M of 10⁹": (rows) => rows.setMeta({ M: 1e9 }),
  "groups of a partition that does not exist": (rows) =>
    rows.setJournal([
      ...rows.journal,
      ...rows.journal.map((row) => ({ ...row, partition: 9, id: 9 * 2 ** 48 + row.first })),
    ]),
  "a group of −1 ops": (rows) => rows.setJournal(rows.journal.map((row, i) => (i === 0 ? { ...row, count: -1 } : row))),
  "a group with a payload of text": (rows) => {
    rows.db.run("UPDATE journal SET payload = 'text'");
  },
  "a group of 30 MB": (rows) => {
    rows.db.run("UPDATE journal SET payload = zeroblob(30000000) WHERE id = (SELECT max(id) FROM journal)");
  },
  "an add of a vector that is no number": (rows) =>
    changeAdd(rows, (words, { vector }) => words.setFloat32(vector.byteOffset, Number.NaN, true)),
  "an add of an endless vector": (rows) =>
    changeAdd(rows, (words, { vector }) => words.setFloat32(vector.byteOffset, 3e38, true)),
  "an add with a key of an unknown kind": (rows) => changeAdd(rows, (words, { at }) => words.setUint8(at + 15, 77)),
  "an add with a key that is not UTF-8": (rows) =>
    changeAdd(rows, (words, { key }) => words.setUint8(key.byteOffset, 0xff)),
  "an add with a keyword that its document does not have": (rows) => changeRow(rows, JOURNAL_PUT, "value"),
  "an update with a keyword that its document does not have": (rows) => changeRow(rows, JOURNAL_UPDATE, "value"),
  "an update with a document that has another property": (rows) => changeRow(rows, JOURNAL_UPDATE, "document"),
  "an add of a space that does not exist": (rows) =>
    changeAdd(rows, (words, { at }) => words.setUint32(at + 8, 777, true)),
  "an op of an unknown kind": (rows) => changeAdd(rows, (words, { at }) => words.setUint32(at + 4, 99, true)),
  "a space of the last id": (rows) =>
    changeEntry(rows, JOURNAL_CREATE, (words, { at }) => words.setUint32(at + 8, 0xffffffff, true)),
  "a space under the id of another": (rows) =>
    changeEntry(rows, JOURNAL_CREATE, (words, { at }) => words.setUint32(at + 8, 0, true)),
  "a space whose name is a number": (rows) =>
    changeEntry(rows, JOURNAL_CREATE, (words, { at }) => words.setUint8(at + 15, 2)),
};

/** A rollback journal of no page that names a super-journal: SQLite deletes that once the journal is played back. */
function hotJournal(superJournal: string): Uint8Array {
  const MAGIC = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
  const head = Buffer.alloc(512);
  head.set(MAGIC);
  head.writeUInt32BE(0, 8); // pages in it
  head.writeUInt32BE(1, 16); // pages of the file before
  head.writeUInt32BE(512, 20); // a sector
  head.writeUInt32BE(32768, 24); // a page
  const name = Buffer.from(superJournal);
  const tail = Buffer.alloc(16);
  tail.writeUInt32BE(name.length, 0);
  tail.writeUInt32BE(
    name.reduce((sum, byte) => sum + byte, 0),
    4,
  );
  tail.set(MAGIC, 8);
  const lockPage = Buffer.alloc(4);
  lockPage.writeUInt32BE(2 ** 30 / 32768 + 1);
  return Buffer.concat([head, lockPage, name, tail]);
}

const rootOf = (rows: Rows, table: string) => rows.number(`SELECT rootpage FROM sqlite_schema WHERE name = '${table}'`);

/** Makes a table's root a page whose hundred children are one and the same, five levels deep. */
function circles(file: string, page: number, root: number): void {
  const bytes = readFileSync(file);
  const LEVELS = 5;
  const CHILDREN = 100;
  const last = bytes.length / page;
  const pages: Buffer[] = [];
  const interior = (child: number) => {
    const each = Buffer.alloc(page);
    each[0] = 5; // the inside of a table
    each.writeUInt16BE(CHILDREN, 3);
    each.writeUInt16BE(page - CHILDREN * 5, 5);
    each.writeUInt32BE(child, 8); // the rightmost
    for (let i = 0; i < CHILDREN; i++) {
      const at = page - (i + 1) * 5;
      each.writeUInt16BE(at, 12 + 2 * i);
      each.writeUInt32BE(child, at);
      each[at + 4] = i;
    }
    return each;
  };
  pages.push(bytes.subarray((root - 1) * page, root * page)); // the leaf with the rows
  for (let level = 1; level < LEVELS; level++) pages.push(interior(last + level));
  const all = Buffer.concat([bytes, ...pages]);
  all.set(interior(last + LEVELS), (root - 1) * page);
  all.writeUInt32BE(all.length / page, 28); // pages in the file
  writeFileSync(file, all);
}
