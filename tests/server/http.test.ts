/* Is each request that is wrong, foreign or not served refused in words that clients understand, and nothing changed by it? */
import { describe, expect, test } from "bun:test";
import { openStore } from "../../src/index.ts";
import { createHandler, type HandlerOptions } from "../../src/server/server.ts";
import { Serving } from "./serving.ts";

const COLLECTION = { vectors: { size: 2, distance: "Dot" } };

async function served(options: HandlerOptions = {}) {
  const serving = await Serving.start(options);
  const headers: Record<string, string> = options.apiKey === undefined ? {} : { "api-key": String(options.apiKey) };
  expect((await serving.call("PUT", "/collections/c", COLLECTION, headers)).status).toBe(200);
  return serving;
}

describe("ids", () => {
  test("of 64 bits keep their digits, in bodies, paths, filters and responses", async () => {
    await using serving = await served();
    const big = "18446744073709551615";
    const body = `{"points":[{"id":${big},"vector":[1,2],"payload":{"n":9007199254740993,"f":1.5}},{"id":7,"vector":[1,1]}]}`;
    expect((await serving.call("PUT", "/collections/c/points?wait=true", body)).status).toBe(200);
    const one = await serving.call("GET", `/collections/c/points/${big}`);
    expect(one.text).toContain(`{"id":${big},"payload":{"n":9007199254740993,"f":1.5},"vector":[1,2]}`);
    const filter = `{"filter":{"must":[{"key":"n","match":{"value":9007199254740993}}]},"with_payload":false}`;
    expect((await serving.call("POST", "/collections/c/points/scroll", filter)).text).toContain(
      `"points":[{"id":${big}}]`,
    );
    const page = await serving.call("POST", "/collections/c/points/scroll", { limit: 1, with_payload: false });
    expect(page.text).toContain(`"next_page_offset":${big}`);
    const rest = `{"limit":1,"offset":${big},"with_payload":false}`;
    expect((await serving.call("POST", "/collections/c/points/scroll", rest)).text).toContain(
      `"points":[{"id":${big}}]`,
    );
  });

  test("are integers, then UUIDs, then other strings, and each is one however it is written", async () => {
    await using serving = await served();
    const uuid = "936da01f-9abd-4d9d-80c7-02af85c822a8";
    const ids = ["zebra", `{${uuid.toUpperCase()}}`, 3, "10", uuid.replaceAll("-", ""), 20];
    const points = ids.map((id) => ({ id, vector: [1, 1] }));
    await serving.call("PUT", "/collections/c/points?wait=true", { points });
    const { result } = await serving.call("POST", "/collections/c/points/scroll", { with_payload: false });
    expect(result.points.map(({ id }: { id: unknown }) => id)).toEqual([3, 20, uuid, "10", "zebra"]);
    expect((await serving.call("GET", "/collections/c/points/zebra")).result.id).toBe("zebra");
  });

  for (const id of ["-1", "1.5", "18446744073709551616", '""', "null", "{}", "[]", "true"]) {
    test(`are not ${id}`, async () => {
      await using serving = await served();
      const { status, json } = await serving.call(
        "PUT",
        "/collections/c/points",
        `{"points":[{"id":${id},"vector":[1,1]}]}`,
      );
      expect([status, json.status.error]).toEqual([400, expect.stringContaining("`points`[0]")]);
      expect((await serving.call("POST", "/collections/c/points/count", {})).result.count).toBe(0);
    });
  }
});

