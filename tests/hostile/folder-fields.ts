/* Any field of any row, entry, page, mark and file of a folder, with a value that someone may have chosen, from a seed. */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { J_HEADER } from "../../assembly/layout.ts";
import { entriesOf } from "../../src/journal/entries.ts";
import { checksum } from "../../src/storage/disk/checksum.ts";
import { type Random, random } from "../support/vectors.ts";
import { type Change, DIMENSIONS } from "./folder-cases.ts";
import type { Rows } from "./folder-rows.ts";

type Value = number | string | Uint8Array | null;

const NUMBERS = [-1, 0, 1, 2, 3, 9, 31, 32, 255, 4096, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 47, 2 ** 48];
const LARGE = [2 ** 53 - 2, 2 ** 53, -(2 ** 53), 2 ** 62, 1.5, -0.5, 1e300];
const OTHERS: Value[] = ["", "text", "1", null, new Uint8Array(3), "x".repeat(100_000)];
const FILES: Value[] = [
  ...["..", "../snapshots/00000001.hnsw", "/etc/passwd", "00000001.hnsw.tmp", "0000001.hnsw", "00000099.hnsw", "lock"],
  ...["00000001.hnsw\0", "00000001.HNSW", "./00000001.hnsw", "../journal.sqlite", "a\nb"],
];
const FLOATS = [Number.NaN, Number.POSITIVE_INFINITY, 3e38, -3e38, 0, 1e-30, 1e-45, 5e-324, 1e18];

const pick = <T>(source: Random, from: readonly T[]): T => from[source.below(from.length)]!;

/** Another number, near the one that is there or far from it. */
function numberFor(source: Random, was: number): Value {
  const kind = source.below(10);
  if (kind < 3) return was + source.below(5) - 2;
  if (kind < 7) return pick(source, NUMBERS);
  return kind < 9 ? pick(source, LARGE) : pick(source, OTHERS);
}

/** One row of a table with another value in one field, or without it, or with it twice. */
function changeRow<Row extends object>(source: Random, rows: Row[], files: Value[] = []): Row[] {
  if (rows.length === 0) return rows;
  const at = source.below(rows.length);
  const row = { ...rows[at]! } as Record<string, Value>;
  const field = pick(source, Object.keys(row));
  const was = row[field];
  const how = source.below(10);
  if (how === 0) return rows.toSpliced(at, 1);
  row[field] = typeof was === "number" ? numberFor(source, was) : pick(source, [...files, ...OTHERS]);
  return how < 3 ? [...rows, row as Row] : rows.with(at, row as Row);
}

function changeMeta(source: Random, rows: Rows): void {
  const name = pick(source, ["dimensions", "metric", "M", "seed", "partitions"]);
  const value =
    name === "metric" ? pick(source, ["cosine", "dot", "", "toString", "__proto__", null]) : numberFor(source, 4);
  rows.setMeta({ [name]: value as string });
}

/** One word, float or byte of one entry, or of its row. */
function changeEntry(source: Random, rows: Rows): void {
  const { journal } = rows;
  const row = pick(source, journal);
  const words = new DataView(row.payload.buffer, row.payload.byteOffset, row.payload.byteLength);
  const entries = Array.from(entriesOf(row.payload, DIMENSIONS));
  const sizes = entries.map(({ vector, row, key }) => J_HEADER + vector.length + row.length + ((key.length + 3) & ~3));
  const number = source.below(entries.length);
  const at = sizes.slice(0, number).reduce((sum, size) => sum + size, 0);
  const { vector, row: put, key } = entries[number]!;
  const how = source.below(put.length > 0 ? 6 : 4);
  const rowAt = at + J_HEADER + vector.length;
  if (how === 0 && vector.length > 0) {
    words.setFloat32(at + J_HEADER + 4 * source.below(DIMENSIONS), pick(source, FLOATS), true);
  } else if (how === 1 && key.length > 0)
    words.setUint8(rowAt + put.length + source.below(key.length), pick(source, [0, 1, 0x80, 0xc0, 0xff]));
  else if (how === 2) words.setUint8(at + 12 + source.below(4), pick(source, [0, 1, 2, 3, 4, 5, 8, 77, 255]));
  else if (how === 4) words.setUint8(rowAt + source.below(put.length), source.below(256));
  else if (how === 5)
    words.setUint32(rowAt + 4 * source.below(put.length / 4), Number(pick(source, NUMBERS)) >>> 0, true);
  else words.setUint32(at + 4 * source.below(4), Number(pick(source, NUMBERS)) >>> 0, true);
  rows.setJournal(journal);
}

