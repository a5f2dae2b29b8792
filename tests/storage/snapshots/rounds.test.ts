/* Do snapshots trim the journal, and can each space be restored from either of its two? */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../../support/folder.ts";
import {
  clustered,
  expectHolds,
  expectSound,
  keysOf,
  type Model,
  modelOf,
  random,
  refusalOf,
  uniform,
} from "../../support/indexes.ts";

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

test("the journal grows to `snapshotAfterBytes` and no further, over many rounds that begin by themselves", async () => {
  using folder = new Folder();
  await using parts = await folder.open({ ...OPTIONS, snapshotAfterBytes: 2 ** 20, durability: "relaxed" });
  const { index } = parts;
  const set = uniform(2000, 8, SEED);
  for (let round = 0; round < 40; round++) {
    await index.space(`s${round % 3}`).addMany(keysOf(set), set.values);
    await index.flush();
  }
  // 80,000 ops of 52 bytes and more: about 5 MB in all.
  await index.checkpoint();
  await index.checkpoint();
  expect(rowsIn(folder)).toBe(0);
  expect(index.stats().journal!.snapshots).toBeGreaterThan(6);
  await expectSound(index, `seed ${SEED}`);
}, 30_000);

test("snapshots taken during heavy writes hold one moment each, and nothing is missing after them", async () => {
  using folder = new Folder();
  const set = clustered(6000, 8, SEED);
  const models = { a: new Map() as Model, b: new Map() as Model };
  {
    await using parts = await folder.open({ ...OPTIONS, workers: 2 });
    const { index } = parts;
    const rounds: Promise<void>[] = [];
    for (let from = 0; from < 6000; from += 300) {
      const keys = keysOf(set).slice(from, from + 300);
      const name = from % 900 === 0 ? "b" : "a";
      await index.space(name).addMany(keys, set.part(from, from + 300).values);
      for (const key of keys) models[name].set(key, set.at(key));
      rounds.push(index.checkpoint());
    }
    for (let key = 0; key < 3000; key += 3) {
      await index.space("a").delete(key);
      models.a.delete(key);
      if (key % 300 === 0) rounds.push(index.checkpoint());
    }
    await Promise.all(rounds);
  }
  await using parts = await folder.open(OPTIONS);
  for (const name of ["a", "b"] as const) await expectHolds(parts.index.space(name), models[name], `seed ${SEED}`);
  await expectSound(parts.index, `seed ${SEED}`);
}, 30_000);

describe("whichever snapshot file is lost, everything comes back", () => {
  test("random ops with rounds between them, then each file removed in turn", async () => {
    using folder = new Folder();
    const source = random(SEED);
    const set = uniform(200, 8, SEED);
    const spaces = new Map<string, Model>();
    const saved = join(folder.root, "saved");
    for (let round = 0; round < 4; round++) {
      {
        await using parts = await folder.open(OPTIONS);
        for (let i = 0; i < 120; i++) {
          const name = `s${source.below(3 + round)}`;
          const model = spaces.get(name) ?? new Map();
          const key = source.below(150);
          spaces.set(name, model.set(key, set.at(i)));
          void parts.index.space(name).add(key, set.at(i));
          if (source.below(50) === 0) await parts.index.checkpoint();
          if (source.below(60) === 0) {
            await parts.index.dropSpace(name);
            spaces.delete(name);
          }
        }
        await parts.index.flush();
        if (round % 2 === 0) await parts.index.checkpoint();
      }
      cpSync(folder.path, saved, { recursive: true });
      for (const file of filesIn(folder)) {
        rmSync(join(folder.path, "snapshots", file));
        {
          await using parts = await folder.open({ ...OPTIONS, workers: 0 });
          const context = `round ${round} without ${file}, seed ${SEED}`;
          expect(parts.index.spaces().sort(), context).toEqual([...spaces.keys()].sort());
          for (const [name, model] of spaces) await expectHolds(parts.index.space(name), model, `${context}, ${name}`);
        }
        rmSync(folder.path, { recursive: true });
        cpSync(saved, folder.path, { recursive: true });
      }
      rmSync(saved, { recursive: true });
    }
  }, 60_000);
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
