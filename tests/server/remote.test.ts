/* Does `hnsw-workers/client` do over HTTP what the package does in the process? The same calls, and what each resolves to. */
import { expect, test } from "bun:test";
import { connect } from "../../src/client/client.ts";
import { openStore } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { FIELDS, outcomeOf, outcomesOf } from "../support/outcomes.ts";
import { Serving } from "./serving.ts";

test("every method of a space resolves to what it does in the process, or is refused with the same code", async () => {
  await using own = await openStore(null, { workers: 0 });
  await own.create("c", { dimensions: 3, metric: "cosine" });
  const index = await own.open("c");
  for (const [name, type] of Object.entries(FIELDS)) await index.addField(name, type);
  await using serving = await Serving.start();
  const store = connect(serving.url);
  await store.create("c", { dimensions: 3, fields: FIELDS });
  const remote = await store.open("c");
  const spaces = [remote.space("tenant 1/ü"), index.space("tenant 1/ü")] as const;
  const [there, here] = [await outcomesOf(spaces[0]), await outcomesOf(spaces[1])];
  expect(there.length).toBe(here.length);
  for (const [i, outcome] of there.entries()) expect([i, outcome]).toEqual([i, here[i]]);
  expect(await spaces[0].measureRecall()).toEqual(await spaces[1].measureRecall());
});

test("more entries than a request takes are sent in several, and come back page by page", async () => {
  await using serving = await Serving.start();
  await connect(serving.url).create("c", { dimensions: 2, metric: "l2" });
  const space = (await connect(serving.url).open("c")).space("s");
  const keys = Array.from({ length: 2500 }, (_, i) => i);
  await space.addMany(
    keys,
    Float32Array.from({ length: 5000 }, (_, i) => i),
    keys.map((n) => ({ n })),
  );
  expect(await space.keys()).toEqual(keys);
  expect(await space.get(2345, { include: ["metadata", "vector"] })).toEqual({
    ...{ key: 2345, metadata: { n: 2345 }, vector: new Float32Array([4690, 4691]) },
  });
});

test("collections, fields and spaces of a server are listed, found and dropped", async () => {
  await using serving = await Serving.start();
  const store = connect(`${serving.url}/`);
  await store.create("c", { dimensions: 2, metric: "l2", note: { model: "m" } });
  const info = { name: "c", dimensions: 2, metric: "l2" as const, note: { model: "m" }, aliases: ["now"] };
  await store.alias([{ alias: "now", to: "c" }]);
  expect(await store.list()).toEqual([info]);
  expect(await store.info("now")).toEqual(info);
  expect(await outcomeOf(store.create("c", { dimensions: 2 }))).toBe("COLLECTION_EXISTS");
  expect(await outcomeOf(store.open("none"))).toBe("NO_COLLECTION");
  await store.create("own", { dimensions: 2, metric: "l2", shared: false });
  expect(await store.drop("own")).toBe(true);
  expect(await outcomeOf(store.create("own", { dimensions: 2, shared: "no" as never }))).toBe("REMOTE_REFUSED");
  const index = await store.open("now");
  await index.addField("n", "number");
  expect(await index.fields()).toEqual({ n: { type: "number", state: "ready", mismatches: 0 } });
  for (const name of ["b", "a/1", "a/2", "."]) await index.space(name).add(1, [1, 1], { n: 1 });
  expect(await index.spaces()).toEqual([".", "a/1", "a/2", "b"]);
  expect(await index.spaces("a/")).toEqual(["a/1", "a/2"]);
  const hits = await index.search([1, 1], { spaces: ["b", "a/1"], include: ["metadata"] });
  expect(hits).toEqual([
    { key: 1, distance: 0, space: "b", metadata: { n: 1 } },
    { key: 1, distance: 0, space: "a/1", metadata: { n: 1 } },
  ]);
  expect((await index.search([1, 1], { spaces: "all" })).map(({ space }) => space).sort()).toEqual([
    ".",
    "a/1",
    "a/2",
    "b",
  ]);
  expect([await index.dropSpace("."), await index.dropSpace(".")]).toEqual([true, false]);
  await index.flush();
  expect(await store.drop("c")).toBe(true);
  expect(await store.list()).toEqual([]);
});

