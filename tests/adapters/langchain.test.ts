/* Is a space a vector store as LangChain expects one? */
import { describe, expect, test } from "bun:test";
import { Document } from "@langchain/core/documents";
import { maximalMarginalRelevance } from "@langchain/core/utils/math";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { HnswVectorStore } from "../../src/adapters/langchain.ts";
import { type Metric, open, type VectorIndex } from "../../src/index.ts";
import { refusalOf } from "../support/indexes.ts";
import { LETTERS, LetterCounts } from "./embeddings.ts";

const TEXTS = ["a red apple", "a green apple", "a yellow banana", "the quick brown fox", "jumping lazy dogs"];
const METADATA = TEXTS.map((_, i) => ({ kind: i < 3 ? "fruit" : "animal", from: { page: i } }));
const embeddings = new LetterCounts();

const opened = (metric: Metric = "cosine") =>
  open({ dimensions: LETTERS, metric, workers: 0, partitions: 1, fields: { kind: "keyword", "from.page": "number" } });

const stored = (index: VectorIndex, space = "tenant-1") =>
  HnswVectorStore.fromTexts(TEXTS, METADATA, embeddings, { index, space });

const textsOf = (documents: { pageContent: string }[]) => documents.map(({ pageContent }) => pageContent);

describe("documents", () => {
  test("come back with their text, metadata and id", async () => {
    await using index = await opened();
    const store = new HnswVectorStore(embeddings, { index, space: "s" });
    const document = new Document({ id: "fox", pageContent: TEXTS[3]!, metadata: METADATA[3]! });
    expect(await store.addDocuments([document])).toEqual(["fox"]);
    expect(await store.similaritySearch("fox", 1)).toEqual([document]);
  });

  test("are made from a list at once, and found by a vector with their scores", async () => {
    await using index = await opened();
    const documents = TEXTS.map((pageContent, i) => new Document({ id: `${i}`, pageContent, metadata: METADATA[i]! }));
    const store = await HnswVectorStore.fromDocuments(documents, embeddings, { index, space: "s" });
    const query = await embeddings.embedQuery(TEXTS[1]!);
    const filter = { kind: METADATA[1]!.kind };
    const hits = await store.similaritySearchVectorWithScore(query, 2, filter);
    expect(hits.map(([{ pageContent }]) => pageContent)).toEqual([TEXTS[1]!, TEXTS[0]!]);
    expect(hits[0]![0]).toEqual(documents[1]!);
    expect(hits[0]![1]).toBeCloseTo(1, 5);
    expect(hits[1]![1]).toBeLessThan(hits[0]![1]);
  });

  test("get an id if they have none, and those given go first", async () => {
    await using index = await opened();
    const store = new HnswVectorStore(embeddings, { index, space: "s" });
    const documents = [new Document({ id: "own", pageContent: "one" }), new Document({ pageContent: "two" })];
    const ids = await store.addDocuments(documents);
    expect(ids[0]).toBe("own");
    expect(await index.space("s").keys()).toEqual(ids);
    expect(await store.addDocuments(documents, { ids: ["x", "y"] })).toEqual(["x", "y"]);
    expect(await index.space("s").keys()).toEqual([...ids, "x", "y"]);
  });

  test("of a known id are replaced", async () => {
    await using index = await opened();
    const store = new HnswVectorStore(embeddings, { index, space: "s" });
    for (const pageContent of ["old", "new"]) await store.addDocuments([new Document({ id: "1", pageContent })]);
    expect(textsOf(await store.similaritySearch("old", 9))).toEqual(["new"]);
  });

  test("of one space are found by its store alone", async () => {
    await using index = await opened();
    await stored(index, "tenant-1");
    const other = new HnswVectorStore(embeddings, { index, space: "tenant-2" });
    expect(await other.similaritySearch("apple", 9)).toEqual([]);
  });

  test("may be entries that came by another way", async () => {
    await using index = await opened();
    await index.space("s").add(7, await embeddings.embedQuery("apple"));
    const store = new HnswVectorStore(embeddings, { index, space: "s", textKey: "body" });
    expect(await store.similaritySearch("apple")).toEqual([new Document({ id: "7", pageContent: "", metadata: {} })]);
    await store.addDocuments([new Document({ id: "8", pageContent: "pear", metadata: { text: "kept" } })]);
    const entry = await index.space("s").get("8", { include: ["metadata"] });
    expect(entry?.metadata).toEqual({ text: "kept", body: "pear" });
  });
});

