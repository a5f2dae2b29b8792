/* Is a store of collections a vector store as Mastra expects one, on its real base class? */
import { describe, expect, test } from "bun:test";
import { MastraVector } from "@mastra/core/vector";
import { HnswVector, type HnswVectorFilter } from "../../src/adapters/mastra.ts";
import { type FieldType, openStore } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf } from "../support/indexes.ts";

const FIELDS = { name: "keyword", price: "number", tags: "keyword", open: "boolean", day: "date" } as const;

/** Found by filters on fields, and by looking at the documents: the same. */
const WAYS: [name: string, fields: Record<string, FieldType>][] = [
  ["in columns", { ...FIELDS, "from.page": "number" }],
  ["in documents", {}],
];

const PRODUCTS: Record<string, unknown>[] = [
  { name: "apple", price: 10, tags: ["new", "fruit"], open: true, day: new Date("2026-01-01"), from: { page: 1 } },
  { name: "banana", price: 25, tags: ["fruit"], open: true, day: new Date("2026-02-01"), from: { page: 2 } },
  { name: "chair", price: 50, tags: ["home", "new"], open: false, day: new Date("2026-03-01") },
  {
    name: "desk",
    price: 100,
    tags: [],
    open: true,
    reviews: [
      { score: 3, by: "ann" },
      { score: 5, by: "bob" },
    ],
  },
  { name: "egg", price: null, tags: "fresh", reviews: [{ score: 4, by: "ann" }] },
];
const IDS = PRODUCTS.map(({ name }) => name as string);

async function filled(fields: Record<string, FieldType> = {}) {
  const store = await openStore(null, { workers: 0 });
  const vector = new HnswVector({ id: "test", store, fields });
  await vector.createIndex({ indexName: "products", dimension: 3 });
  const vectors = PRODUCTS.map((_, i) => [1, i, 0]);
  await vector.upsert({ indexName: "products", vectors, metadata: PRODUCTS, ids: IDS });
  const found = async (filter: HnswVectorFilter, queryVector: number[] | undefined = [1, 0, 0]) =>
    (await vector.query({ indexName: "products", queryVector, filter, topK: 10 })).map(({ id }) => id);
  return { store, vector, found, [Symbol.asyncDispose]: () => store.close() };
}

describe("indexes", () => {
  test("are created, listed, described and deleted", async () => {
    await using store = await openStore(null, { workers: 0 });
    const vector: MastraVector<HnswVectorFilter> = new HnswVector({ id: "test", store });
    expect(vector).toBeInstanceOf(MastraVector);
    for (const metric of ["cosine", "euclidean", "dotproduct"] as const) {
      await vector.createIndex({ indexName: metric, dimension: 2, metric });
      await vector.upsert({ indexName: metric, vectors: [[1, 0]] });
      expect(await vector.describeIndex({ indexName: metric })).toEqual({ dimension: 2, count: 1, metric });
    }
    expect(await vector.listIndexes()).toEqual(["cosine", "dotproduct", "euclidean"]);
    await vector.deleteIndex({ indexName: "cosine" });
    expect(await vector.listIndexes()).toEqual(["dotproduct", "euclidean"]);
  });

  test("may be created again with the same dimension, at once too", async () => {
    await using store = await openStore(null, { workers: 0 });
    const vector = new HnswVector({ id: "test", store, fields: { kind: "keyword" } });
    const create = (dimension: number) => vector.createIndex({ indexName: "a", dimension });
    await Promise.all([create(2), create(2)]);
    await vector.upsert({ indexName: "a", vectors: [[1, 0]] });
    await create(2);
    expect((await vector.describeIndex({ indexName: "a" })).count).toBe(1);
    await expect(create(3)).rejects.toThrow(
      'Index "a" already exists with 2 dimensions, but 3 dimensions were requested',
    );
  });

  test("are kept in a folder, with their fields", async () => {
    using folder = new Folder();
    for (const count of [1, 2]) {
      await using store = await openStore(folder.path, { workers: 0 });
      const vector = new HnswVector({ id: "test", store, fields: { kind: "keyword" } });
      await vector.createIndex({ indexName: "a", dimension: 2 });
      await vector.upsert({ indexName: "a", vectors: [[1, count]], metadata: [{ kind: "fact" }] });
      const hits = await vector.query({ indexName: "a", queryVector: [1, 1], filter: { kind: "fact" } });
      expect(hits.length).toBe(count);
      expect(Object.keys((await store.open("a")).fields)).toEqual(["kind"]);
    }
  });
});

