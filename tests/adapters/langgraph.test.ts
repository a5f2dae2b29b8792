/* Is an index a store as LangGraph expects one? Its own InMemoryStore is the model. */
import { describe, expect, test } from "bun:test";
import { type BaseStore, InMemoryStore } from "@langchain/langgraph-checkpoint";
import { HnswStore } from "../../src/adapters/langgraph.ts";
import { textsAt } from "../../src/adapters/texts.ts";
import { open, type VectorIndex } from "../../src/index.ts";
import { refusalOf } from "../support/indexes.ts";
import { LETTERS, LetterCounts } from "./embeddings.ts";

const embeddings = new LetterCounts();
const opened = () =>
  open({ dimensions: LETTERS, workers: 0, partitions: 1, fields: { "value.kind": "keyword", "value.rank": "number" } });

const MEMORIES: [namespace: string[], key: string, value: Record<string, unknown>][] = [
  [["users", "ann"], "1", { text: "likes red apples", kind: "taste", rank: 1 }],
  [["users", "ann"], "2", { text: "works in a zoo", kind: "fact", rank: 2 }],
  [["users", "bob"], "1", { text: "hates bananas", kind: "taste", rank: 3 }],
  [["users", "bob", "old"], "1", { text: "lived in oslo", kind: "fact", rank: 4 }],
  [["usersettings"], "1", { text: "dark mode", kind: "fact", rank: 5 }],
];

async function fill(store: BaseStore): Promise<void> {
  for (const [namespace, key, value] of MEMORIES) await store.put(namespace, key, value);
}

/** What a call resolves to on our store and on LangGraph's, without times. */
async function both(call: (store: BaseStore) => Promise<unknown>): Promise<[ours: unknown, theirs: unknown]> {
  await using index = await opened();
  const stores = [
    new HnswStore({ index, embeddings, fields: ["text"] }),
    new InMemoryStore({ index: { dims: LETTERS, embeddings, fields: ["text"] } }),
  ];
  const [ours, theirs] = await Promise.all(
    stores.map(async (store) => {
      await fill(store);
      return JSON.parse(JSON.stringify(await call(store), plain)) as unknown;
    }),
  );
  return [ours, theirs];
}

const plain = (name: string, value: unknown) => {
  if (name === "createdAt" || name === "updatedAt") return undefined;
  return name === "score" && typeof value === "number" ? Number(value.toFixed(5)) : value;
};

describe("as LangGraph's own store does it", () => {
  const calls: Record<string, (store: BaseStore) => Promise<unknown>> = {
    "get what is there, and what is not": async (store) => [
      await store.get(["users", "ann"], "1"),
      await store.get(["users", "ann"], "unknown"),
      await store.get(["nowhere"], "1"),
    ],
    "put again": async (store) => {
      await store.put(["users", "ann"], "1", { text: "new" });
      return store.get(["users", "ann"], "1");
    },
    "delete, twice": async (store) => {
      await store.delete(["users", "ann"], "1");
      await store.delete(["users", "ann"], "1");
      return store.search(["users", "ann"]);
    },
    "search under a prefix": (store) => store.search(["users"]),
    "search under no prefix": (store) => store.search([]),
    "search page by page": (store) => store.search(["users"], { limit: 2, offset: 1 }),
    "search with a filter": (store) => store.search(["users"], { filter: { kind: "fact", rank: { $gt: 2 } } }),
    "search with $ne": (store) => store.search([], { filter: { kind: { $ne: "fact" } } }),
    "search by text": (store) => store.search(["users"], { query: "red apples" }),
    "search by text, page by page": (store) => store.search([], { query: "zoo", limit: 2, offset: 1 }),
    "search by text with a filter": (store) => store.search([], { query: "apples", filter: { kind: "fact" } }),
    "list namespaces": (store) => store.listNamespaces(),
    "list namespaces by prefix and depth": (store) => store.listNamespaces({ prefix: ["users"], maxDepth: 2 }),
    "list namespaces by suffix and wildcard": (store) =>
      store.listNamespaces({ prefix: ["*", "bob"], suffix: ["old"] }),
    "list namespaces page by page": (store) => store.listNamespaces({ limit: 2, offset: 1 }),
    "batch: reads before writes, the last write counts": async (store) => [
      await store.batch([
        { namespace: ["n"], key: "k", value: { text: "first" } },
        { namespace: ["n"], key: "k" },
        { namespace: ["n"], key: "k", value: { text: "last" } },
      ]),
      await store.get(["n"], "k"),
    ],
  };
  test.each(Object.entries(calls))("%s", async (_, call) => {
    const [ours, theirs] = await both(call);
    expect(ours).toEqual(theirs);
  });
});