describe("scores", () => {
  const [query, other] = ["aab", "abc"];
  const expected = { cosine: 3 / Math.sqrt(5 * 3), dot: 3, l2: 1 / (1 + 2) };
  test.each(Object.entries(expected))("under %s: the greater, the more similar", async (metric, score) => {
    await using index = await opened(metric as Metric);
    const store = await HnswVectorStore.fromTexts([other, "zzz"], {}, embeddings, { index, space: "s" });
    const found = await store.similaritySearchWithScore(query, 2);
    expect(textsOf(found.map(([document]) => document))).toEqual([other, "zzz"]);
    expect(found[0]![1]).toBeCloseTo(score, 5);
    expect(found[1]![1]).toBeLessThan(score);
  });
});

describe("filters", () => {
  test("are a `where` on the index's fields", async () => {
    await using index = await opened();
    const store = await stored(index);
    expect(textsOf(await store.similaritySearch("apple", 9, { kind: "animal" })).sort()).toEqual(TEXTS.slice(3).sort());
    const one = { kind: "fruit", "from.page": { $gte: 2 } };
    expect(textsOf(await store.similaritySearch("apple", 9, one))).toEqual([TEXTS[2]!]);
  });

  test("are a function on documents, which finds a match however far it is", async () => {
    await using index = await opened();
    const texts = Array.from({ length: 500 }, (_, i) => `${"a".repeat(1 + (i % 40))}b`);
    const config = { index, space: "s" };
    const store = await HnswVectorStore.fromTexts([...texts, "zebra", "zoo"], {}, embeddings, config);
    const isAnimal = ({ pageContent }: { pageContent: string }) => pageContent.startsWith("z");
    expect(textsOf(await store.similaritySearch("ab", 2, isAnimal))).toEqual(["zebra", "zoo"]);
    expect(textsOf(await store.similaritySearch("ab", 1, isAnimal))).toEqual(["zebra"]);
    expect(await store.similaritySearch("ab", 3, () => false)).toEqual([]);
  });

  test("of an unknown field are refused by its name", async () => {
    await using index = await opened();
    const store = await stored(index);
    const { code, message } = await refusalOf(() => store.similaritySearch("apple", 1, { colour: "red" }));
    expect([code, message]).toEqual(["BAD_WHERE", expect.stringContaining("colour")]);
  });
});

describe("delete", () => {
  test("takes ids, known or not and twice or not", async () => {
    await using index = await opened();
    const store = new HnswVectorStore(embeddings, { index, space: "s" });
    await store.addDocuments(["1", "2"].map((id) => new Document({ id, pageContent: `${id}a` })));
    await store.delete({ ids: ["1", "1", "unknown"] });
    expect(await index.space("s").keys()).toEqual(["2"]);
  });

  test("takes a filter", async () => {
    await using index = await opened();
    const store = await stored(index);
    await store.delete({ filter: { kind: "fruit" } });
    expect(textsOf(await store.similaritySearch("apple", 9)).sort()).toEqual(TEXTS.slice(3).sort());
  });

  test("of everything leaves the other spaces, and a store that can be filled", async () => {
    await using index = await opened();
    const store = await stored(index);
    await stored(index, "tenant-2");
    await store.delete({ deleteAll: true });
    expect(index.spaces()).toEqual(["tenant-2"]);
    await store.addDocuments([new Document({ pageContent: "apple" })]);
    expect(textsOf(await store.similaritySearch("apple"))).toEqual(["apple"]);
  });

  test.each([{}, { ids: [], deleteAll: true }, { id: "1" }, { deleteAll: false }, { filter: () => true }])(
    "refuses %p and deletes nothing",
    async (params) => {
      await using index = await opened();
      const store = await stored(index);
      expect((await refusalOf(() => store.delete(params as never))).code).toBe("BAD_OPTION");
      expect(index.space("tenant-1").size).toBe(TEXTS.length);
    },
  );
});

