/* When an index is opened a second time, is everything there, with the same search results? */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { type Key, open } from "../../../src/index.ts";
import { Folder } from "../../support/folder.ts";
import { Helper } from "../../support/helper.ts";
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

const SEED = 31337;

test("the folder knows the dimensions; where there is no index yet, nothing is created without them", async () => {
  using folder = new Folder();
  const { path } = folder;
  const isMissing = async () => (await refusalOf(() => open({ path }))).message.startsWith("`dimensions` is required");
  expect(await isMissing()).toBe(true);
  expect(existsSync(path)).toBe(false);
  mkdirSync(path);
  expect(await isMissing()).toBe(true);
  expect(readdirSync(path)).toEqual([]);
  await (await open({ path, dimensions: 5, metric: "l2", workers: 0 })).close();
  await using index = await open({ path, workers: 0 });
  expect(index.options).toMatchObject({ dimensions: 5, metric: "l2" });
});

for (const workers of [0, 3]) {
  describe(`with workers: ${workers}`, () => {
    const options = { dimensions: 8, metric: "l2", workers, partitions: 2, flatBelow: 60 } as const;

    test("flat spaces and graphs come back, and can be added to", async () => {
      using folder = new Folder();
      const set = clustered(1200, 8, SEED);
      const small = uniform(40, 8, SEED);
      const graph: Model = modelOf(set);
      const flat: Model = modelOf(small);
      for (let round = 0; round < 4; round++) {
        await using parts = await folder.open(options);
        const { index } = parts;
        const context = `round ${round}, seed ${SEED}`;
        expect(index.recovery!.problems).toEqual([]);
        if (round === 0) {
          await index.space("graph").addMany(keysOf(set), set.values);
          for (let i = 0; i < 40; i++) await index.space("flat").add(i, small.at(i));
        }
        expect(index.spaces().sort(), context).toEqual(["flat", "graph"]);
        await expectHolds(index.space("graph"), graph, context);
        await expectHolds(index.space("flat"), flat, context);
        await index.space("graph").delete(round);
        await index.space("graph").add(`new ${round}`, small.at(round));
        graph.delete(round);
        graph.set(`new ${round}`, small.at(round));
        expect((await index.space("graph").search(small.at(round), { k: 1 }))[0]!.key).toBe(`new ${round}`);
        if (round === 2) await index.checkpoint();
        await expectSound(index, context);
      }
    });

    test("keys keep their types and vectors their bits, even under cosine", async () => {
      using folder = new Folder();
      const keys: Key[] = ["a", "1", 1, -7, 1n, -(2n ** 80n), 2 ** 53 - 1, "ü€😀", "\ud83d", "x".repeat(1024)];
      const set = uniform(keys.length, 5, SEED);
      const model: Model = new Map(keys.map((key, i) => [key, set.at(i)]));
      const cosine = { dimensions: 5, workers, partitions: 1 };
      {
        await using parts = await folder.open(cosine);
        for (const [key, vector] of model) await parts.index.space("ключи").add(key, vector);
        await expectHolds(parts.index.space("ключи"), model, "first");
      }
      await using parts = await folder.open(cosine);
      await expectHolds(parts.index.space("ключи"), model, "again");
    });

    test("a dropped space stays dropped; created again, it holds only what is new", async () => {
      using folder = new Folder();
      {
        await using parts = await folder.open(options);
        for (const name of ["a", "b", "c"]) await parts.index.space(name).add("old", new Float32Array(8).fill(1));
        await parts.index.checkpoint();
        expect(await parts.index.dropSpace("a")).toBe(true);
        expect(await parts.index.dropSpace("b")).toBe(true);
        await parts.index.space("b").add("new", new Float32Array(8).fill(2));
      }
      for (let round = 0; round < 3; round++) {
        await using parts = await folder.open(options);
        expect(parts.index.spaces().sort()).toEqual(["b", "c"]);
        expect(await parts.index.space("b").keys()).toEqual(["new"]);
        if (round === 1) for (let i = 0; i < 3; i++) await parts.index.checkpoint();
      }
    });

    test("random ops agree with a model after each close and open", async () => {
      using folder = new Folder();
      const source = random(SEED + workers);
      const set = uniform(64, 8, SEED);
      const spaces = new Map<string, Model>();
      for (let round = 0; round < 6; round++) {
        const durability = round % 3 === 2 ? "relaxed" : "commit";
        await using parts = await folder.open({ ...options, durability, workers: (workers + round) % 3 });
        const { index } = parts;
        const context = `round ${round}, seed ${SEED + workers}`;
        expect(index.spaces().sort(), context).toEqual([...spaces.keys()].sort());
        for (const [name, model] of spaces) await expectHolds(index.space(name), model, `${context}, ${name}`);
        const waiting: Promise<unknown>[] = [];
        for (let i = 0; i < 250; i++) {
          const name = `s${source.below(4)}`;
          const model = spaces.get(name) ?? new Map();
          const key = source.below(80);
          const vector = set.at(source.below(64));
          const die = source.next();
          if (die < 0.7) {
            spaces.set(name, model.set(key, vector));
            waiting.push(index.space(name).add(key, vector));
          } else if (die < 0.95) {
            model.delete(key);
            waiting.push(index.space(name).delete(key));
          } else if (die < 0.97) {
            spaces.delete(name);
            waiting.push(index.dropSpace(name));
          } else if (die < 0.98) waiting.push(index.checkpoint());
        }
        await Promise.all(waiting);
        await expectSound(index, context);
      }
    }, 30_000);
  });
}

