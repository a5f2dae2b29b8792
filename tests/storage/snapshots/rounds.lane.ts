/* Over many rounds and during heavy writes: is the journal trimmed, and can each space be restored from either snapshot? */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../../support/folder.ts";
import { clustered, expectHolds, expectSound, keysOf, type Model, random, uniform } from "../../support/indexes.ts";

const SEED = 4711;
const OPTIONS = { dimensions: 8, metric: "l2", workers: 1, partitions: 2, flatBelow: 100 } as const;

const filesIn = (folder: Folder) => readdirSync(join(folder.path, "snapshots")).sort();

function rowsIn(folder: Folder): number {
  using db = new Database(join(folder.path, "journal.sqlite"), { readonly: true });
  using count = db.query<{ n: number }, []>("SELECT count(*) AS n FROM journal");
  return count.get()!.n;
}

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