describe("queries", () => {
  test("give the most similar first, with metadata, a score, and a vector on demand", async () => {
    await using given = await filled();
    const query = { indexName: "products", queryVector: [1, 1, 0], topK: 2 };
    const [first, second] = await given.vector.query({ ...query, includeVector: true });
    expect(first).toEqual({
      id: "banana",
      score: 1,
      metadata: { ...PRODUCTS[1], day: "2026-02-01T00:00:00.000Z" },
      vector: [1, 1, 0],
    });
    expect(second!.score).toBeCloseTo(3 / Math.sqrt(10), 5);
    expect((await given.vector.query(query)).every(({ vector }) => vector === undefined)).toBe(true);
  });

  test.each([
    ["euclidean", [1, 1 / 2, 1 / 5]],
    ["dotproduct", [5, 2, 1]],
  ] as const)("score by %s", async (metric, scores) => {
    await using store = await openStore(null, { workers: 0 });
    const vector = new HnswVector({ id: "test", store });
    await vector.createIndex({ indexName: "a", dimension: 2, metric });
    const vectors =
      metric === "euclidean"
        ? [
            [1, 2],
            [1, 1],
            [1, 0],
          ]
        : [
            [1, 2],
            [0, 1],
            [1, 0],
          ];
    await vector.upsert({ indexName: "a", vectors });
    const hits = await vector.query({ indexName: "a", queryVector: [1, 2] });
    expect(hits.map(({ score }) => Number(score.toFixed(5)))).toEqual([...scores]);
    expect(hits.every(({ metadata }) => metadata === undefined)).toBe(true);
  });

  test("by a filter alone give what matches, oldest first, with score 0", async () => {
    await using given = await filled();
    const results = await given.vector.query({ indexName: "products", filter: { open: true }, topK: 2 });
    expect(results.map(({ id, score }) => [id, score])).toEqual([
      ["apple", 0],
      ["banana", 0],
    ]);
  });
});

