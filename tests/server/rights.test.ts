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
    ["of spaces by a prefix without an end", { access: [{ collection: "mine", access: "r", prefix: "user-1" }] }, {}],
    ["of a space and a prefix", { access: [{ collection: "mine", access: "r", prefix: "a/", space: "a/b" }] }, {}],
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

  test.each([
    ["of one space", { space: "user-1" }, ["user-1"]],
    ["of spaces by a prefix", { prefix: "user-1/" }, ["user-1/a", "user-1/b"]],
  ])("%s reads and writes there, and finds nothing elsewhere, by any route", async (_, part, own) => {
    await using serving = await served();
    const all = ["user-1", "user-10", "user-1/a", "user-1/b", "user-2/a"];
    const add = (space: string, headers: object) => {
      const body = { keys: [1], vectors: [[1, 1]], metadata: [{ secret: `of ${space}` }] };
      return serving.call("POST", `/v1/collections/mine/add?space=${encodeURIComponent(space)}`, body, { ...headers });
    };
    for (const space of all) expect((await add(space, ADMIN)).status).toBe(200);
    const token = bearer(await tokenOf({ exp: IN_AN_HOUR(), access: [{ collection: "mine", access: "rw", ...part }] }));
    for (const space of own) {
      expect((await add(space, token)).status).toBe(200);
      const found = await serving.call(
        "POST",
        `/v1/collections/mine/count?space=${encodeURIComponent(space)}`,
        {},
        token,
      );
      expect(found.result).toEqual({ count: 1 });
    }
    const { spaces, total } = (await serving.call("GET", "/v1/collections/mine/spaces", undefined, token)).result;
    expect([spaces.map(({ name }: { name: string }) => name), total]).toEqual([own, own.length]);
    const search = (spaces: unknown) =>
      serving.call("POST", "/v1/collections/mine/search", { query: [1, 1], spaces }, token);
    expect((await search(own)).result.hits).toHaveLength(own.length);
    for (const spaces of ["all", [...own, "user-10"], ["user-1/"], ["points"]])
      expect((await search(spaces)).status).toBe(403);
    const others = [...all.filter((space) => !own.includes(space)), "user-1/", "points", "none"];
    for (const { method, path, access } of ROUTES) {
      if (!path.includes("{name}")) continue;
      const url = path.replace("{name}", "mine").replace("{id}", "1").replace("{field}", "secret");
      for (const space of others) {
        const body = method === "GET" || method === "DELETE" ? undefined : {};
        const { status, text } = await serving.call(method, `${url}?space=${encodeURIComponent(space)}`, body, token);
        expect({ url, space, leaks: /of user|of mine/.test(text) }).toEqual({ url, space, leaks: false });
        const refused = access === "manage" ? 404 : 403;
        if (!url.endsWith("/exists")) expect({ method, url, status }).toEqual({ method, url, status: refused });
      }
      const { status } = await serving.call(
        method,
        url.replace("mine", "theirs"),
        method === "GET" ? undefined : {},
        token,
      );
      if (!url.endsWith("/exists"))
        expect({ method, url, ok: [403, 404].includes(status) }).toEqual({ method, url, ok: true });
    }
    // Of a parameter that is there twice no value is checked while the other one counts.
    for (const [first, last] of [
      [own[0]!, "user-10"],
      ["user-10", own[0]!],
    ] as const) {
      const both = `space=${encodeURIComponent(first)}&space=${encodeURIComponent(last)}`;
      for (const path of ["get", "add", "count", "delete"]) {
        const body = { ...(path === "count" ? {} : { keys: [1] }), ...(path === "add" ? { vectors: [[1, 1]] } : {}) };
        const { status, text } = await serving.call("POST", `/v1/collections/mine/${path}?${both}`, body, token);
        expect([status, text.includes("of user")]).toEqual([400, false]);
      }
    }
    expect((await serving.call("GET", "/collections", undefined, token)).result.collections).toEqual([]);
    for (const space of all) {
      const count = await serving.call(
        "POST",
        `/v1/collections/mine/count?space=${encodeURIComponent(space)}`,
        {},
        ADMIN,
      );
      expect(count.result).toEqual({ count: 1 });
    }
  });

  test("of one space imports into it, and adds no field to the collection", async () => {
    await using serving = await served();
    await serving.call("PUT", "/v1/collections/other", { dimensions: 2, fields: { lang: "keyword" } }, ADMIN);
    const add = { keys: [1], vectors: [[1, 1]], metadata: [{ lang: "en" }] };
    await serving.call("POST", "/v1/collections/other/add?space=s", add, ADMIN);
    await serving.call("PUT", "/v1/collections/plain", { dimensions: 2 }, ADMIN);
    const bytes = async () =>
      await (await fetch(`${serving.url}/v1/collections/other/export?space=s`, { headers: ADMIN })).blob();
    const access = [{ collection: "plain", access: "rw", space: "own" }];
    const token = bearer(await tokenOf({ exp: IN_AN_HOUR(), access }));
    const type = { "content-type": "application/octet-stream" };
    const imported = async (headers: Record<string, string>) => {
      const url = `${serving.url}/v1/collections/plain/import?space=own`;
      return await fetch(url, { method: "POST", body: await bytes(), headers: { ...type, ...headers } });
    };
    const fields = async () =>
      (await serving.call("GET", "/v1/collections/plain", undefined, ADMIN)).result.fields as object;
    const refused = await imported(token);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('the field \\"lang\\"')]);
    expect(await fields()).toEqual({});
    await serving.call("PUT", "/v1/collections/plain/fields", { fields: { lang: "keyword" } }, ADMIN);
    expect((await imported(token)).status).toBe(200);
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