describe("refused with 400 and its name:", () => {
  const vector = [1, 1];
  const cases: [what: string, method: string, path: string, body: unknown, words: string][] = [
    ["a body that is none", "POST", "/points/scroll", "{", "not JSON"],
    ["no body", "POST", "/points/scroll", undefined, "no body"],
    ["an unknown property", "POST", "/points/scroll", { limits: 1 }, "`limits`"],
    ["a wrong type", "POST", "/points/scroll", { limit: "1" }, "`limit` must be an integer"],
    ["nothing to search from", "POST", "/points/search", {}, "lacks `vector`"],
    ["another dimension", "PUT", "/points", { points: [{ id: 1, vector: [1] }] }, "expected dim: 2, got 1"],
    ["a query of another dimension", "POST", "/points/query", { query: [1] }, "expected dim: 2, got 1"],
    ["a number that is none", "PUT", "/points", { points: [{ id: 1, vector: [1, "2"] }] }, "must be a finite number"],
    ["an infinite number", "PUT", "/points", `{"points":[{"id":1,"vector":[1,1e999]}]}`, "must be a finite number"],
    ["points and a batch", "PUT", "/points", { points: [], batch: { ids: [] } }, "either"],
    ["fewer vectors than ids", "PUT", "/points", { batch: { ids: [1, 2], vectors: [vector] } }, "2 ids and 1 vectors"],
    ["a named vector", "PUT", "/points", { points: [{ id: 1, vector: { image: vector } }] }, '"image"'],
    [
      "a sparse vector",
      "PUT",
      "/points",
      { points: [{ id: 1, vector: { "": { indices: [1] } } }] },
      "array of numbers",
    ],
    ["a multivector", "PUT", "/points", { points: [{ id: 1, vector: [vector] }] }, "multivector"],
    ["inference", "POST", "/points/query", { query: { nearest: { text: "a", model: "m" } } }, "inference"],
    ["prefetch", "POST", "/points/query", { prefetch: [], query: vector }, "prefetch"],
    ["fusion", "POST", "/points/query", { query: { fusion: "rrf" } }, "fusion"],
    ["recommending", "POST", "/points/query", { query: { recommend: {} } }, "recommend"],
    ["the old recommending", "POST", "/points/recommend", {}, "recommend"],
    ["snapshots", "GET", "/snapshots", undefined, "snapshots"],
    ["shard keys", "POST", "/points/count", { shard_key: "a" }, "shard_key"],
    ["geo", "POST", "/points/count", { filter: { must: { key: "a", geo_radius: {} } } }, "geo_radius"],
    ["a geo index", "PUT", "/index", { field_name: "a", field_schema: "geo" }, "geo"],
    ["a condition of nothing", "POST", "/points/count", { filter: { must: { key: "a" } } }, 'nothing of "a"'],
    ["an unknown clause", "POST", "/points/count", { filter: { all: [] } }, "`all`"],
    [
      "two matches at once",
      "POST",
      "/points/count",
      { filter: { must: { key: "a", match: { value: 1, any: [1] } } } },
      "one of",
    ],
    ["no path", "POST", "/points/count", { filter: { must: { key: "a..b", is_null: true } } }, '"a..b"'],
    ["no which", "POST", "/points/delete", {}, "`points` or `filter`"],
    ["a hidden property", "PUT", "/points", { points: [{ id: 1, vector, payload: { _hnsw: 1 } }] }, "_hnsw"],
    [
      "two operations in one",
      "POST",
      "/points/batch",
      { operations: [{ delete: { points: [1] }, upsert: { points: [] } }] },
      "exactly one",
    ],
    ["an unknown ordering", "PUT", "/points?ordering=none", { points: [] }, "ordering"],
  ];
  for (const [what, method, path, body, words] of cases) {
    test(what, async () => {
      await using serving = await served();
      const { status, json } = await serving.call(method, `/collections/c${path}`, body);
      expect({ status, error: json.status.error }).toEqual({ status: 400, error: expect.stringContaining(words) });
      expect(json).toEqual({ time: expect.any(Number), status: { error: expect.any(String) }, result: null });
    });
  }

  const creations: [what: string, body: unknown, words: string][] = [
    ["Manhattan", { vectors: { size: 2, distance: "Manhattan" } }, "Manhattan"],
    ["several vectors", { vectors: { a: { size: 2, distance: "Dot" } } }, '"a"'],
    ["sparse vectors", { ...COLLECTION, sparse_vectors: { bm25: {} } }, "sparse_vectors"],
    ["multivectors", { vectors: { size: 2, distance: "Dot", multivector_config: {} } }, "multivector_config"],
    ["too many dimensions", { vectors: { size: 4097, distance: "Dot" } }, "from 1 to 4096"],
    ["no vectors", { vectors: {} }, "without vectors"],
  ];
  for (const [what, body, words] of creations) {
    test(`a collection with ${what}`, async () => {
      await using serving = await Serving.start();
      const { status, json } = await serving.call("PUT", "/collections/d", body);
      expect([status, json.status.error]).toEqual([400, expect.stringContaining(words)]);
      expect((await serving.call("GET", "/collections")).result.collections).toEqual([]);
    });
  }
});

