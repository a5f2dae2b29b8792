/* Does the command `serve` listen, keep what it acknowledged through a kill, and end well by a signal? */
import { expect, test } from "bun:test";
import { QdrantClient } from "@qdrant/js-client-rest";
import type { Subprocess } from "bun";
import { failureOf } from "../cli/program.ts";
import { Folder } from "../support/folder.ts";

const PROGRAM = new URL("../../src/cli/main.ts", import.meta.url).pathname;

class Server implements AsyncDisposable {
  url = "";
  private out = "";

  private constructor(readonly job: Subprocess<"ignore", "pipe", "pipe">) {}

  /** Resolves once it says where it listens. */
  static async start(args: string[], env: Record<string, string> = {}): Promise<Server> {
    const command = [process.execPath, PROGRAM, "serve", ...args, "--port", "0"];
    const job = Bun.spawn(command, {
      ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe", env: { ...process.env, ...env } },
    });
    const server = new Server(job);
    void server.read();
    for (const end = Date.now() + 20_000; Date.now() < end; await Bun.sleep(5)) {
      const url = /listening at (\S+)\n/.exec(server.out)?.[1];
      if (url === undefined && job.exitCode === null) continue;
      if (url === undefined) break;
      server.url = url;
      return server;
    }
    throw new Error(`it did not start: ${server.out}${await job.stderr.text()}`);
  }

  private async read(): Promise<void> {
    for await (const piece of this.job.stdout.pipeThrough(new TextDecoderStream())) this.out += piece;
  }

  /** What it printed since it listens. */
  said(): string {
    return this.out.slice(this.out.indexOf("\n") + 1);
  }

  client(apiKey?: string): QdrantClient {
    return new QdrantClient({ url: this.url, apiKey, checkCompatibility: false });
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    this.job.kill(signal);
    return await this.job.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

test("what was acknowledged with wait=true is there after a kill, with its indexes and aliases", async () => {
  using folder = new Folder();
  let acknowledged = 0;
  {
    await using server = await Server.start([folder.path]);
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
  await using server = await Server.start([folder.path]);
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
    await using server = await Server.start([folder.path]);
    const client = server.client();
    await client.createCollection("c", { vectors: { size: 2, distance: "Dot" } });
    const points = Array.from({ length: 500 }, (_, id) => ({ id, vector: [id, 1] }));
    expect((await client.upsert("c", { points, wait: false })).status).toBe("acknowledged");
    expect(await server.end("SIGTERM")).toBe(0);
  }
  await using server = await Server.start([folder.path]);
  expect((await server.client().count("c")).count).toBe(500);
});

test("options come from the environment as well", async () => {
  using folder = new Folder();
  await using server = await Server.start([folder.path], { HNSW_WORKERS_API_KEY: "one,two" });
  const denied = await server
    .client("three")
    .getCollections()
    .catch((error) => error);
  expect(denied.status).toBe(401);
  for (const key of ["one", "two"]) expect(await server.client(key).getCollections()).toEqual({ collections: [] });
});

test("requests are printed as lines of JSON, when that is asked for", async () => {
  using folder = new Folder();
  await using server = await Server.start([folder.path, "--access-log"]);
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
  await using _server = await Server.start([folder.path]);
  expect(await failureOf(["serve", folder.path, "--port", "0"])).toStartWith("1 PATH_IN_USE: ");
});
