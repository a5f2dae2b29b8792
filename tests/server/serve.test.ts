/* Does the command `serve` listen, keep what it acknowledged through a kill, and end well by a signal? */
import { expect, test } from "bun:test";
import { failureOf } from "../cli/program.ts";
import { Folder } from "../support/folder.ts";
import { until } from "../support/indexes.ts";
import { Command } from "./serving.ts";

test("what was acknowledged with wait=true is there after a kill, with its indexes and aliases", async () => {
  using folder = new Folder();
  let acknowledged = 0;
  {
    await using server = await Command.start([folder.path]);
    const client = server.client();
    await client.createCollection("c", { vectors: { size: 2, distance: "Dot" } });
    await client.createPayloadIndex("c", { field_name: "n", field_schema: "integer", wait: true });
    await client.updateCollectionAliases({ actions: [{ create_alias: { collection_name: "c", alias_name: "a" } }] });
    const killed = (async () => {
      while (acknowledged < 40) await new Promise((resolve) => setImmediate(resolve));
      await server.end("SIGKILL");
    })();
    for (let n = 0; ; n++) {
      const point = { id: n, vector: [n, 1], payload: { n } };
      const done = await client.upsert("c", { points: [point], wait: true }).catch(() => null);
      if (done === null) break;
      expect(done.status).toBe("completed");
      acknowledged++;
    }
    await killed;
  }
  await using server = await Command.start([folder.path]);
  const client = server.client();
  const { points } = await client.scroll("a", { limit: 10_000 });
  expect(points.length).toBeGreaterThanOrEqual(acknowledged);
  expect(points.slice(0, acknowledged).map(({ id, payload }) => [id, payload?.n])).toEqual(
    Array.from({ length: acknowledged }, (_, n) => [n, n]),
  );
  const filter = { must: [{ key: "n", range: { lt: 5 } }] };
  expect((await client.query("c", { query: [1, 0], filter })).points.map(({ id }) => id)).toEqual([4, 3, 2, 1, 0]);
  expect((await client.getCollection("c")).payload_schema.n?.data_type).toBe("integer");
});

test("a signal ends it once what it took is done; what was only queued is on the disk then as well", async () => {
  using folder = new Folder();
  {
    await using server = await Command.start([folder.path]);
    const client = server.client();
    await client.createCollection("c", { vectors: { size: 2, distance: "Dot" } });
    const points = Array.from({ length: 500 }, (_, id) => ({ id, vector: [id, 1] }));
    expect((await client.upsert("c", { points, wait: false })).status).toBe("acknowledged");
    expect(await server.end("SIGTERM")).toBe(0);
  }
  await using server = await Command.start([folder.path]);
  expect((await server.client().count("c")).count).toBe(500);
});

test("options come from the environment as well", async () => {
  using folder = new Folder();
  await using server = await Command.start([folder.path], { HNSW_WORKERS_API_KEY: "one,two" });
  const denied = await server
    .client("three")
    .getCollections()
    .catch((error) => error);
  expect(denied.status).toBe(401);
  for (const key of ["one", "two"]) expect(await server.client(key).getCollections()).toEqual({ collections: [] });
});

test("requests are printed as lines of JSON, when that is asked for", async () => {
  using folder = new Folder();
  await using server = await Command.start([folder.path, "--access-log"]);
  await server.client().getCollections();
  await server.end("SIGTERM");
  expect(JSON.parse(server.said())).toMatchObject({ method: "GET", route: "/collections", status: 200 });
});

test.each([
  [
    ["--host", "0.0.0.0"],
    "2 BAD_OPTION: 0.0.0.0 can be reached from other machines: give --api-key, or listen at 127.0.0.1.",
  ],
  [["--tls-cert", "x.pem"], "2 BAD_OPTION: --tls-cert and --tls-key go together."],
  [["--port", "x"], '2 USAGE: --port must be a whole number, not "x"; see `hnsw-workers serve --help`'],
  [["--port", "0", "--read-only-key", "x"], "2 BAD_OPTION: A `readOnlyKey` needs an `apiKey` beside it."],
  [["--port", "0", "--workers", "99"], "2 BAD_OPTION: `workers` must be an integer from 0 to 64, not 99."],
])("%p is refused", async (args, line) => {
  using folder = new Folder();
  expect(await failureOf(["serve", folder.path, ...args])).toBe(line);
});

test("a folder is served once", async () => {
  using folder = new Folder();
  await using _server = await Command.start([folder.path]);
  expect(await failureOf(["serve", folder.path, "--port", "0"])).toStartWith("1 PATH_IN_USE: ");
});

test("once a signal came, what is new gets 503 and when to come again, and what was taken is done to its end", async () => {
  using folder = new Folder();
  await using server = await Command.start([folder.path]);
  const client = server.client();
  await client.createCollection("c", { vectors: { size: 1, distance: "Euclid" } });
  let finish = () => {};
  const waits = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `{"id":${from + i},"vector":[1]}\n`).join("");
  async function* body() {
    yield new TextEncoder().encode(lines(0, 2000));
    await waits;
    yield new TextEncoder().encode(lines(2000, 2500));
  }
  const headers = { "content-type": "application/x-ndjson" };
  const ingest = fetch(`${server.url}/v1/collections/c/ingest`, { method: "POST", headers, body: body() });
  await until(async () => (await client.count("c")).count >= 1000, "the first batch is there");
  server.job.kill("SIGTERM");
  const ask = (path: string) => fetch(server.url + path, { headers: { connection: "close" } });
  await until(async () => (await ask("/readyz")).status === 503, "it refuses");
  const refused = await ask("/collections/c");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ status: { error: "Service is not ready" } });
  expect((await ask("/livez")).status).toBe(200);
  finish();
  expect(await (await ingest).json()).toMatchObject({ result: { lines: 2500, points: 2500 } });
  expect(await server.job.exited).toBe(0);
  await using again = await Command.start([folder.path]);
  expect((await again.client().count("c")).count).toBe(2500);
}, 60_000);
