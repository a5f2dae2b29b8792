/* Does the catalog keep two snapshots of each space, and is a row that was changed or lost noticed? On SQLite in memory. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { Damage } from "../../../../src/storage/disk/damage.ts";
import { SqliteFile } from "../../../../src/storage/disk/sqlite.ts";
import { createTables } from "../../../../src/storage/disk/tables.ts";
import {
  bySpace,
  bytesOf,
  Catalog,
  filesOf,
  newPartitions,
  type SnapshotRow,
} from "../../../../src/storage/snapshots/catalog.ts";

const PARTITIONS = newPartitions(2);

let file: SqliteFile;
let catalog: Catalog;
beforeEach(async () => {
  file = await SqliteFile.open(":memory:", "create");
  createTables(file);
  catalog = new Catalog(file);
  catalog.begin(PARTITIONS, [row(0, 0, 1), row(1, 0, 1)]);
});
afterEach(() => file.close());

function row(partition: number, space: number, sequence: number): SnapshotRow {
  const file = `0000000${sequence}.hnsw`;
  return {
    partition,
    space,
    sequence,
    created: 1,
    file,
    offset: 16 + 10_000 * partition + 1000 * space,
    bytes: 100 * sequence,
  };
}

const register = (made: SnapshotRow[], isGone = (_: SnapshotRow) => false) =>
  catalog.register(made, isGone, () => PARTITIONS);

test("rows come back newest first within a space", () => {
  register([row(0, 0, 3), row(0, 1, 2)]);
  expect(catalog.snapshots()).toEqual([row(0, 0, 3), row(0, 0, 1), row(0, 1, 2), row(1, 0, 1)]);
  expect(catalog.partitions(2)).toMatchObject(PARTITIONS);
});

test("a round keeps the newest two of each space, and none of a space that is gone", () => {
  register([row(0, 0, 2), row(0, 1, 2)]);
  const kept = register([row(0, 0, 5)], ({ partition }) => partition === 1);
  expect(kept).toEqual([row(0, 0, 5), row(0, 0, 2), row(0, 1, 2)]);
  expect(catalog.snapshots()).toEqual(kept);
});

test("a round registers the partitions as they follow from what is kept", () => {
  const settled = [
    { partition: 0, trimmed: 1, held: 4, nextSpace: 2 },
    { partition: 1, trimmed: 0, held: 1, nextSpace: 1 },
  ];
  catalog.register(
    [row(0, 0, 4)],
    () => false,
    (rows) => {
      expect(rows).toEqual([row(0, 0, 4), row(0, 0, 1), row(1, 0, 1)]);
      return settled;
    },
  );
  expect(catalog.partitions(2)).toMatchObject(settled);
});

test("a round that fails changes nothing", () => {
  const before = catalog.snapshots();
  const fail = () => {
    throw new Error("enough");
  };
  expect(() => catalog.register([row(0, 0, 9)], () => false, fail)).toThrow("enough");
  expect(catalog.snapshots()).toEqual(before);
});

test("a damaged snapshot that is forgotten does not count as missing", () => {
  register([row(0, 0, 2)]);
  catalog.forget([row(0, 0, 2)], 2);
  expect(catalog.snapshots()).toEqual([row(0, 0, 1), row(1, 0, 1)]);
});

test("a changed row is noticed, and the others can be read", () => {
  file.db.run("UPDATE snapshots SET bytes = 7 WHERE partition = 1");
  expect(() => catalog.snapshots()).toThrow(Damage);
  expect(catalog.readSnapshots()).toEqual({
    rows: [row(0, 0, 1)],
    bad: [
      "the row of space 0 of partition 1 in `snapshots` is damaged",
      "rows of partition 1 in `snapshots` are missing",
    ],
  });
});

test("a lost row is noticed", () => {
  file.db.run("DELETE FROM snapshots WHERE partition = 0");
  expect(catalog.readSnapshots().bad).toEqual(["rows of partition 0 in `snapshots` are missing"]);
});

test.each(["trimmed = 9", "held = 9", "next_space = 9", "digest = 'x'"])("a partition with %s is noticed", (change) => {
  file.db.run(`UPDATE partitions SET ${change} WHERE partition = 1`);
  expect(() => catalog.partitions(2)).toThrow("the row of partition 1 is damaged");
});

test("a lost partition is noticed", () => {
  file.db.run("DELETE FROM partitions WHERE partition = 1");
  expect(() => catalog.partitions(2)).toThrow("has 1 rows of 2");
});

test("rows are counted by space, file and bytes", () => {
  const rows = [row(0, 0, 3), row(0, 0, 1), row(1, 0, 1)];
  expect([...bySpace(rows)]).toEqual([
    ["0/0", rows.slice(0, 2)],
    ["1/0", rows.slice(2)],
  ]);
  expect([...filesOf(rows)]).toEqual(["00000003.hnsw", "00000001.hnsw"]);
  expect(bytesOf(rows)).toBe(500);
});
