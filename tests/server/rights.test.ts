/* What may the bearer of a token see and do, and how often may one key ask? */
import { describe, expect, test } from "bun:test";
import { ROUTES } from "../../src/server/routes/table.ts";
import type { AccessEntry } from "../../src/server/server.ts";
import { Serving } from "./serving.ts";

const SECRET = "a secret of thirty-two bytes or more";
const ADMIN = { "api-key": "admin" };
const IN_AN_HOUR = () => Math.floor(Date.now() / 1000) + 3600;

async function tokenOf(claims: object, { secret = SECRET, alg = "HS256" } = {}): Promise<string> {
  const encode = (part: object | Uint8Array) =>
    Buffer.from(part instanceof Uint8Array ? part : JSON.stringify(part)).toString("base64url");
  const signed = `${encode({ alg, typ: "JWT" })}.${encode(claims)}`;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Buffer.from(secret), algorithm, false, ["sign"]);
  return `${signed}.${encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, Buffer.from(signed))))}`;
}

async function served() {
  const serving = await Serving.start({
    apiKey: "admin",
    tokenSecret: ["an older secret of thirty-two bytes", SECRET],
  });
  for (const name of ["mine", "theirs"]) {
    await serving.call("PUT", `/collections/${name}`, { vectors: { size: 2, distance: "Dot" } }, ADMIN);
    const points = [{ id: 1, vector: [1, 1], payload: { secret: `of ${name}` } }];
    await serving.call("PUT", `/collections/${name}/points?wait=true`, { points }, ADMIN);
    const create_alias = { collection_name: name, alias_name: `alias-of-${name}` };
    await serving.call("POST", "/collections/aliases", { actions: [{ create_alias }] }, ADMIN);
  }
  return serving;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("a token", () => {
  test.each([
    ["of another secret", { access: "m" }, { secret: "another secret of thirty-two bytes" }],
    ["of another algorithm", { access: "m" }, { alg: "none" }],
    ["that has expired", { access: "m", exp: 1000 }, {}],
    ["that never expires", { access: "m", exp: undefined }, {}],
    ["that holds later", { access: "m", nbf: IN_AN_HOUR() }, {}],
    ["that says nothing of access", {}, {}],
    ["that says something else of access", { access: "all" }, {}],
    ["with a claim that is not known", { access: [{ collection: "mine", access: "r", payload: {} }] }, {}],
  ])("%s is refused", async (_, claims, how) => {
    await using serving = await served();
    const token = await tokenOf({ exp: IN_AN_HOUR(), ...claims }, how);
    expect((await serving.call("GET", "/collections", undefined, bearer(token))).status).toBe(401);
  });

  test("whose signature or claims were changed is refused", async () => {
    await using serving = await served();
    const token = await tokenOf({ exp: IN_AN_HOUR(), access: "r" });
    const [head, , signature] = token.split(".");
    const claims = Buffer.from(JSON.stringify({ exp: IN_AN_HOUR(), access: "m" })).toString("base64url");
    for (const changed of [`${head}.${claims}.${signature}`, `${token.slice(0, -4)}AAAA`, `${token}.x`, "a.b.c"]) {
      expect((await serving.call("GET", "/collections", undefined, bearer(changed))).status).toBe(401);
    }
  });

  test("of an older secret holds as well, so that secrets can change", async () => {
    await using serving = await served();
    const token = await tokenOf({ exp: IN_AN_HOUR(), access: "r" }, { secret: "an older secret of thirty-two bytes" });
    expect((await serving.call("GET", "/collections/mine", undefined, bearer(token))).status).toBe(200);
    const create = await serving.call(
      "PUT",
      "/collections/new",
      { vectors: { size: 1, distance: "Dot" } },
      bearer(token),
    );
    expect(create.status).toBe(403);
  });

  test("of one collection reads and writes it, and finds of others nothing, by any route", async () => {
    await using serving = await served();
    const token = bearer(await tokenOf({ exp: IN_AN_HOUR(), access: [{ collection: "mine", access: "rw" }] }));
    const points = [{ id: 2, vector: [1, 2] }];
    expect((await serving.call("PUT", "/collections/mine/points?wait=true", { points }, token)).status).toBe(200);
    expect((await serving.call("POST", "/collections/alias-of-mine/points/count", {}, token)).result.count).toBe(2);
    expect((await serving.call("GET", "/collections", undefined, token)).result.collections).toEqual([
      { name: "mine" },
    ]);
    expect((await serving.call("GET", "/aliases", undefined, token)).result.aliases).toHaveLength(1);
    expect((await serving.call("GET", "/telemetry", undefined, token)).result.collections.number_of_collections).toBe(
      1,
    );
    for (const { method, path } of ROUTES) {
      for (const name of ["theirs", "alias-of-theirs"]) {
        const url = path.replace("{name}", name).replace("{id}", "1").replace("{field}", "secret");
        if (url === "/v1/events") continue; // has its own test
        const body = method === "GET" || method === "DELETE" ? undefined : {};
        const theirs = await serving.call(method, url, body, token);
        const missing = await serving.call(method, url.replace(name, "nowhere"), body, token);
        expect({ method, url, text: theirs.text.includes("of theirs") }).toEqual({ method, url, text: false });
        if (!path.includes("{name}")) continue;
        expect({ method, url, status: theirs.status }).toEqual({ method, url, status: missing.status });
        const said = (text: string) => text.replaceAll(/"time":[\d.e-]+/g, "").replaceAll(name, "nowhere");
        expect(said(theirs.text)).toBe(said(missing.text));
      }
    }
    expect((await serving.call("POST", "/collections/theirs/points/count", {}, ADMIN)).result.count).toBe(1);
  });

  test("that reads one collection does not write it, nor drop it", async () => {
    await using serving = await served();
    const token = bearer(await tokenOf({ exp: IN_AN_HOUR(), access: [{ collection: "mine", access: "r" }] }));
    expect((await serving.call("POST", "/collections/mine/points/count", {}, token)).status).toBe(200);
    expect((await serving.call("PUT", "/collections/mine/points", { points: [] }, token)).status).toBe(403);
    expect((await serving.call("DELETE", "/collections/mine", undefined, token)).status).toBe(404);
    expect((await serving.call("GET", "/metrics", undefined, token)).status).toBe(403);
  });

  test("sees in figures and their stream what it may read", async () => {
    await using serving = await served();
    const token = bearer(await tokenOf({ exp: IN_AN_HOUR(), access: [{ collection: "mine", access: "r" }] }));
    const { result } = await serving.call("GET", "/v1/stats", undefined, token);
    expect(result.collections.map(({ name }: { name: string }) => name)).toEqual(["mine"]);
    const response = await fetch(`${serving.url}/v1/events`, { headers: token });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    expect(value).toContain('"mine"');
    expect(value).not.toContain("theirs");
  });
});

test("a key that asks too often is asked to wait, and others are not", async () => {
  await using serving = await Serving.start({ apiKey: ["a", "b"], requestsPerSecond: 2 });
  const ask = async (key: string) => await serving.call("GET", "/collections", undefined, { "api-key": key });
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await ask("a")).status));
  expect(statuses.filter((status) => status === 200).length).toBeLessThan(8);
  const refused = await Promise.all(Array.from({ length: 8 }, () => ask("a")));
  const wait = refused.find(({ status }) => status === 429)?.headers.get("retry-after");
  expect(Number(wait)).toBeGreaterThanOrEqual(1);
  expect((await ask("b")).status).toBe(200);
  expect((await serving.call("GET", "/healthz")).status).toBe(200);
});

test("each request is reported, by its route and not by what it holds", async () => {
  const entries: AccessEntry[] = [];
  await using serving = await Serving.start({ onRequest: (entry) => entries.push(entry) });
  await serving.call("PUT", "/collections/c", { vectors: { size: 1, distance: "Dot" } });
  await serving.call("GET", "/collections/c/points/5");
  await serving.call("GET", "/nowhere?secret=1");
  const common = { time: expect.stringMatching(/^\d{4}-.*Z$/), ms: expect.any(Number) };
  expect(entries).toEqual([
    { ...common, method: "PUT", route: "/collections/{name}", collection: "c", status: 200 },
    { ...common, method: "GET", route: "/collections/{name}/points/{id}", collection: "c", status: 404 },
    { ...common, method: "GET", route: null, collection: null, status: 404 },
  ]);
});

test.each([
  [{ tokenSecret: SECRET }, "needs an `apiKey`"],
  [{ apiKey: "a", tokenSecret: "short" }, "at least 32 bytes"],
  [{ requestsPerSecond: 0 }, "`requestsPerSecond`"],
])("%p is refused", async (options, words) => {
  const refusal = await Serving.start(options).catch((error) => error);
  expect(refusal.message).toContain(words);
});