describe("retrievers", () => {
  test("search by similarity, with a filter", async () => {
    await using index = await opened();
    const retriever = (await stored(index)).asRetriever({ k: 2, filter: { kind: "fruit" } });
    expect(textsOf(await retriever.invoke("an apple"))).toEqual(await nearest("an apple", TEXTS.slice(0, 3), 2));
  });

  test("search by marginal relevance as LangChain computes it", async () => {
    await using index = await opened();
    const store = await stored(index);
    const retriever = store.asRetriever({ searchType: "mmr", k: 3, searchKwargs: { fetchK: 5, lambda: 0.2 } });
    const found = textsOf(await retriever.invoke("an apple"));
    const vectors = await embeddings.embedDocuments(TEXTS);
    const order = maximalMarginalRelevance(await embeddings.embedQuery("an apple"), vectors, 0.2, 3);
    expect(found).toEqual(order.map((i) => TEXTS[i]!));
    expect(found).not.toEqual(await nearest("an apple", TEXTS, 3));
  });
});

describe("bad input", () => {
  test("metadata where the text is kept is refused before anything is added", async () => {
    await using index = await opened();
    const store = new HnswVectorStore(embeddings, { index, space: "s" });
    const documents = [new Document({ pageContent: "a" }), new Document({ pageContent: "b", metadata: { text: 1 } })];
    const { code, message } = await refusalOf(() => store.addDocuments(documents));
    expect([code, message]).toEqual(["BAD_METADATA", expect.stringContaining("textKey")]);
    expect(index.spaces()).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN])("k = %p is refused, with any filter", async (k) => {
    await using index = await opened();
    const store = await stored(index);
    for (const filter of [undefined, { kind: "fruit" }, () => true]) {
      expect((await refusalOf(() => store.similaritySearch("apple", k, filter))).code).toBe("BAD_K");
      const diverse = () => store.maxMarginalRelevanceSearch("apple", { k, filter });
      expect((await refusalOf(diverse)).code).toBe("BAD_K");
    }
  });

  test("vectors and documents must be as many, and ids differ", async () => {
    await using index = await opened();
    const store = new HnswVectorStore(embeddings, { index, space: "s" });
    const [vector] = await embeddings.embedDocuments(["a"]);
    const document = new Document({ pageContent: "a" });
    const codeOf = async (call: () => unknown) => (await refusalOf(call)).code;
    expect(await codeOf(() => store.addVectors([vector!, vector!], [document]))).toBe("BAD_VECTOR");
    expect(await codeOf(() => store.addVectors([vector!], [document, document]))).toBe("BAD_VECTOR");
    const twice = { ids: ["same", "same"] };
    expect(await codeOf(() => store.addVectors([vector!, vector!], [document, document], twice))).toBe("DUPLICATE_KEY");
    expect(index.spaces()).toEqual([]);
  });
});

test("its type is that of a LangChain vector store", async () => {
  await using index = await opened();
  const store: VectorStoreInterface = await stored(index);
  expect(store._vectorstoreType()).toBe("hnsw-workers");
});

/** By the cosine, which all of these texts differ in. */
async function nearest(query: string, texts: string[], k: number): Promise<string[]> {
  const [vector, ...vectors] = await embeddings.embedDocuments([query, ...texts]);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosines = vectors.map((other) => dot(vector!, other) / Math.sqrt(dot(vector!, vector!) * dot(other, other)));
  const order = texts.map((_, i) => i).sort((a, b) => cosines[b]! - cosines[a]!);
  return order.slice(0, k).map((i) => texts[i]!);
}
