/*
 * Does the proxy's configuration in docs/SERVER.md do what it is there for? nginx runs it, with other ports and shorter times, and
 * without certificates.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { Folder } from "../support/folder.ts";
import { Command, Client18 as QdrantClient } from "./serving.ts";

const NGINX = Bun.which("nginx") ?? Bun.which("nginx", { PATH: "/usr/sbin" });
const KEY = "a key for the proxy";
if (NGINX === null) console.log("skipped: there is no nginx");

function configuration(folder: string, ports: { from: number; to: number }): string {
  const text = readFileSync(new URL("../../docs/SERVER.md", import.meta.url), "utf8");
  const site = /```nginx\n([^`]+)```/.exec(text)![1]!;
  const changed = site
    .replace("listen 443 ssl;", `listen 127.0.0.1:${ports.from};`)
    .replace("127.0.0.1:6333", `127.0.0.1:${ports.to}`)
    .replace(/ +ssl_certificate.*\n/g, "")
    .replace("client_header_timeout 10s", "client_header_timeout 1s")
    .replace("client_body_timeout 10s", "client_body_timeout 1s");
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `
    daemon off;
    pid ${join(folder, "pid")};
    error_log ${join(folder, "errors")};
    events {}
    http { access_log off; ${places.join(" ")}
    ${changed} }`;
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

describe.skipIf(NGINX === null)("behind nginx", () => {
  const folder = new Folder();
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  let server: Command;
  let nginx: Subprocess;

  beforeAll(async () => {
    mkdirSync(folder.root, { recursive: true });
    const env = { HNSW_WORKERS_API_KEY: KEY };
    server = await Command.start([folder.path, "--allow-host", "vectors.example.com"], env);
    const file = join(folder.root, "nginx.conf");
    writeFileSync(file, configuration(folder.root, { from: port, to: Number(new URL(server.url).port) }));
    nginx = Bun.spawn([NGINX!, "-c", file, "-p", folder.root], { stdout: "ignore", stderr: "inherit" });
    while (!(await fetch(`${url}/livez`, { headers: HOST }).catch(() => null))?.ok) {
      expect(nginx.exitCode).toBeNull();
      await Bun.sleep(10);
    }
  });
  afterAll(async () => {
    nginx?.kill();
    await nginx?.exited;
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const HOST = { host: "vectors.example.com" };
  const HEAD = `PUT /collections/c/points?wait=true HTTP/1.1\r\nhost: vectors.example.com\r\napi-key: ${KEY}\r\ncontent-type: application/json\r\n`;

  /** What nginx says until it ends the connection; a piece is written again and again. */
  function drip(head: string, piece: string): Promise<string> {
    const socket = connect(port, "127.0.0.1", () => socket.write(head));
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes;
    });
    socket.on("error", () => {}); // a reset is an end as well
    const timer = piece === "" ? undefined : setInterval(() => socket.write(piece), 50);
    return new Promise((resolve) =>
      socket.on("close", () => {
        clearInterval(timer);
        resolve(said);
      }),
    );
  }

  test("a client works as without it, and one without a key, or of another name, does not", async () => {
    const client = new QdrantClient({ url, apiKey: KEY, headers: HOST, checkCompatibility: false });
    await client.createCollection("c", { vectors: { size: 2, distance: "Dot" } });
    await client.upsert("c", { points: [{ id: 1, vector: [1, 2] }], wait: true });
    expect((await client.query("c", { query: [1, 1] })).points.map(({ id, score }) => [id, score])).toEqual([[1, 3]]);
    expect((await fetch(`${url}/collections`, { headers: HOST })).status).toBe(401);
    expect((await fetch(`${url}/collections`, { headers: { "api-key": KEY, host: "elsewhere" } })).status).toBe(403);
    const page = { origin: "https://elsewhere.example", "api-key": KEY, ...HOST };
    expect((await fetch(`${url}/collections`, { headers: page })).status).toBe(403);
  });

  test("events come as they happen, and an ingest may be larger than a body", async () => {
    const headers = { "api-key": KEY, ...HOST };
    const events = await fetch(`${url}/v1/events`, { headers });
    const reader = events.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain("data:");
    await reader.cancel();
    const lines = 400;
    const text = "x".repeat(100_000);
    let next = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (next === lines) return controller.close();
        controller.enqueue(
          new TextEncoder().encode(`${JSON.stringify({ id: 100 + next++, vector: [1, 1], payload: { text } })}\n`),
        );
      },
    });
    const type = { "content-type": "application/x-ndjson" };
    const sent = await fetch(`${url}/v1/collections/c/ingest`, {
      method: "POST",
      headers: { ...headers, ...type },
      body,
    });
    expect(sent.status).toBe(200);
    const large = JSON.stringify({ points: [{ id: 1, vector: [1, 1], payload: { text: "x".repeat(33_554_432) } }] });
    const json = { ...headers, "content-type": "application/json" };
    expect((await fetch(`${url}/collections/c/points`, { method: "PUT", headers: json, body: large })).status).toBe(
      413,
    );
  }, 60_000);

  test("heads and bodies that stall, and two lengths, never reach the server", async () => {
    expect(await drip("PUT /collections/c/points HTTP/1.1\r\nhost: x\r\n", "x")).toBeOneOf([
      "",
      expect.stringContaining(" 408 "),
    ]);
    const stalled = await drip(`${HEAD}content-length: 1000\r\n\r\n{`, "");
    expect(stalled).toBeOneOf(["", expect.stringContaining(" 408 ")]);
    expect(await drip(`${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, "")).toContain(" 400 ");
    const both = `${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
    expect(await drip(both, "")).toContain(" 400 ");
    const response = await fetch(`${url}/metrics`, { headers: { "api-key": KEY, ...HOST } });
    expect(await response.text()).not.toContain('status="408"');
  }, 60_000);

  test("an address has 64 connections", async () => {
    const held = Array.from({ length: 200 }, () => {
      const socket = connect(port, "127.0.0.1", () => socket.write(`${HEAD}content-length: 1000\r\n\r\n{`));
      const said = new Promise<string>((resolve) => {
        let text = "";
        socket.on("data", (bytes) => {
          text += bytes;
        });
        socket.on("close", () => resolve(text));
      });
      socket.on("error", () => {});
      return said;
    });
    const refused = (await Promise.all(held)).filter((text) => text.includes(" 503 "));
    expect(refused.length).toBeGreaterThanOrEqual(200 - 64);
  }, 60_000);
});