describe.each(WAYS)("filters %s", (_, fields) => {
  const cases: [filter: HnswVectorFilter, ids: string[]][] = [
    [null, IDS],
    [{}, IDS],
    [{ name: "apple" }, ["apple"]],
    [{ name: "apple", open: false }, []],
    [{ price: { $gt: 25 } }, ["chair", "desk"]],
    [{ price: { $gte: 25, $lt: 100 } }, ["banana", "chair"]],
    [{ price: { $lte: 10 } }, ["apple"]],
    [{ name: { $gte: "c" } }, ["chair", "desk", "egg"]],
    [{ day: { $gt: new Date("2026-01-15") } }, ["banana", "chair"]],
    [{ day: new Date("2026-01-01") }, ["apple"]],
    [{ name: { $ne: "apple" } }, ["banana", "chair", "desk", "egg"]],
    [{ open: { $ne: true } }, ["chair", "egg"]],
    [{ price: null }, ["egg"]],
    [{ open: null }, ["egg"]],
    [{ price: { $ne: null } }, ["apple", "banana", "chair", "desk"]],
    [{ price: { $in: [10, null] } }, ["apple", "egg"]],
    [{ name: ["apple", "egg"] }, ["apple", "egg"]],
    [{ name: { $nin: ["apple", "egg"] } }, ["banana", "chair", "desk"]],
    [{ name: { $in: [] } }, []],
    [{ tags: "new" }, ["apple", "chair"]],
    [{ tags: { $all: ["new", "home"] } }, ["chair"]],
    [{ tags: { $all: [] } }, []],
    [{ tags: { $size: 2 } }, ["apple", "chair"]],
    [{ tags: { $contains: "fresh" } }, ["egg"]],
    [{ name: { $contains: "an" } }, ["banana"]],
    [{ name: { $regex: "^[a-c]" } }, ["apple", "banana", "chair"]],
    [{ name: { $regex: "^A", $options: "i" } }, ["apple"]],
    [{ name: { $regex: "(?i)^A" } }, ["apple"]],
    [{ name: { $regex: /^A/i } }, ["apple"]],
    [{ name: /e$/gy }, ["apple"]],
    [{ name: { $not: /e/ } }, ["banana", "chair"]],
    [{ day: { $exists: true } }, ["apple", "banana", "chair"]],
    [{ day: { $exists: false } }, ["desk", "egg"]],
    [{ "from.page": 2 }, ["banana"]],
    [{ from: { page: { $lt: 2 } } }, ["apple"]],
    [{ reviews: { $elemMatch: { score: { $gte: 5 } } } }, ["desk"]],
    [{ reviews: { $elemMatch: { score: { $lt: 5 }, by: "ann" } } }, ["desk", "egg"]],
    [{ tags: { $elemMatch: { $gt: "h" } } }, ["apple", "chair"]],
    [{ $and: [{ open: true }, { price: { $gt: 10 } }] }, ["banana", "desk"]],
    [{ $or: [{ name: "apple" }, { price: 100 }] }, ["apple", "desk"]],
    [{ $nor: [{ name: "apple" }, { price: { $gt: 25 } }] }, ["banana", "egg"]],
    [{ $not: { $or: [{ open: true }, { name: "egg" }] } }, ["chair"]],
    [{ price: { $not: { $gt: 25 } } }, ["apple", "banana", "egg"]],
    [{ price: { $not: { $gte: 20, $lte: 80 } } }, ["apple", "desk", "egg"]],
    [{ name: { $not: { $ne: "apple" } } }, ["apple"]],
    [{ $and: [], $nor: [] }, IDS],
    [{ $or: [] }, []],
    [{ $or: [{ tags: "new" }, { name: { $regex: "^d" } }], price: { $gt: 10 } }, ["chair", "desk"]],
    [{ price: "10" }, []],
    [{ unknown: 7 }, []],
  ];
  for (const [filter, ids] of cases) {
    test(Bun.inspect(filter, { compact: true }), async () => {
      await using given = await filled(fields);
      expect(await given.found(filter)).toEqual(ids);
      if (filter !== null) expect(await given.found(filter, undefined)).toEqual(ids);
    });
  }
});

describe("filters that are refused", () => {
  const cases: [filter: unknown, says: string][] = [
    ["name", "A filter must be an object"],
    [{ $invalid: 1 }, 'Unknown operator "$invalid"'],
    [{ name: { $invalid: 1 } }, 'Unknown operator "$invalid"'],
    [{ name: { $eq: "a", other: 1 } }, 'Unknown operator "other"'],
    [{ $and: "not a list" }, "$and takes a list"],
    [{ $or: {} }, "$or takes a list"],
    [{ $not: {} }, "$not takes an object that is not empty"],
    [{ name: {} }, 'What is asked of "name" must not be empty'],
    [{ name: { $not: 7 } }, '$not of "name" takes operators'],
    [{ price: { $gt: [10, 20] } }, "$gt takes a number, a text or a Date, not a list"],
    [{ price: { $gt: null } }, "$gt takes a number, a text or a Date, not null"],
    [{ price: Number.NaN }, '"price" is compared with a text, a number'],
    [{ name: { $in: "a" } }, "$in takes a list"],
    [{ name: { $in: [{}] } }, "$in holds texts"],
    [{ name: { $exists: 1 } }, "$exists takes true or false"],
    [{ tags: { $size: -1 } }, "$size takes a count"],
    [{ name: { $regex: "(" } }, '$regex of "name" is invalid'],
    [{ name: { $regex: 7 } }, "$regex takes a text or a RegExp"],
    [{ name: { $options: "i" } }, "$options needs $regex"],
    [{ tags: { $contains: null } }, "$contains takes a text"],
    [{ tags: { $elemMatch: 7 } }, "$elemMatch takes an object"],
    [{ "a..b": 1 }, '"a..b" is no path'],
    [deep(200), "A filter may be 64 levels deep"],
  ];
  test.each(cases)("%p", async (filter, says) => {
    await using given = await filled();
    const { code, message } = await refusalOf(() => given.found(filter as never));
    expect([code, message]).toEqual(["BAD_WHERE", expect.stringContaining(says)]);
  });
});