describe("limits", () => {
  test("of a filter's depth, conditions and lists, of a payload's depth, of a body", async () => {
    await using serving = await served({ bodyLimit: 100_000 });
    const count = async (filter: unknown) =>
      (await serving.call("POST", "/collections/c/points/count", { filter })).status;
    const nested = (levels: number): unknown => (levels === 0 ? {} : { must: [nested(levels - 1)] });
    const many = (length: number) => ({ should: Array.from({ length }, () => ({ key: "a", match: { value: 1 } })) });
    expect([await count(nested(19)), await count(nested(20)), await count(nested(60))]).toEqual([200, 400, 400]);
    expect([await count(many(500)), await count(many(501))]).toEqual([200, 400]);
    const any = Array.from({ length: 10_001 }, () => 1);
    expect(await count({ must: { key: "a", match: { any } } })).toBe(400);
    const deep = `{"points":[{"id":1,"vector":[1,1],"payload":{"a":${"[".repeat(40)}${"]".repeat(40)}}}]}`;
    expect((await serving.call("PUT", "/collections/c/points", deep)).status).toBe(400);
    const abyss = `${"[".repeat(90_000)}`;
    expect((await serving.call("PUT", "/collections/c/points", abyss)).status).toBe(400);
    const tooLarge = await serving.call("PUT", "/collections/c/points", `{"points":[],"x":"${"x".repeat(100_000)}"}`);
    expect(tooLarge.status).toBe(413);
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(32)),
    });
    const headers = { "content-type": "application/json" };
    const endless = await fetch(`${serving.url}/collections/c/points`, { method: "PUT", body: stream, headers }).catch(
      () => null,
    );
    expect([413, undefined]).toContain(endless?.status as number);
    expect((await serving.call("GET", "/healthz")).status).toBe(200);
  });
});