test("an item keeps the time it was made at, and says when it was changed", async () => {
  await using index = await opened();
  const store = new HnswStore({ index });
  await store.put(["n"], "k", { version: 1 });
  const first = (await store.get(["n"], "k"))!;
  while (Date.now() === first.updatedAt.getTime()) await Bun.sleep(1);
  await store.put(["n"], "k", { version: 2 });
  const second = (await store.get(["n"], "k"))!;
  expect(second.createdAt).toEqual(first.createdAt);
  expect(second.updatedAt.getTime()).toBeGreaterThan(first.updatedAt.getTime());
});

test("other spaces of the index are neither listed nor searched", async () => {
  await using index = await opened();
  for (const name of ["plain", "[broken", '["a", "b"]', "[]", "[1]"]) {
    await index.space(name).add("k", await embeddings.embedQuery("apple"), { kind: "fact" });
  }
  const store = new HnswStore({ index, embeddings });
  expect(await store.listNamespaces()).toEqual([]);
  expect(await store.search([], { query: "apple" })).toEqual([]);
  expect(await store.search([])).toEqual([]);
});

describe("what is embedded", () => {
  const value = { text: "a", list: [{ text: "b" }, { text: "c" }, {}], count: 3, none: null };
  test.each([
    ["$", [JSON.stringify(value)]],
    ["text", ["a"]],
    ["list[*].text", ["b", "c"]],
    ["list[-2].text", ["c"]],
    ["count", ["3"]],
    ["none", []],
    ["unknown.text", []],
    ["toString", []],
  ])("%s", (path, texts) => expect(textsAt(value, [path])).toEqual(texts));

  test("index: false, and a path without text: the item is read, and no hit", async () => {
    await using index = await opened();
    const store = new HnswStore({ index, embeddings, fields: ["text"] });
    await store.put(["n"], "not", { text: "apple" }, false);
    await store.put(["n"], "nothing", { other: "apple" });
    await store.put(["n"], "own path", { other: "apple" }, ["other"]);
    expect((await store.search(["n"])).map(({ key }) => key)).toEqual(["not", "nothing", "own path"]);
    expect((await store.search(["n"], { query: "apple" })).map(({ key }) => key)).toEqual(["own path"]);
  });
});

describe("refused, and nothing is stored", () => {
  const calls: [code: string, call: (store: HnswStore) => Promise<unknown>][] = [
    ["BAD_WHERE", (store) => store.search(["n"], { filter: { colour: "red" } })],
    ["BAD_OPTION", (store) => store.search(["n"], { limit: -1 })],
    ["BAD_OPTION", (store) => store.search(["n"], { offset: 0.5 })],
    ["BAD_OPTION", (store) => store.search(["n"], { query: "no embeddings" })],
    ["BAD_SPACE", (store) => store.batch([{ namespace: [], key: "k", value: {} }])],
    ["BAD_SPACE", (store) => store.batch([{ namespace: [""], key: "k", value: {} }])],
    ["BAD_SPACE", (store) => store.batch([{ namespace: [1 as never], key: "k", value: {} }])],
    ["BAD_KEY", (store) => store.put(["m"], "", {})],
    ["BAD_METADATA", (store) => store.put(["m"], "k", { call: () => 1 })],
  ];
  test.each(calls)("%s: %p", async (code, call) => {
    await using index = await opened();
    const store = new HnswStore({ index });
    await store.put(["n"], "k", {});
    expect((await refusalOf(() => call(store))).code).toBe(code as never);
    expect(await store.listNamespaces()).toEqual([["n"]]);
  });

  test.each(["a.*", "{a,b}", "", "a[x]", "a..b"])("the path %p", async (path) => {
    await using index = await opened();
    const { code, message } = await refusalOf(() => new HnswStore({ index, fields: [path] }));
    expect([code, message]).toEqual(["BAD_OPTION", expect.stringContaining(path)]);
  });
});