function deep(levels: number): object {
  return levels === 0 ? { name: "a" } : { $and: [deep(levels - 1)] };
}

describe("upsert", () => {
  test("makes ids, takes vectors without metadata, and replaces known ids", async () => {
    await using given = await filled();
    const [id] = await given.vector.upsert({ indexName: "products", vectors: [[0, 0, 1]] });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await given.vector.upsert({ indexName: "products", vectors: [[0, 0, 1]], ids: [id!], metadata: [{ new: 1 }] });
    expect((await given.vector.describeIndex({ indexName: "products" })).count).toBe(6);
    const [hit] = await given.vector.query({ indexName: "products", queryVector: [0, 0, 1], topK: 1 });
    expect([hit!.id, hit!.metadata]).toEqual([id!, { new: 1 }]);
  });

  test("with deleteFilter replaces what matched, and keeps what it adds", async () => {
    await using given = await filled();
    const metadata = [
      { name: "apple", open: true },
      { name: "fig", open: true },
    ];
    const vectors = [
      [1, 0, 1],
      [1, 0, 2],
    ];
    const deleteFilter = { open: true };
    await given.vector.upsert({ indexName: "products", vectors, ids: ["apple", "fig"], metadata, deleteFilter });
    expect((await given.found({ open: true })).sort()).toEqual(["apple", "fig"]);
    expect((await given.found({})).sort()).toEqual(["apple", "chair", "egg", "fig"]);
  });

  test("that is refused deletes and adds nothing", async () => {
    await using given = await filled({ price: "number" });
    const { vector } = given;
    const good = { indexName: "products", vectors: [[1, 0, 0]], deleteFilter: { open: true } };
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const cases: [code: string, params: object][] = [
      ["BAD_DIMENSIONS", { vectors: [[1, 0]] }],
      ["BAD_DIMENSIONS", { vectors: [[]] }],
      ["BAD_VECTOR", { vectors: [] }],
      ["BAD_VECTOR", { vectors: ["no list"] }],
      ["NOT_FINITE", { vectors: [[1, Number.NaN, 0]] }],
      ["BAD_VECTOR", { ids: ["a", "b"] }],
      [
        "DUPLICATE_KEY",
        {
          ids: ["a", "a"],
          vectors: [
            [1, 0, 0],
            [1, 0, 0],
          ],
        },
      ],
      ["BAD_METADATA", { metadata: [{}, {}] }],
      ["BAD_METADATA", { metadata: [circle] }],
      ["BAD_METADATA", { metadata: [{ call: () => 1 }] }],
      ["BAD_FIELD", { metadata: [{ price: "ten" }] }],
      ["BAD_WHERE", { deleteFilter: { open: { $huh: 1 } } }],
      ["BAD_OPTION", { sparseVectors: [{ indices: [1], values: [1] }] }],
      ["NO_COLLECTION", { indexName: "unknown" }],
    ];
    for (const [code, params] of cases) {
      expect((await refusalOf(() => vector.upsert({ ...good, ...params } as never))).code).toBe(code as never);
      expect(await given.found({})).toEqual(IDS);
    }
  });
});

describe("updateVector", () => {
  test("merges metadata by id or by filter, and replaces vectors", async () => {
    await using given = await filled();
    const { vector } = given;
    const indexName = "products";
    await vector.updateVector({ indexName, id: "apple", update: { metadata: { price: 11 } } });
    await vector.updateVector({ indexName, filter: { open: true }, update: { metadata: { seen: new Date(0) } } });
    await vector.updateVector({ indexName, id: "egg", update: { vector: [0, 0, 1], metadata: { price: 1 } } });
    await vector.updateVector({ indexName, id: "unknown", update: { vector: [0, 0, 1] } });
    await vector.updateVector({ indexName, filter: { name: "unknown" }, update: { metadata: { seen: 1 } } });
    expect(await given.found({ seen: "1970-01-01T00:00:00.000Z" })).toEqual(["apple", "banana", "desk"]);
    expect(await given.found({ name: "apple", price: 11, tags: "new" })).toEqual(["apple"]);
    const [hit] = await vector.query({ indexName, queryVector: [0, 0, 1], topK: 1 });
    expect(hit!.metadata).toEqual({ ...PRODUCTS[4], price: 1 });
    expect((await vector.describeIndex({ indexName })).count).toBe(5);
  });

  test.each([
    [{ id: "a", filter: { a: 1 }, update: { vector: [1, 0, 0] } }, "mutually exclusive"],
    [{ update: { vector: [1, 0, 0] } }, "Either id or filter must be provided"],
    [{ filter: {}, update: { vector: [1, 0, 0] } }, "An empty filter"],
    [{ id: "a", update: {} }, "An `update` with a `vector`, `metadata` or both is required"],
    [{ id: "a" }, "An `update` with a `vector`, `metadata` or both is required"],
  ])("refuses %p", async (params, says) => {
    await using given = await filled();
    const { code, message } = await refusalOf(() =>
      given.vector.updateVector({ indexName: "products", ...params } as never),
    );
    expect([code, message]).toEqual(["BAD_OPTION", expect.stringContaining(says)]);
  });
});