test("a space goes to another server, and into the process, as an export", async () => {
  await using serving = await Serving.start();
  await using other = await Serving.start();
  const make = async (server: Serving, dimensions = 2) => {
    await connect(server.url).create("c", { dimensions, metric: "l2" });
    return await connect(server.url).open("c");
  };
  const [from, to] = [await make(serving), await make(other)];
  await from.addField("n", "number");
  const space = from.space("s");
  await space.addMany(
    Array.from({ length: 1500 }, (_, i) => i),
    Array.from({ length: 1500 }, (_, i) => [i, 1]),
  );
  await space.add("gone", [5, 5], { n: 1 }, { expiresAt: 4e12 });
  await space.add("plain", null, { n: 2 });
  expect(await to.import(await from.export("s"))).toEqual({ spaces: 1, entries: 1502 });
  expect(await to.import(await from.exportBytes("s"), "t")).toEqual({ spaces: 1, entries: 1502 });
  const include = ["metadata", "vector", "expiresAt"] as const;
  for (const name of ["s", "t"]) {
    const found = to.space(name);
    expect(await found.getMany([7, "gone", "plain"], { include })).toEqual(
      await space.getMany([7, "gone", "plain"], { include }),
    );
    expect(await found.count({ where: { n: 1 } })).toBe(1);
  }
  const opened = await openSearch({ from: await from.exportBytes("s") });
  expect(opened.space("s").size).toBe(1502);
  opened.close();
  await using third = await Serving.start();
  const wrong = await make(third, 3);
  expect(await outcomeOf(wrong.import(await from.exportBytes("s")))).toBe("REMOTE_REFUSED");
  expect(await outcomeOf(to.import(new Uint8Array(100)))).toStartWith("EXPORT_");
  expect(await outcomeOf(from.export("none"))).toBe("BAD_SPACE");
});

test("what the server keeps points in is read, and not written", async () => {
  await using serving = await Serving.start();
  await serving.call("PUT", "/collections/c", { vectors: { size: 2, distance: "Euclid" } });
  await serving.call("PUT", "/collections/c/index?wait=true", { field_name: "n", field_schema: "integer" });
  const points = [{ id: 1, vector: [1, 1], payload: { n: 1 } }];
  await serving.call("PUT", "/collections/c/points?wait=true", { points });
  const index = await connect(serving.url).open("c");
  const space = index.space("points");
  expect(await space.get(1, { include: ["metadata"] })).toEqual({ key: 1, metadata: { n: 1 } });
  expect(await index.fields()).toEqual({});
  for (const refused of [
    space.add(2, [1, 1]),
    space.deleteMany([1]),
    index.dropSpace("points"),
    space.update(1, { n: 2 }),
  ])
    expect(await outcomeOf(refused)).toBe("REMOTE_REFUSED");
  expect(await outcomeOf(index.import(await index.exportBytes("points")))).toBe("REMOTE_REFUSED");
  expect(await index.import(await index.exportBytes("points"), "copy")).toEqual({ spaces: 1, entries: 1 });
});

test("a server that is not there, a key that is not known, and one that asks too often", async () => {
  await using serving = await Serving.start({ apiKey: "key", requestsPerSecond: 2 });
  expect(await outcomeOf(connect("http://127.0.0.1:1").list())).toBe("REMOTE_FAILED");
  const refused = await connect(serving.url, { apiKey: "no" })
    .list()
    .catch((error) => error);
  expect([refused.code, refused.cause]).toEqual(["REMOTE_REFUSED", { status: 401 }]);
  const store = connect(serving.url, { apiKey: "key" });
  for (let i = 0; i < 8; i++) expect(await store.list()).toEqual([]);
  const hasty = connect(serving.url, { apiKey: "key", retries: 0 });
  const statuses = await Promise.all(
    Array.from({ length: 8 }, () =>
      hasty.list().then(
        () => 200,
        ({ cause }) => cause.status,
      ),
    ),
  );
  expect(statuses).toContain(429);
  expect(() => connect("127.0.0.1")).toThrow("url");
  expect(() => connect(serving.url, { retries: -1 })).toThrow("retries");
});