describe("a batch of which one operation is refused does nothing", () => {
  const good = { namespace: ["n"], key: "new", value: { text: "apple" } };
  const bad: [code: string, operation: Record<string, unknown>][] = [
    ["BAD_SPACE", { namespace: [], key: "k", value: {} }],
    ["BAD_SPACE", { namespace: ["x".repeat(2000)], key: "k", value: {} }],
    ["BAD_SPACE", { namespace: [""], key: "k", value: null }],
    ["BAD_KEY", { namespace: ["m"], key: "", value: {} }],
    ["BAD_KEY", { namespace: ["m"], key: "", value: null }],
    ["BAD_METADATA", { namespace: ["m"], key: "k", value: { count: Number.NaN } }],
    ["BAD_METADATA", { namespace: ["n"], key: "k", value: { count: Number.NaN }, index: false }],
    ["BAD_FIELD", { namespace: ["m"], key: "k", value: { rank: "first" } }],
    ["DOCUMENT_TOO_LARGE", { namespace: ["m"], key: "k", value: { text: "x".repeat(70_000) } }],
    ["ZERO_VECTOR", { namespace: ["m"], key: "k", value: { text: "0" } }],
    ["BAD_OPTION", { namespace: ["m"], key: "k", value: {}, index: ["a.*"] }],
    ["BAD_WHERE", { namespacePrefix: ["n"], filter: { colour: "red" } }],
  ];
  test.each(bad)("%s: %p", async (code, operation) => {
    await using index = await opened();
    const store = new HnswStore({ index, embeddings, fields: ["text"] });
    await store.put(["n"], "old", { text: "banana" });
    const deleted = { namespace: ["n"], key: "old", value: null };
    for (const operations of [
      [good, deleted, operation],
      [operation, deleted, good],
    ]) {
      expect((await refusalOf(() => store.batch(operations as never))).code).toBe(code as never);
      expect((await store.search([])).map(({ key }) => key)).toEqual(["old"]);
    }
  });

  test("and one that is right is done in all namespaces, with vectors and without", async () => {
    await using index = await opened();
    const store = new HnswStore({ index, embeddings, fields: ["text"] });
    await store.put(["n"], "old", { text: "banana" });
    await store.batch([
      good,
      { namespace: ["n"], key: "plain", value: { rank: 1 }, index: false },
      { namespace: ["m"], key: "other", value: { text: "apple pie" } },
      { namespace: ["n"], key: "old", value: null },
    ]);
    expect((await store.search([])).map(({ key }) => key).sort()).toEqual(["new", "other", "plain"]);
    expect((await store.search([], { query: "apple" })).map(({ key }) => key)).toEqual(["new", "other"]);
  });
});

describe("a property whose name has dots", () => {
  const dotted = () => open({ dimensions: LETTERS, workers: 0, partitions: 1, fields: { "value.user.id": "number" } });
  const keysOf = async (store: BaseStore, id: number) =>
    (await store.search(["n"], { filter: { "user.id": id } })).map(({ key }) => key);

  test("is found by filters, as in LangGraph's own store, and comes back as it was", async () => {
    await using index = await dotted();
    const value = { "user.id": 7, user: { name: "ann" }, "a.b": { "c.d": 1 } };
    for (const store of [new HnswStore({ index }), new InMemoryStore()]) {
      await store.put(["n"], "k", value);
      await store.put(["n"], "other", { "user.id": 8 });
      expect(await keysOf(store, 7)).toEqual(["k"]);
      expect((await store.get(["n"], "k"))!.value).toEqual(value);
      await store.put(["n"], "k", { "user.id": 9 });
      expect([await keysOf(store, 7), await keysOf(store, 9)]).toEqual([[], ["k"]]);
      expect((await store.search(["n"], { filter: { "user.id": 9 } }))[0]!.value).toEqual({ "user.id": 9 });
    }
  });

  test("names a nested property as well", async () => {
    await using index = await dotted();
    const store = new HnswStore({ index });
    await store.put(["n"], "k", { user: { id: 7 } });
    expect(await keysOf(store, 7)).toEqual(["k"]);
  });

  test.each([{ id: 8 }, { id: null }, "ann", null, [1]])("is refused where %p is at its path", async (user) => {
    await using index = await dotted();
    const store = new HnswStore({ index });
    const { code, message } = await refusalOf(() => store.put(["n"], "k", { "user.id": 7, user }));
    expect([code, message]).toEqual(["BAD_METADATA", expect.stringContaining('"user.id"')]);
    expect(await store.listNamespaces()).toEqual([]);
    await store.put(["n"], "k", { "user.name": 7, user }); // no field
    expect((await store.get(["n"], "k"))!.value).toEqual({ "user.name": 7, user });
  });
});

describe("an entry that came by another way is refused by its key", () => {
  const documents = [undefined, {}, { value: 1, createdAt: 1, updatedAt: 1 }, { value: {}, createdAt: "now" }, "x", 7];
  const calls: ((store: HnswStore) => Promise<unknown>)[] = [
    (store) => store.get(["n"], "foreign"),
    (store) => store.search(["n"]),
    (store) => store.search(["n"], { query: "apple" }),
    (store) => store.put(["n"], "foreign", {}),
  ];
  test.each(documents)("%p", async (document) => {
    await using index: VectorIndex = await opened();
    await index.space('["n"]').add("foreign", await embeddings.embedQuery("apple"), document);
    const store = new HnswStore({ index, embeddings });
    for (const call of calls) {
      const { code, message } = await refusalOf(() => call(store));
      expect([code, message]).toEqual(["BAD_METADATA", expect.stringContaining('"foreign"')]);
    }
    await store.put(["n"], "own", { text: "apple" });
    expect((await store.get(["n"], "own"))!.key).toBe("own");
    await store.delete(["n"], "foreign");
    expect((await store.search(["n"])).map(({ key }) => key)).toEqual(["own"]);
  });
});
