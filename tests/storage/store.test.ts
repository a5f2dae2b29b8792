/* Does a store keep its collections, and what is left of a change that a crash cut off? */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore, type VectorIndex } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error) => error.code,
  );

test("collections of different shapes are kept with their aliases and notes", async () => {
  using folder = new Folder();
  {
    await using store = await openStore(folder.path, { workers: 0 });
    await store.create("flat", { dimensions: 2, metric: "l2", note: { made: "by a test" } });
    await store.create("cosine", { dimensions: 3 });
    await store.use("flat", (index) => index.space("s").add("a", [1, 2]));
    await store.alias([{ alias: "current", to: "flat" }]);
  }
  await using store = await openStore(folder.path, { workers: 0 });
  expect(store.list()).toEqual([
    { name: "cosine", dimensions: 3, metric: "cosine", note: null, aliases: [] },
    { name: "flat", dimensions: 2, metric: "l2", note: { made: "by a test" }, aliases: ["current"] },
  ]);
  expect(await store.use("current", (index) => index.space("s").get("a"))).toEqual(new Float32Array([1, 2]));
});

test("a name is taken once, by a collection or an alias", async () => {
  await using store = await openStore(null, { workers: 0 });
  await store.create("a", { dimensions: 2 });
  await store.alias([{ alias: "b", to: "a" }]);
  expect(await codeOf(store.create("a", { dimensions: 2 }))).toBe("COLLECTION_EXISTS");
  expect(await codeOf(store.create("b", { dimensions: 2 }))).toBe("COLLECTION_EXISTS");
  expect(await codeOf(store.alias([{ alias: "a", to: "a" }]))).toBe("COLLECTION_EXISTS");
  expect(await codeOf(store.create("x/y", { dimensions: 2 }))).toBe("BAD_OPTION");
  expect(await codeOf(store.create("c", { dimensions: 0 }))).toBe("BAD_OPTION");
  expect(store.list().map(({ name }) => name)).toEqual(["a"]);
});

test("changes of aliases happen all or not at all", async () => {
  await using store = await openStore(null, { workers: 0 });
  await store.create("a", { dimensions: 2 });
  const both = [
    { alias: "x", to: "a" },
    { alias: "y", to: "missing" },
  ];
  expect(await codeOf(store.alias(both))).toBe("NO_COLLECTION");
  expect(store.info("a").aliases).toEqual([]);
});

test("a dropped collection is gone with its aliases and its files", async () => {
  using folder = new Folder();
  await using store = await openStore(folder.path, { workers: 0 });
  await store.create("a", { dimensions: 2 });
  await store.alias([{ alias: "x", to: "a" }]);
  expect(await store.drop("a")).toBe(true);
  expect(await store.drop("a")).toBe(false);
  expect(() => store.info("x")).toThrow('no collection "x"');
  expect(readdirSync(join(folder.path, "groups"))).toEqual([]);
});

test("what a crash left of a creation or a drop is removed", async () => {
  using folder = new Folder();
  {
    await using store = await openStore(folder.path, { workers: 0 });
    await store.create("a", { dimensions: 2 });
  }
  mkdirSync(join(folder.path, "groups/3"));
  writeFileSync(join(folder.path, "store.json.new"), "half a cat");
  await using store = await openStore(folder.path, { workers: 0 });
  expect(readdirSync(join(folder.path, "groups"))).toEqual(["1"]);
  await store.create("b", { dimensions: 3 });
  expect(existsSync(join(folder.path, "groups/3"))).toBe(true);
});

test("shapes that were used longest ago are closed, and opened again when they are used", async () => {
  using folder = new Folder();
  await using store = await openStore(folder.path, { workers: 0, maxOpen: 1 });
  const seen: VectorIndex[] = [];
  for (const [name, dimensions] of [
    ["a", 2],
    ["b", 3],
  ] as const) {
    await store.create(name, { dimensions });
    await store.use(name, async (index) => {
      seen.push(index);
      await index.space("s").add(name, Array<number>(dimensions).fill(1));
    });
  }
  expect(() => seen[0]!.spaces()).toThrow("closed");
  const [again, other] = await Promise.all(
    ["a", "b"].map((name) => store.use(name, (index) => index.space("s").keys())),
  );
  expect([again, other]).toEqual([["a"], ["b"]]);
});

test("shapes of more than four times `maxOpen` are not in use at a time: the next ones wait, and those that are held don't count", async () => {
  using folder = new Folder();
  await using store = await openStore(folder.path, { workers: 0, maxOpen: 1 });
  const names = Array.from({ length: 8 }, (_, i) => `c${i}`);
  for (const [i, name] of names.entries()) await store.create(name, { dimensions: i + 2 });
  const held = await store.open("c0");
  let inUse = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const done = names.slice(1).map((name) =>
    store.use(name, async (index) => {
      most = Math.max(most, ++inUse);
      if (inUse === 4) gate.resolve();
      await gate.promise;
      await index.space("s").add(1, Array<number>(index.options.dimensions).fill(1));
      inUse--;
    }),
  );
  await Promise.all(done);
  expect(most).toBe(4);
  await held.space("s").add(1, [1, 2]);
  for (const name of names) expect(await store.use(name, (index) => index.space("s").size)).toBe(1);
});

test("what waits for room when the store is closed is refused", async () => {
  using folder = new Folder();
  const store = await openStore(folder.path, { workers: 0, maxOpen: 1 });
  const names = Array.from({ length: 5 }, (_, i) => `c${i}`);
  for (const [i, name] of names.entries()) await store.create(name, { dimensions: i + 2 });
  const gate = Promise.withResolvers<void>();
  const uses = names.map((name) =>
    store
      .use(name, () => gate.promise)
      .then(
        () => "",
        ({ code }) => code,
      ),
  );
  const closed = store.close();
  gate.resolve();
  const codes = await Promise.all(uses);
  expect(codes.filter((code) => code === "CLOSED").length).toBeGreaterThan(0);
  expect(codes.filter((code) => code !== "CLOSED" && code !== "")).toEqual([]);
  await closed;
});

test("a store is open once, and a folder of something else is none", async () => {
  using folder = new Folder();
  {
    await using _store = await openStore(folder.path);
    expect(await codeOf(openStore(folder.path))).toBe("PATH_IN_USE");
  }
  writeFileSync(join(folder.path, "store.json"), '{"format":1,"next":1,"collections":{"a":{"number":7}},"aliases":{}}');
  expect(await codeOf(openStore(folder.path))).toBe("PATH_DAMAGED");
  writeFileSync(join(folder.path, "notes.txt"), "mine");
  expect(await codeOf(openStore(folder.path))).toBe("PATH_FOREIGN");
});
