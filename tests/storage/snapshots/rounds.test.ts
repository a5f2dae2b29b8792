/* Do snapshots trim the journal, and can each space be restored from either of its two? */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../../support/folder.ts";
import { clustered, expectHolds, keysOf, modelOf, refusalOf } from "../../support/indexes.ts";

const SEED = 4711;
const OPTIONS = { dimensions: 8, metric: "l2", workers: 1, partitions: 2, flatBelow: 100 } as const;

function query<Row>(folder: Folder, sql: string): Row[] {
  const db = new Database(join(folder.path, "journal.sqlite"), { readonly: true });
  const rows = db.query<Row, []>(sql).all();
  db.close();
  return rows;
}

const rowsIn = (folder: Folder) => query<{ n: number }>(folder, "SELECT count(*) AS n FROM journal")[0]!.n;
const filesIn = (folder: Folder) => readdirSync(join(folder.path, "snapshots")).sort();

test("after two rounds nothing of the journal is left, and no file that is not needed", async () => {
  using folder = new Folder();
  await using parts = await folder.open(OPTIONS);
  const { index } = parts;
  const set = clustered(800, 8, SEED);
  for (let round = 0; round < 5; round++) {
    await index.space("a").addMany(keysOf(set), set.values);
    await index.space("b").add(round, set.at(round));
    await index.space(`once ${round}`).add("x", set.at(round));
    await index.checkpoint();
  }
  await index.checkpoint();
  expect(rowsIn(folder)).toBe(0);
  // Two snapshots of each of seven spaces, in a file for each round that they are from.
  const rows = query<{ file: string }>(folder, "SELECT file FROM snapshots");
  expect(rows).toHaveLength(14);
  expect(filesIn(folder)).toEqual([...new Set(rows.map(({ file }) => file))].sort());
  const { snapshots } = index.stats().journal!;
  await index.checkpoint(); // nothing has changed; at most the contents of mostly unused files are moved
  await index.checkpoint();
  await index.checkpoint();
  expect(index.stats().journal!.snapshots - snapshots).toBeLessThan(10);
  expect(filesIn(folder).length).toBeLessThan(5);
});

test("a dropped space's snapshots go with the next round", async () => {
  using folder = new Folder();
  await using parts = await folder.open(OPTIONS);
  const { index } = parts;
  await index.space("kept").add("x", new Float32Array(8).fill(1));
  await index.space("gone").add("x", new Float32Array(8).fill(1));
  await index.checkpoint();
  await index.checkpoint();
  await index.dropSpace("gone");
  await index.checkpoint();
  await index.checkpoint();
  expect(query(folder, "SELECT * FROM snapshots")).toHaveLength(2);
  expect(rowsIn(folder)).toBe(0);
});

test("a damaged snapshot is reported, and no longer counts as one of the two", async () => {
  using folder = new Folder();
  const set = clustered(500, 8, SEED);
  {
    await using parts = await folder.open(OPTIONS);
    await parts.index.space("s").addMany(keysOf(set), set.values);
    await parts.index.checkpoint();
    await parts.index.checkpoint();
  }
  const [first, second] = filesIn(folder);
  copyFileSync(join(folder.path, "snapshots", first!), join(folder.root, "first"));
  rmSync(join(folder.path, "snapshots", second!));
  {
    await using parts = await folder.open(OPTIONS);
    expect(parts.index.recovery!.problems).toHaveLength(1);
    expect(parts.index.recovery!.problems[0]).toContain(second!);
    await expectHolds(parts.index.space("s"), modelOf(set), "from the older one");
    await parts.index.checkpoint();
  }
  expect(query(folder, "SELECT * FROM snapshots")).toHaveLength(2);
  for (const file of filesIn(folder)) rmSync(join(folder.path, "snapshots", file));
  const refusal = await refusalOf(() => folder.open(OPTIONS));
  expect(refusal.code).toBe("PATH_DAMAGED");
  expect(refusal.message).toContain("no snapshot of space 0 is sound");
});