test("what other threads add is also kept", async () => {
  using folder = new Folder();
  const options = { dimensions: 8, metric: "l2", workers: 1, partitions: 2, flatBelow: 100 } as const;
  const set = uniform(600, 8, SEED);
  {
    await using parts = await folder.open(options);
    await using helper = new Helper(parts.index.attach());
    const theirs = helper.run({ kind: "add", space: "theirs", keys: keysOf(set), vectors: set.values });
    for (let i = 0; i < 100; i++) await parts.index.space("ours").add(i, set.at(i));
    expect(await theirs).toBeGreaterThan(0);
  }
  await using parts = await folder.open(options);
  await expectHolds(parts.index.space("theirs"), modelOf(set), "theirs");
  expect(parts.index.space("ours").size).toBe(100);
});

test("a folder remembers what it was created with, and refuses anything else by name", async () => {
  using folder = new Folder();
  {
    await using parts = await folder.open({ dimensions: 8, metric: "dot", M: 8, seed: 5, partitions: 3, workers: 0 });
    await parts.index.space("s").add("x", new Float32Array(8).fill(1));
  }
  {
    await using parts = await folder.open({ dimensions: 8, workers: 1 });
    expect(parts.index.options).toMatchObject({ metric: "dot", M: 8, seed: 5, partitions: 3 });
    expect(parts.index.space("s").size).toBe(1);
  }
  const others = { dimensions: 9, metric: "l2", M: 16, seed: 6, partitions: 4 } as const;
  for (const [name, value] of Object.entries(others)) {
    const refusal = await refusalOf(() => folder.open({ dimensions: 8, workers: 0, [name]: value }));
    expect(refusal.code).toBe("PATH_MISMATCH");
    expect(refusal.message).toContain(`\`${name}\``);
    expect(refusal.message).toContain(String(value));
  }
});

test("an open folder is refused until it is closed", async () => {
  using folder = new Folder();
  const options = { dimensions: 4, workers: 0, path: folder.path } as const;
  const first = await open(options);
  expect((await refusalOf(() => open(options))).code).toBe("PATH_IN_USE");
  await first.space("s").add("x", [1, 2, 3, 4]);
  await first.close();
  const second = await open(options);
  expect(second.space("s").size).toBe(1);
  await second.close();
});

test("checkpoint and recovery belong to the thread that opened a folder", async () => {
  const index = await open({ dimensions: 4, workers: 0 });
  expect(index.recovery).toBeNull();
  expect(index.stats().journal).toBeNull();
  expect((await refusalOf(() => index.checkpoint())).code).toBe("BAD_OPTION");
  await index.close();
});
