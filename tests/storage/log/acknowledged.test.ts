/* When a promise resolves, is its op in the file, and after a flush every op? */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Folder } from "../../support/folder.ts";
import { uniform } from "../../support/indexes.ts";

const SEED = 8128;

/** Ops in the file, as another process would see them. */
function opsIn(folder: Folder): number {
  const db = new Database(join(folder.path, "journal.sqlite"), { readonly: true });
  const row = db.query<{ ops: number | null }, []>("SELECT sum(count) AS ops FROM journal").get();
  db.close();
  return row?.ops ?? 0;
}

test("with durability: commit, each op is in the file when it resolves", async () => {
  using folder = new Folder();
  await using parts = await folder.open({ dimensions: 4, workers: 1, partitions: 2 });
  const { index } = parts;
  const set = uniform(500, 4, SEED);
  let ops = 0;
  for (let i = 0; i < 30; i++) {
    const space = index.space(`s${i % 3}`);
    await space.add(i, set.at(i));
    ops += i < 3 ? 2 : 1; // the first creates the space
    expect(opsIn(folder)).toBe(ops);
  }
  await index.space("s0").addMany([...Array(500).keys()], set.values);
  expect(opsIn(folder)).toBe(ops + 500);
  expect(await index.space("s0").delete(0)).toBe(true);
  expect(opsIn(folder)).toBe(ops + 501);
  expect(await index.space("s0").deleteMany([1, 2, 3, 9999])).toBe(3);
  expect(opsIn(folder)).toBe(ops + 504);
  expect(await index.dropSpace("s1")).toBe(true);
  expect(opsIn(folder)).toBe(ops + 505);
});

test("many ops at a time share their commits", async () => {
  using folder = new Folder();
  await using parts = await folder.open({ dimensions: 4, workers: 0, partitions: 1 });
  const { index } = parts;
  const set = uniform(2000, 4, SEED);
  await Promise.all(Array.from({ length: 2000 }, (_, i) => index.space("s").add(i, set.at(i))));
  expect(opsIn(folder)).toBe(2001);
  expect(index.stats().journal!.groups).toBeLessThan(500);
});

test("a delete that resolves to false waits until the key's absence is durable", async () => {
  using folder = new Folder();
  await using parts = await folder.open({ dimensions: 4, workers: 0, partitions: 1 });
  const space = parts.index.space("s");
  await space.add("x", [1, 2, 3, 4]);
  const first = space.delete("x"); // not durable yet
  expect(await space.delete("x")).toBe(false);
  expect(opsIn(folder)).toBe(3);
  expect(await first).toBe(true);
});

test("with durability: relaxed, a flush waits for the file, and so does close", async () => {
  using folder = new Folder();
  const set = uniform(300, 4, SEED);
  const options = { dimensions: 4, workers: 0, partitions: 2, durability: "relaxed" } as const;
  {
    await using parts = await folder.open(options);
    for (let i = 0; i < 200; i++) await parts.index.space("s").add(i, set.at(i));
    await parts.index.flush();
    expect(opsIn(folder)).toBe(201);
    for (let i = 200; i < 300; i++) await parts.index.space("s").add(i, set.at(i));
  }
  await using parts = await folder.open(options);
  expect(parts.index.space("s").size).toBe(300);
});

test("more than the ring holds goes in, in order", async () => {
  using folder = new Folder();
  const options = { dimensions: 1024, metric: "l2", workers: 0, partitions: 1, memoryLimit: 64 * 2 ** 20 } as const;
  const set = uniform(4000, 1024, SEED); // 16 MiB through a ring of 4
  {
    await using parts = await folder.open(options);
    await parts.index.space("s").addMany(
      [...Array(4000).keys()].map((i) => i % 5000),
      set.values,
    );
    await parts.index.space("s").add(3999, set.at(0));
  }
  await using parts = await folder.open(options);
  expect(parts.index.space("s").size).toBe(4000);
  for (const key of [0, 1234, 3998]) expect(await parts.index.space("s").get(key)).toEqual(set.at(key));
  expect(await parts.index.space("s").get(3999)).toEqual(set.at(0));
});
