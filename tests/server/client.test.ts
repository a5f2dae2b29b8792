/* Do the clients that Qdrant publishes work with the server as they are? */
import { describe, expect, test } from "bun:test";
import { Client18, Client19, Serving } from "./serving.ts";

const POINTS = [
  { id: 1, vector: [1, 0, 0], payload: { city: "Berlin", tags: ["a", "b"], size: 3, at: { lat: 52.5 } } },
  { id: 2, vector: [0.9, 0.1, 0], payload: { city: "London", tags: ["b"], size: 9 } },
  { id: "5C56C793-69F3-4fbf-87e6-c4bf54c28c26", vector: [0, 1, 0], payload: { city: "Berlin", size: 1 } },
];
const UUID = "5c56c793-69f3-4fbf-87e6-c4bf54c28c26";

for (const version of [18, 19] as const) {
  describe(`the client of 1.${version}`, () => {
    const filled = async () => {
      const serving = await Serving.start();
      const client = serving.client(version);
      await client.createCollection("c", { vectors: { size: 3, distance: "Cosine" } });
      await client.upsert("c", { wait: true, points: POINTS });
      return { client, serving, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() };
    };

    test("finds a version that it takes as compatible", async () => {
      await using serving = await Serving.start();
      const warnings: unknown[] = [];
      const { warn } = console;
      console.warn = (...words) => warnings.push(words);
      try {
        const Client = version === 18 ? Client18 : Client19;
        const client = new Client({ url: serving.url });
        expect(await client.getCollections()).toEqual({ collections: [] });
        expect((await client.versionInfo()).version).toMatch(/^1\.19\./);
        await Bun.sleep(0);
      } finally {
        console.warn = warn;
      }
      expect(warnings).toEqual([]);
    });

    test("creates, describes, lists and drops collections", async () => {
      await using at = await filled();
      const { client } = at;
      expect(await client.collectionExists("c")).toEqual({ exists: true });
      expect(await client.collectionExists("d")).toEqual({ exists: false });
      expect(await client.getCollections()).toEqual({ collections: [{ name: "c" }] });
      const info = await client.getCollection("c");
      expect(info).toMatchObject({ status: "green", points_count: 3, config: { params: { vectors: { size: 3 } } } });
      expect(await client.updateCollection("c", { optimizers_config: { indexing_threshold: 5 } })).toBe(true);
      expect((await client.getCollection("c")).config.optimizer_config.indexing_threshold).toBe(5);
      const again = client.createCollection("c", { vectors: { size: 3, distance: "Cosine" } });
      expect(await again.catch((error) => error)).toMatchObject({
        status: 409,
        data: { status: { error: expect.stringContaining("already exists") } },
      });
      expect(await client.deleteCollection("c")).toBe(true);
      expect(await client.deleteCollection("c")).toBe(false);
      expect(await client.getCollection("c").catch((error) => error)).toMatchObject({
        status: 404,
        data: { status: { error: "Not found: Collection `c` doesn't exist!" } },
      });
    });

    test("leads to a collection by aliases", async () => {
      await using at = await filled();
      const { client } = at;
      const create_alias = { collection_name: "c", alias_name: "x" };
      await client.updateCollectionAliases({ actions: [{ create_alias }] });
      expect(await client.getAliases()).toEqual({ aliases: [create_alias] });
      expect((await client.count("x")).count).toBe(3);
      const rename_alias = { old_alias_name: "x", new_alias_name: "y" };
      await client.updateCollectionAliases({ actions: [{ rename_alias }] });
      expect(await client.getCollectionAliases("c")).toEqual({ aliases: [{ collection_name: "c", alias_name: "y" }] });
      await client.updateCollectionAliases({ actions: [{ delete_alias: { alias_name: "y" } }] });
      expect(await client.getAliases()).toEqual({ aliases: [] });
    });

    test("reads points by id, with what of them is asked for", async () => {
      await using at = await filled();
      const { client } = at;
      expect(await client.retrieve("c", { ids: [2, UUID, 77] })).toEqual([
        { id: 2, payload: POINTS[1]!.payload },
        { id: UUID, payload: POINTS[2]!.payload },
      ]);
      const some = { ids: [1], with_vector: true, with_payload: { include: ["at.lat", "tags"] } };
      expect(await client.retrieve("c", some)).toEqual([
        { id: 1, vector: [1, 0, 0], payload: { tags: ["a", "b"], at: { lat: 52.5 } } },
      ]);
      const rest = await client.retrieve("c", { ids: [1], with_payload: { exclude: ["at", "tags"] } });
      expect(rest).toEqual([{ id: 1, payload: { city: "Berlin", size: 3 } }]);
    });

    test("queries by vector and by point, with a filter, a threshold and a page", async () => {
      await using at = await filled();
      const { client } = at;
      const ids = async (options: Parameters<typeof client.query>[1]) =>
        (await client.query("c", options)).points.map(({ id }) => id);
      expect(await ids({ query: [1, 0, 0] })).toEqual([1, 2, UUID]);
      expect(await ids({ query: { nearest: 1 } })).toEqual([2, UUID]);
      expect(await ids({ query: UUID, limit: 1 })).toEqual([2]);
      expect(await ids({ query: [1, 0, 0], limit: 1, offset: 1 })).toEqual([2]);
      expect(await ids({ query: [1, 0, 0], score_threshold: 0.5 })).toEqual([1, 2]);
      const filter = { must: [{ key: "city", match: { value: "Berlin" } }] };
      expect(await ids({ query: [1, 0, 0], filter })).toEqual([1, UUID]);
      expect(
        await ids({ query: { nearest: [1, 0, 0], mmr: { diversity: 1, candidates_limit: 3 } }, limit: 2 }),
      ).toEqual([1, UUID]);
      expect(await ids({ filter })).toEqual([1, UUID]);
      expect(await ids({ query: { order_by: "size" } })).toEqual([UUID, 1, 2]);
      const [hit] = (await client.query("c", { query: [2, 0, 0], with_payload: ["city"], with_vector: true })).points;
      expect(hit).toEqual({ id: 1, version: 0, score: 1, payload: { city: "Berlin" }, vector: [1, 0, 0] });
      const batch = await client.queryBatch("c", {
        searches: [
          { query: [1, 0, 0], limit: 1 },
          { query: 2, limit: 1 },
        ],
      });
      expect(batch.map(({ points }) => points[0]!.id)).toEqual([1, 1]);
      const { groups } = await client.queryGroups("c", { query: [1, 0, 0], group_by: "city", group_size: 1 });
      expect(groups.map(({ id, hits }) => [id, hits.map((one) => one.id)])).toEqual([
        ["Berlin", [1]],
        ["London", [2]],
      ]);
    });

    test("scrolls in the order of ids, counts and facets", async () => {
      await using at = await filled();
      const { client } = at;
      const first = await client.scroll("c", { limit: 2, with_payload: false });
      expect(first).toEqual({ points: [{ id: 1 }, { id: 2 }], next_page_offset: UUID });
      const second = await client.scroll("c", { limit: 999_999_999, offset: UUID, with_payload: ["size"] });
      expect(second).toEqual({ points: [{ id: UUID, payload: { size: 1 } }], next_page_offset: null });
      const filter = { must_not: [{ key: "tags", match: { any: ["a"] } }] };
      expect((await client.scroll("c", { filter, with_payload: false })).points).toEqual([{ id: 2 }, { id: UUID }]);
      expect(await client.count("c", { filter, exact: true })).toEqual({ count: 2 });
      expect(await client.facet("c", { key: "city" })).toEqual({
        hits: [
          { value: "Berlin", count: 2 },
          { value: "London", count: 1 },
        ],
      });
      const sorted = await client.scroll("c", { order_by: { key: "size", direction: "desc" }, with_payload: false });
      expect(sorted.points.map(({ id, order_value }) => [id, order_value])).toEqual([
        [2, 9],
        [1, 3],
        [UUID, 1],
      ]);
    });

    test("gives the nearest of each point of a sample, as pairs and as places", async () => {
      await using at = await filled();
      const { pairs } = await at.client.searchMatrixPairs("c", { sample: 3, limit: 1 });
      expect(pairs.map(({ a, b }) => [a, b])).toEqual([
        [1, 2],
        [2, 1],
        [UUID, 2],
      ]);
      const offsets = await at.client.searchMatrixOffsets("c", { sample: 3, limit: 1 });
      expect(offsets).toMatchObject({ offsets_row: [0, 1, 2], offsets_col: [1, 0, 1], ids: [1, 2, UUID] });
    });

    test("changes payloads and vectors, deletes by id and by filter, and does several in order", async () => {
      await using at = await filled();
      const { client } = at;
      const wait = true;
      const payload = async (id: string | number) => (await client.retrieve("c", { ids: [id] }))[0]?.payload;
      expect(await client.setPayload("c", { wait, points: [2], payload: { size: 10, new: null } })).toMatchObject({
        status: "completed",
      });
      expect(await payload(2)).toEqual({ city: "London", tags: ["b"], size: 10, new: null });
      await client.setPayload("c", { wait, points: [1], key: "at", payload: { lon: 13.4 } });
      expect((await payload(1))?.at).toEqual({ lat: 52.5, lon: 13.4 });
      await client.overwritePayload("c", { wait, filter: { must: [{ has_id: [2] }] }, payload: { only: 1 } });
      expect(await payload(2)).toEqual({ only: 1 });
      await client.deletePayload("c", { wait, points: [1], keys: ["at.lat", "tags"] });
      expect(await payload(1)).toEqual({ city: "Berlin", size: 3, at: { lon: 13.4 } });
      await client.clearPayload("c", { wait, points: [1] });
      expect(await payload(1)).toEqual({});
      await client.updateVectors("c", { wait, points: [{ id: 1, vector: [0, 0, 1] }] });
      await client.deleteVectors("c", { wait, points: [2], vector: [""] });
      expect(await client.retrieve("c", { ids: [1, 2], with_vector: true })).toEqual([
        { id: 1, vector: [0, 0, 1], payload: {} },
        { id: 2, vector: {}, payload: { only: 1 } },
      ]);
      await client.batchUpdate("c", {
        wait,
        operations: [
          { upsert: { points: [{ id: 9, vector: [1, 1, 1], payload: { n: 1 } }] } },
          { set_payload: { points: [9], payload: { n: 2 } } },
          { delete: { points: [2] } },
        ],
      });
      expect([await payload(9), await payload(2)]).toEqual([{ n: 2 }, undefined]);
      await client.delete("c", { wait, filter: { should: [{ key: "city", match: { value: "Berlin" } }] } });
      expect((await client.scroll("c", { with_payload: false })).points).toEqual([{ id: 1 }, { id: 9 }]);
      await client.delete("c", { wait, filter: { must: [] } });
      expect((await client.count("c")).count).toBe(0);
    });

    test("indexes fields of payloads, before and after the points", async () => {
      await using at = await filled();
      const { client } = at;
      await client.createPayloadIndex("c", { wait: true, field_name: "city", field_schema: "keyword" });
      await client.createPayloadIndex("c", { wait: true, field_name: "size", field_schema: { type: "integer" } });
      await client.upsert("c", { wait: true, points: [{ id: 4, vector: [1, 1, 0], payload: { city: 7, size: "x" } }] });
      expect((await client.getCollection("c")).payload_schema).toMatchObject({
        city: { data_type: "keyword", points: 3 },
        size: { data_type: "integer", points: 3 },
      });
      const filter = {
        must: [
          { key: "city", match: { value: "Berlin" } },
          { key: "size", range: { gte: 2 } },
        ],
      };
      expect((await client.scroll("c", { filter, with_payload: false })).points).toEqual([{ id: 1 }]);
      expect((await client.query("c", { query: [0, 1, 0], filter })).points.map(({ id }) => id)).toEqual([1]);
      await client.deletePayloadIndex("c", "size", { wait: true });
      expect(Object.keys((await client.getCollection("c")).payload_schema)).toEqual(["city"]);
      expect((await client.count("c", { filter })).count).toBe(1);
      expect((await client.retrieve("c", { ids: [4] }))[0]!.payload).toEqual({ city: 7, size: "x" });
    });
  });
}

test("the client of 1.18 still searches as older servers have it", async () => {
  await using serving = await Serving.start();
  const client = serving.client(18);
  await client.createCollection("c", { vectors: { size: 3, distance: "Euclid" } });
  await client.upsert("c", {
    wait: true,
    batch: {
      ids: [1, 2],
      vectors: [
        [0, 0, 0],
        [3, 4, 0],
      ],
      payloads: [{}, { a: 1 }],
    },
  });
  expect(await client.search("c", { vector: [0, 0, 0], with_payload: true })).toEqual([
    { id: 1, version: 0, score: 0, payload: {} },
    { id: 2, version: 0, score: 5, payload: { a: 1 } },
  ]);
  expect(await client.search("c", { vector: [0, 0, 0], score_threshold: 4 })).toHaveLength(1);
});
