/* Do requests in the manner of known applications get what those look at? Sequences written by hand after their sources. */
import { expect, test } from "bun:test";
import { Serving } from "./serving.ts";

const near = (n: number, size = 4) => Array.from({ length: size }, (_, i) => Math.cos(n + i));

test("an editor's code index: zero vectors, segments of paths, exact search with a threshold, cleared as a whole", async () => {
  await using serving = await Serving.start();
  const client = serving.client();
  await client.createCollection("ws-1", {
    vectors: { size: 4, distance: "Cosine", on_disk: true },
    hnsw_config: { m: 64, ef_construct: 512, on_disk: true },
  });
  for (const n of [0, 1, 2]) {
    await client.createPayloadIndex("ws-1", { field_name: `pathSegments.${n}`, field_schema: "keyword" });
  }
  const points = ["src/a.ts", "src/b/c.ts", "docs/d.md"].map((filePath, n) => {
    const pathSegments = Object.fromEntries(filePath.split("/").map((part, i) => [`${i}`, part]));
    return { id: crypto.randomUUID(), vector: near(n), payload: { filePath, pathSegments, codeChunk: filePath } };
  });
  const mark = { id: "00000000-0000-0000-0000-000000000001", vector: [0, 0, 0, 0], payload: { type: "metadata" } };
  await client.upsert("ws-1", { points: [...points, mark], wait: true });
  const { points: found } = await client.query("ws-1", {
    query: near(0),
    filter: {
      must: [{ key: "pathSegments.0", match: { value: "src" } }],
      must_not: [{ key: "type", match: { value: "metadata" } }],
    },
    score_threshold: 0.4,
    limit: 50,
    params: { hnsw_ef: 128, exact: false },
    with_payload: { include: ["filePath", "codeChunk", "pathSegments"] },
  });
  expect(found[0]?.payload?.filePath).toBe("src/a.ts");
  expect(found.every(({ payload, score }) => `${payload?.filePath}`.startsWith("src/") && score >= 0.4)).toBe(true);
  const marked = await client.retrieve("ws-1", { ids: [mark.id], with_vector: true });
  expect(marked).toEqual([mark]);
  const filter = {
    should: [
      {
        must: [
          { key: "pathSegments.0", match: { value: "src" } },
          { key: "pathSegments.1", match: { value: "a.ts" } },
        ],
      },
    ],
  };
  await client.delete("ws-1", { filter, wait: true });
  expect((await client.count("ws-1")).count).toBe(3);
  await client.delete("ws-1", { filter: { must: [] }, wait: true });
  expect((await client.getCollection("ws-1")).points_count).toBe(0);
});

test("a workspace of documents: the heartbeat, a batch, a count, a namespace that is not there", async () => {
  await using serving = await Serving.start();
  const client = serving.client();
  expect((await serving.call("GET", "/cluster")).result).toEqual({ status: "disabled" });
  await client.createCollection("w", { vectors: { size: 4, distance: "Cosine" } });
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  const written = await client.upsert("w", {
    wait: true,
    batch: { ids, vectors: [near(1), near(2)], payloads: [{ text: "one" }, { text: "two" }] },
  });
  expect(written.status).toBe("completed");
  expect(await client.count("w", { exact: true })).toEqual({ count: 2 });
  const [hit] = await client.search("w", { vector: near(2), limit: 4, with_payload: true });
  expect([hit?.id, hit?.payload]).toEqual([ids[1], { text: "two" }]);
  expect((await client.getCollection("none").catch((error) => error)).status).toBe(404);
});

test("many tenants in one collection: a tenant's index, all of a tenant by one scroll, a tenant deleted", async () => {
  await using serving = await Serving.start();
  const client = serving.client();
  await client.createCollection("shared", {
    vectors: { size: 4, distance: "Cosine" },
    hnsw_config: { payload_m: 16, m: 0 },
  });
  const field_schema = { type: "keyword", is_tenant: true, on_disk: false } as const;
  await client.createPayloadIndex("shared", { field_name: "tenant_id", field_schema, wait: true });
  const points = Array.from({ length: 60 }, (_, n) => ({
    ...{ id: crypto.randomUUID(), vector: near(n) },
    payload: { text: `${n}`, metadata: { hash: `h${n % 10}` }, tenant_id: `t${n % 3}` },
  }));
  await client.upsert("shared", { points, wait: true });
  const tenant = { key: "tenant_id", match: { value: "t1" } };
  const all = await client.scroll("shared", { filter: { must: [tenant] }, limit: 999_999_999 });
  expect(all.points).toHaveLength(20);
  expect(all.next_page_offset).toBeNull();
  const found = await client.query("shared", {
    query: near(1),
    filter: { must: [tenant] },
    limit: 30,
    with_payload: true,
  });
  expect(found.points).toHaveLength(20);
  expect(new Set(found.points.map(({ payload }) => payload?.tenant_id))).toEqual(new Set(["t1"]));
  const some = { must: [tenant, { key: "metadata.hash", match: { value: "h1" } }] };
  expect((await client.count("shared", { filter: some })).count).toBe(2);
  await client.delete("shared", { filter: { must: [tenant] }, wait: true });
  expect((await client.count("shared")).count).toBe(40);
});

test("a memory layer: sparse vectors are refused, dense ones alone are taken, a collection of one zero", async () => {
  await using serving = await Serving.start();
  const client = serving.client();
  const sparse = {
    vectors: { size: 4, distance: "Cosine" as const },
    sparse_vectors: { bm25: { modifier: "idf" as const } },
  };
  expect((await client.createCollection("memories", sparse).catch((error) => error)).status).toBe(400);
  await client.createCollection("memories", { vectors: sparse.vectors });
  for (const field_name of ["user_id", "agent_id", "run_id"])
    await client.createPayloadIndex("memories", { field_name, field_schema: "keyword" });
  await client.createCollection("migrations", { vectors: { size: 1, distance: "Cosine" } });
  await client.upsert("migrations", { wait: true, points: [{ id: 1, vector: [0], payload: { user_id: "u" } }] });
  expect((await client.scroll("migrations", { limit: 1 })).points).toEqual([{ id: 1, payload: { user_id: "u" } }]);
  const id = crypto.randomUUID();
  await client.upsert("memories", {
    points: [{ id, vector: near(1), payload: { data: "likes tea", user_id: "u" } }],
    wait: true,
  });
  const filter = { must: [{ key: "user_id", match: { value: "u" } }] };
  const [hit] = await client.search("memories", { vector: near(1), filter, limit: 5 });
  expect(hit?.id).toBe(id);
  await client.upsert("memories", {
    points: [{ id, vector: near(2), payload: { data: "likes coffee", user_id: "u" } }],
    wait: true,
  });
  expect((await client.retrieve("memories", { ids: [id] }))[0]?.payload?.data).toBe("likes coffee");
});