const SCHEMAS = [
  "DROP TABLE snapshots",
  "DROP TABLE partitions",
  "DROP TABLE journal",
  "DROP TABLE meta",
  "ALTER TABLE journal ADD COLUMN more",
  "ALTER TABLE partitions RENAME COLUMN held TO hold",
  "CREATE VIEW more AS SELECT * FROM journal",
  "CREATE INDEX more ON snapshots (file)",
  "CREATE TEMP TRIGGER t AFTER INSERT ON journal BEGIN DELETE FROM journal; END",
  "CREATE TRIGGER t BEFORE DELETE ON meta BEGIN DELETE FROM journal; END",
  "CREATE TABLE sqlite_other (a)",
  "CREATE VIRTUAL TABLE more USING fts5(a)",
  "PRAGMA user_version = 2",
  "PRAGMA user_version = 0",
  "PRAGMA application_id = 1",
  "PRAGMA journal_mode = DELETE",
  "VACUUM",
  "ANALYZE",
];

function changeSchema(source: Random, rows: Rows): void {
  try {
    rows.db.run(pick(source, SCHEMAS));
  } catch {} // some are refused by SQLite
}

/** A few bytes of SQLite's own structures. */
function changePage(source: Random, rows: Rows, index: string): () => void {
  rows.checkpoint();
  const page = rows.number("PRAGMA page_size");
  const pages = rows.number("PRAGMA page_count");
  const where = source.below(pages) * page + (source.below(2) === 0 ? source.below(120) : source.below(page));
  const bytes = Uint8Array.from({ length: 1 + source.below(4) }, () => source.below(256));
  return () => overwrite(join(index, "journal.sqlite"), bytes, where);
}

function overwrite(path: string, bytes: Uint8Array, at: number): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

function changeMark(source: Random, index: string): void {
  const numbers = new Float64Array(2).map(() => Number(pick<number>(source, [...NUMBERS, ...LARGE, Number.NaN, 40])));
  const bytes = new Uint8Array(numbers.buffer);
  const extra = source.below(4) === 0 ? 8 : 0;
  writeFileSync(join(index, "journal.mark"), Buffer.concat([Buffer.from(checksum(bytes)), bytes, Buffer.alloc(extra)]));
}

/** A file that is gone, empty, cut off, a link, or another one of the folder; or one more. */
function changeFile(source: Random, index: string, root: string): () => void {
  const names = (readdirSync(index, { recursive: true }) as string[]).filter((name) => !name.includes("-")).sort();
  const name = pick(source, names);
  const other = pick(
    source,
    names.filter((each) => each.includes(".")),
  );
  const path = join(index, name);
  const put = (bytes: Uint8Array) => {
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, bytes);
  };
  const extra = pick(source, ["00000009.hnsw", "99999999999999999999.hnsw", "1e9.hnsw", "00000002.hnsw.tmp", "more"]);
  const ways: (() => void)[] = [
    () => rmSync(path, { recursive: true }),
    () => put(new Uint8Array(0)),
    () => put(readFileSync(join(index, other)).subarray(0, source.below(5000))),
    () => put(readFileSync(join(index, other))),
    () => writeFileSync(join(index, "snapshots", extra), readFileSync(join(index, other))),
    () => {
      renameSync(path, join(root, "precious"));
      symlinkSync(join(root, "precious"), path);
    },
    () => {
      rmSync(path, { recursive: true });
      symlinkSync(pick(source, [path, join(root, "missing"), "/etc", other]), path);
    },
    () =>
      writeFileSync(
        join(index, pick(source, ["journal.sqlite-journal", "lock", "journal.salvaged.sqlite"])),
        readFileSync(join(index, other)),
      ),
  ];
  return pick(source, ways);
}

/** What is changed, and how. */
export function fieldCase(seed: number): Change {
  return (rows, index, root) => {
    const source = random(seed);
    switch (source.below(12)) {
      case 0:
      case 1:
      case 2:
        return rows.setSnapshots(changeRow(source, rows.snapshots, FILES));
      case 3:
      case 4:
        return rows.setPartitions(changeRow(source, rows.partitions));
      case 5:
        return changeMeta(source, rows);
      case 6:
        return rows.setJournal(changeRow(source, rows.journal));
      case 7:
      case 8:
        return changeEntry(source, rows);
      case 9:
        return source.below(3) === 0 ? changeMark(source, index) : changeSchema(source, rows);
      case 10:
        return changePage(source, rows, index);
      default:
        return changeFile(source, index, root);
    }
  };
}