describe("who may call", () => {
  test("with keys: one that is known, and to change things not one that reads", async () => {
    await using serving = await served({ apiKey: "secret", readOnlyKey: "reader" });
    const status = async (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
      (await serving.call(method, path, body, headers)).status;
    const scroll = ["POST", "/collections/c/points/scroll"] as const;
    const upsert = ["PUT", "/collections/c/points"] as const;
    const body = { points: [{ id: 1, vector: [1, 1] }] };
    expect(await status(...scroll, {}, {})).toBe(401);
    expect(await status(...scroll, { "api-key": "secre" }, {})).toBe(401);
    expect(await status(...scroll, { "api-key": "reader" }, {})).toBe(200);
    expect(await status(...scroll, { authorization: "Bearer secret" }, {})).toBe(200);
    expect(await status(...upsert, { "api-key": "reader" }, body)).toBe(403);
    expect(await status(...upsert, { "api-key": "secret" }, body)).toBe(200);
    for (const path of ["/", "/healthz", "/livez", "/readyz"]) expect(await status("GET", path, {})).toBe(200);
    for (const path of ["/collections", "/telemetry", "/openapi.json", "/nowhere", "/cluster"])
      expect(await status("GET", path, {})).toBe(401);
  });

  test("from a page of another origin, or by another name of this machine: none", async () => {
    await using serving = await served({ origins: ["https://app.example"] });
    const status = async (headers: Record<string, string>) =>
      (await serving.call("GET", "/collections", undefined, headers)).status;
    expect(await status({})).toBe(200);
    expect(await status({ host: "evil.example" })).toBe(403);
    expect(await status({ host: "localhost:1234" })).toBe(200);
    expect(await status({ origin: "https://evil.example" })).toBe(403);
    expect(await status({ origin: "null" })).toBe(403);
    expect(await status({ origin: serving.url })).toBe(200);
    expect(await status({ "sec-fetch-site": "cross-site" })).toBe(403);
    const allowed = await serving.call("GET", "/collections", undefined, { origin: "https://app.example" });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });

  test("with a body that a form of a page could send: none", async () => {
    await using serving = await served();
    const headers = { "content-type": "text/plain" };
    expect((await serving.call("PUT", "/collections/c/points", '{"points":[]}', headers)).status).toBe(415);
    expect((await serving.call("POST", "/v1/collections/c/ingest", '{"id":1}', headers)).status).toBe(415);
    expect((await serving.call("POST", "/v1/collections/c/import", "export", headers)).status).toBe(415);
    const url = `${serving.url}/v1/collections/c/ingest`;
    const untyped = { method: "POST", body: new Blob(['{"id":1}']) };
    expect((await fetch(url, untyped)).status).toBe(415);
    const count = await serving.call("POST", "/collections/c/points/count", {});
    expect(count.result).toEqual({ count: 0 });
  });
});

test("a large body is read, and what it holds is written, with other work in between", async () => {
  await using store = await openStore(null, { workers: 0 });
  const handler = createHandler(store);
  const ask = (method: string, path: string, body: string) =>
    handler(new Request(`http://localhost${path}`, { method, body, headers: { "content-type": "application/json" } }));
  await ask("PUT", "/collections/c", JSON.stringify({ vectors: { size: 64, distance: "Dot" } }));
  const vector = Array.from({ length: 64 }, (_, i) => i + 0.123456);
  const points = Array.from({ length: 20_000 }, (_, id) => ({ id, vector, payload: { text: `number ${id}`, id } }));
  let turns = 0;
  const turning = setInterval(() => turns++, 0);
  const response = await ask("PUT", "/collections/c/points?wait=true", JSON.stringify({ points }));
  clearInterval(turning);
  expect(response.status).toBe(200);
  expect(turns).toBeGreaterThan(20);
  expect((await (await ask("POST", "/collections/c/points/count", "{}")).json()) as object).toMatchObject({
    result: { count: 20_000 },
  });
});

test("paths, methods and parameters that there are not", async () => {
  await using serving = await served();
  const other = await serving.call("POST", "/collections/c/points/count?space=a", {});
  expect([other.status, other.json.status.error]).toEqual([400, expect.stringContaining("`space`")]);
  expect((await serving.call("GET", "/nowhere")).status).toBe(404);
  const wrongMethod = await serving.call("DELETE", "/collections/c/points/scroll");
  expect([wrongMethod.status, wrongMethod.headers.get("allow")]).toEqual([405, "GET, POST"]);
  expect((await serving.call("GET", "/collections/%ff")).status).toBe(400);
  expect((await serving.call("GET", "/collections/c/points/5")).status).toBe(404);
  const missing = await serving.call("POST", "/collections/c/points/payload?wait=true", { payload: {}, points: [5] });
  expect([missing.status, missing.json.status.error]).toEqual([404, "Not found: No point with id 5 found"]);
  expect((await serving.call("POST", "/collections/c/points/query", { query: 5 })).status).toBe(404);
});

test("every route of the table is in the OpenAPI document, with its schemas", async () => {
  await using serving = await served();
  const { json } = await serving.call("GET", "/openapi.json");
  expect(Object.keys(json.paths).length).toBeGreaterThan(30);
  expect(json.paths["/collections/{name}/points/query"].post.requestBody.content["application/json"].schema.type).toBe(
    "object",
  );
  const behind = (path: string, method: string) =>
    json.paths[path][method].parameters.flatMap((one: { in: string; name: string }) =>
      one.in === "query" ? [one.name] : [],
    );
  expect(behind("/v1/collections/{name}/ingest", "post")).toEqual(expect.arrayContaining(["from_line", "operation"]));
  expect(behind("/collections/{name}/points", "put")).toContain("wait");
  expect(behind("/collections/{name}/points/query", "post")).not.toContain("space");
  expect(Object.keys(json.paths["/v1/collections/{name}/import"].post.requestBody.content)).toEqual([
    "application/octet-stream",
  ]);
  for (const [, name] of JSON.stringify(json).matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(json.components.schemas[name!]).toBeObject();
});

test("a handler is a function of any server: no port, another base path", async () => {
  await using store = await openStore(null, { workers: 0 });
  const handler = createHandler(store, { basePath: "/vectors", hosts: ["app.example"] });
  const ask = (url: string) => handler(new Request(url));
  expect((await ask("http://app.example/vectors/collections")).status).toBe(200);
  expect((await ask("http://app.example/collections")).status).toBe(404);
  expect((await ask("http://app.example/vectorsx/collections")).status).toBe(404);
});

for (const [options, words] of [
  [{ apiKeys: "a" }, "`apiKeys`"],
  [{ readOnlyKey: "a" }, "needs an `apiKey`"],
  [{ apiKey: "" }, "empty"],
  [{ bodyLimit: 5 }, "`bodyLimit`"],
  [{ basePath: "x" }, "`basePath`"],
  [{ hosts: 5 }, "`hosts`"],
] as const) {
  test(`options are refused: ${JSON.stringify(options)}`, async () => {
    await using store = await openStore(null, { workers: 0 });
    expect(() => createHandler(store, options as HandlerOptions)).toThrow(words);
  });
}
