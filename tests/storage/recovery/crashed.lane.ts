/* After a crash that left no time for a snapshot, is every acknowledged op there? */
import { expect, test } from "bun:test";
import type { HnswError } from "../../../src/index.ts";
import { Folder } from "../../support/folder.ts";
import { Helper } from "../../support/helper.ts";
import { clustered, expectHolds, expectSound, keysOf, type Model, modelOf, uniform } from "../../support/indexes.ts";

const SEED = 1729;

for (const metric of ["cosine", "l2", "dot"] as const) {
  test(`ops after a snapshot come back with the same distances, to the last bit, ${metric} in 5 dimensions`, async () => {
    using folder = new Folder();
    const options = { dimensions: 5, metric, workers: 0, partitions: 1, flatBelow: 50 } as const;
    await using parts = await folder.open(options);
    const space = parts.index.space("s");
    const set = uniform(300, 5, SEED);
    await space.addMany(keysOf(set).slice(0, 150), set.part(0, 150).values);
    await parts.index.checkpoint();
    for (let i = 150; i < 300; i++) await space.add(i, set.at(i));
    await parts.index.flush();
    using crashed = folder.crashed();
    await using again = await crashed.open(options);
    expect(again.index.recovery).toMatchObject({ snapshots: 1, replayed: 150, problems: [] });
    await again.index.flush();
    await expectHolds(again.index.space("s"), modelOf(set), `seed ${SEED}`);
    for (let q = 0; q < 300; q += 7) {
      const query = { k: 20, ef: 4097 }; // exactly
      expect(await again.index.space("s").search(set.at(q), query)).toEqual(await space.search(set.at(q), query));
    }
    await expectSound(again.index, `seed ${SEED}`);
  });
}

test("everything is there after crash upon crash, with snapshots and without", async () => {
  const folders = [new Folder()];
  const options = { dimensions: 8, metric: "l2", workers: 2, partitions: 2, flatBelow: 100 } as const;
  const set = clustered(3000, 8, SEED);
  const models = new Map<string, Model>();
  try {
    for (let round = 0; round < 10; round++) {
      await using parts = await folders.at(-1)!.open(options);
      const { index } = parts;
      const context = `round ${round}, seed ${SEED}`;
      expect(index.recovery!.problems, context).toEqual([]);
      for (const [name, model] of models) await expectHolds(index.space(name), model, `${context}, ${name}`);
      for (let i = 0; i < 300; i++) {
        const name = `s${i % 3}`;
        const model: Model = models.get(name) ?? new Map();
        models.set(name, model.set(i % 250, set.at(round * 300 + i)));
        void index.space(name).add(i % 250, set.at(round * 300 + i));
      }
      if (round % 3 === 0) await index.checkpoint();
      expect(await index.space("s1").delete(round * 3 + 1)).toBe(true);
      models.get("s1")!.delete(round * 3 + 1);
      await index.flush();
      folders.push(folders.at(-1)!.crashed());
    }
  } finally {
    for (const folder of folders) folder[Symbol.dispose]();
  }
}, 30_000);

test("a full index comes back, from its snapshot and from its journal", async () => {
  using folder = new Folder();
  const shape = { dimensions: 64, metric: "l2", partitions: 1, flatBelow: 100 } as const;
  const options = { ...shape, workers: 1, memoryLimit: 6 * 2 ** 20 };
  const set = uniform(20_000, 64, SEED);
  const model: Model = new Map();
  {
    await using parts = await folder.open(options);
    const space = parts.index.space("s");
    const TOGETHER = 100; // so that they share their commits
    for (let from = 0, isFull = false; !isFull && from < set.count; from += TOGETHER) {
      const add = async (i: number) => {
        const code = await space.add(i % 9000, set.at(i)).then(
          () => null,
          (error: HnswError) => error.code,
        );
        if (code === null) model.set(i % 9000, set.at(i));
        else expect(code).toBe("OUT_OF_MEMORY");
        return code;
      };
      const codes = await Promise.all(Array.from({ length: TOGETHER }, (_, i) => add(from + i)));
      isFull = codes.some((code) => code !== null);
    }
    expect(model.size).toBeGreaterThan(2000);
    using crashed = folder.crashed();
    await using again = await crashed.open({ ...options, workers: 3 });
    expect(again.index.recovery!.snapshots).toBe(0);
    await expectHolds(again.index.space("s"), model, "from the journal");
  }
  await using parts = await folder.open({ ...options, workers: 2 });
  expect(parts.index.recovery).toMatchObject({ snapshots: 1, replayed: 0 });
  await expectHolds(parts.index.space("s"), model, "from the snapshot");
  await expectSound(parts.index, "full");
}, 60_000);

test("what another thread added is durable when its handle has closed", async () => {
  using folder = new Folder();
  const options = { dimensions: 8, metric: "l2", workers: 1, partitions: 2, durability: "relaxed" } as const;
  await using parts = await folder.open(options);
  const set = uniform(200, 8, SEED);
  {
    await using helper = new Helper(parts.index.attach());
    await helper.run({ kind: "add", space: "theirs", keys: keysOf(set), vectors: set.values });
  }
  using crashed = folder.crashed();
  await using again = await crashed.open(options);
  await expectHolds(again.index.space("theirs"), modelOf(set), "theirs");
});