describe("deletions", () => {
  test("take an id, ids known or not, or a filter", async () => {
    await using given = await filled();
    const { vector } = given;
    await vector.deleteVector({ indexName: "products", id: "apple" });
    await vector.deleteVector({ indexName: "products", id: "apple" });
    await vector.deleteVectors({ indexName: "products", ids: ["egg", "egg", "unknown"] });
    await vector.deleteVectors({ indexName: "products", filter: { name: { $regex: "^b" } } });
    expect(await given.found({})).toEqual(["chair", "desk"]);
  });

  test.each([
    [{ ids: ["a"], filter: { a: 1 } }, "mutually exclusive"],
    [{}, "Either filter or ids must be provided"],
    [{ filter: {} }, "An empty filter"],
    [{ ids: [] }, "An empty ids array"],
  ])("refuse %p", async (params, says) => {
    await using given = await filled();
    const { code, message } = await refusalOf(() => given.vector.deleteVectors({ indexName: "products", ...params }));
    expect([code, message]).toEqual(["BAD_OPTION", expect.stringContaining(says)]);
    expect(await given.found({})).toEqual(IDS);
  });
});

describe("refused", () => {
  const query = { indexName: "products", queryVector: [1, 0, 0] };
  const calls: [code: string, call: (vector: HnswVector) => Promise<unknown>][] = [
    ["NO_COLLECTION", (vector) => vector.query({ ...query, indexName: "unknown" })],
    ["NO_COLLECTION", (vector) => vector.describeIndex({ indexName: "unknown" })],
    ["NO_COLLECTION", (vector) => vector.deleteIndex({ indexName: "unknown" })],
    ["NO_COLLECTION", (vector) => vector.deleteVectors({ indexName: "unknown", ids: ["a"] })],
    ["NO_COLLECTION", (vector) => vector.updateVector({ indexName: "unknown", id: "a", update: { metadata: {} } })],
    ["BAD_DIMENSIONS", (vector) => vector.query({ ...query, queryVector: [1, 0] })],
    ["BAD_K", (vector) => vector.query({ ...query, topK: 0 })],
    ["BAD_K", (vector) => vector.query({ ...query, topK: -5 })],
    ["BAD_K", (vector) => vector.query({ indexName: "products", filter: { open: true }, topK: 1.5 })],
    ["BAD_OPTION", (vector) => vector.query({ indexName: "products" })],
    ["BAD_OPTION", (vector) => vector.query({ ...query, sparseVector: { indices: [], values: [] } })],
    ["BAD_OPTION", (vector) => vector.createIndex({ indexName: "new", dimension: 0 })],
    ["BAD_OPTION", (vector) => vector.createIndex({ indexName: "new", dimension: -100 })],
    ["BAD_OPTION", (vector) => vector.createIndex({ indexName: "new", dimension: 2, metric: "hamming" as never })],
    ["BAD_OPTION", (vector) => vector.createIndex({ indexName: "a/b", dimension: 2 })],
  ];
  test.each(calls)("%s: %p", async (code, call) => {
    await using given = await filled();
    expect((await refusalOf(() => call(given.vector))).code).toBe(code as never);
    expect(await given.vector.listIndexes()).toEqual(["products"]);
  });
});
