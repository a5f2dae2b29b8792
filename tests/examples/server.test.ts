/* Does the example of a service do what its first lines say, over HTTP, and keep what it took? */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serve } from "../../examples/server/server.ts";
import { Folder } from "../support/folder.ts";

const folder = new Folder();
const OPTIONS = { dimensions: 4, path: join(folder.root, "notes"), port: 0 };
let service: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  service = await serve(OPTIONS);
});
afterAll(async () => {
  await service.stop();
  folder[Symbol.dispose]();
});

async function call(method: string, path: string, body?: unknown) {
  const text = typeof body === "string" ? body : body === undefined ? null : JSON.stringify(body);
  const response = await fetch(new URL(path, service.url), { method, body: text });
  const answer = await response.text();
  return { status: response.status, body: answer === "" ? null : JSON.parse(answer) };
}

const asking = (options: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(options).map(([name, value]): [string, string] => {
      return [name, typeof value === "string" ? value : JSON.stringify(value)];
    }),
  );
const noteOf = (i: number) => ({
  ...{ text: `note ${i}`, tags: [`t${i % 3}`, ...(i % 2 === 0 ? ["even"] : [])] },
  ...{ author: { id: `u${i % 4}` }, createdAt: 1000 * i },
});
const vectorOf = (i: number) => [Math.cos(i), Math.sin(i), 1, i / 30];
const keysOf = (found: { key: string }[]) => found.map(({ key }) => key);

/** Fills a tenant with 30 notes. */
async function filled(tenant: string): Promise<void> {
  const numbers = Array.from({ length: 30 }, (_, i) => i);
  const many = { keys: numbers.map((i) => `n${i}`), vectors: numbers.map(vectorOf), notes: numbers.map(noteOf) };
  expect(await call("POST", `/tenants/${tenant}/notes`, many)).toEqual({ status: 200, body: { accepted: 30 } });
}

test("a note is kept, read, changed and deleted", async () => {
  const path = "/tenants/one/notes/a";
  expect(await call("PUT", path, { vector: vectorOf(1), note: noteOf(1), expiresAt: 4e12 })).toMatchObject({
    status: 204,
  });
  expect((await call("GET", path)).body).toEqual({ key: "a", metadata: noteOf(1), expiresAt: 4e12 });
  expect((await call("PATCH", path, { text: "changed", tags: null })).status).toBe(204);
  expect((await call("GET", path)).body).toEqual({
    ...{ key: "a", metadata: { ...noteOf(1), text: "changed", tags: null }, expiresAt: 4e12 },
  });
  expect((await call("DELETE", path)).status).toBe(204);
  for (const method of ["GET", "DELETE"]) expect((await call(method, path)).status).toBe(404);
  expect((await call("PATCH", path, { text: "changed" })).status).toBe(404);
  expect((await call("PUT", path, { vector: vectorOf(1), note: noteOf(1), expiresAt: 1 })).status).toBe(204);
  expect((await call("GET", path)).status).toBe(404); // it has expired
});

test("a search finds the nearest of a tenant that match, with their notes", async () => {
  await filled("search");
  const search = (where?: object, k = 30) =>
    call("POST", "/tenants/search/search", { vector: vectorOf(3), k, ...(where && { where }) });
  const { body: all } = await search();
  expect(all).toHaveLength(30);
  expect(all[0]).toMatchObject({ key: "n3", metadata: noteOf(3) });
  const where = { tags: { $in: ["t1"] }, createdAt: { $gte: "1970-01-01T00:00:10Z" }, "author.id": { $ne: "u2" } };
  const matching = (key: string) => {
    const i = Number(key.slice(1));
    return i % 3 === 1 && i >= 10 && i % 4 !== 2;
  };
  expect(keysOf((await search(where)).body)).toEqual(keysOf(all).filter(matching));
  expect(keysOf((await search(where, 2)).body)).toEqual(keysOf(all).filter(matching).slice(0, 2));
  expect((await call("POST", "/tenants/other/search", { vector: vectorOf(3) })).body).toEqual([]);
});

test("pages follow one another in an order, each note once", async () => {
  await filled("pages");
  const found: string[] = [];
  let after: string | null = null;
  let pages = 0;
  do {
    const options = { where: { tags: "even" }, orderBy: "createdAt", descending: true, limit: 4 };
    const page = await call("GET", `/tenants/pages/notes?${asking({ ...options, ...(after && { after }) })}`);
    expect(page.status).toBe(200);
    found.push(...keysOf(page.body.entries));
    after = page.body.next;
    pages++;
  } while (after !== null);
  expect(found).toEqual(Array.from({ length: 15 }, (_, i) => `n${28 - 2 * i}`));
  expect(pages).toBe(4);
  const first = await call("GET", "/tenants/pages/notes");
  expect([first.body.entries.length, first.body.next]).toEqual([30, null]);
  const other = await call("GET", `/tenants/pages/notes?${asking({ limit: 2, orderBy: "createdAt" })}`);
  const mixed = await call("GET", `/tenants/pages/notes?${asking({ limit: 2, after: other.body.next })}`);
  expect(mixed).toMatchObject({ status: 400, body: { code: "BAD_OPTION" } });
});

test("tags are counted, and what matches is deleted", async () => {
  await filled("tags");
  const tags = async (where?: object) =>
    (await call("GET", `/tenants/tags/tags?${asking(where ? { where } : {})}`)).body;
  expect(await tags({ "author.id": "u1" })).toEqual([
    { value: "t1", count: 3 },
    { value: "t2", count: 3 },
    { value: "t0", count: 2 },
  ]);
  expect(await call("DELETE", `/tenants/tags/notes?${asking({ where: { tags: "even" } })}`)).toMatchObject({
    ...{ status: 200, body: { deleted: 15 } },
  });
  expect((await tags()).map(({ count }: { count: number }) => count)).toEqual([5, 5, 5]);
  expect((await call("DELETE", "/tenants/tags/notes")).body).toMatchObject({ code: "BAD_REQUEST" });
  expect((await call("DELETE", "/tenants/tags")).status).toBe(204);
  expect((await call("DELETE", "/tenants/tags")).status).toBe(404);
});

describe("what is wrong is refused by its code:", () => {
  const path = "/tenants/wrong/notes";
  const put = (body: unknown) => ["PUT", `${path}/x`, body] as const;
  test.each([
    ["BAD_DIMENSIONS", put({ vector: [1], note: noteOf(1) })],
    ["BAD_VECTOR", put({ note: noteOf(1), vector: "1,2,3,4" })],
    ["BAD_FIELD", put({ vector: vectorOf(1), note: { ...noteOf(1), tags: [5] } })],
    ["BAD_OPTION", put({ vector: vectorOf(1), note: noteOf(1), expiresAt: "soon" })],
    ["DOCUMENT_TOO_LARGE", put({ vector: vectorOf(1), note: { ...noteOf(1), text: "x".repeat(70_000) } })],
    ["BAD_REQUEST", put({ vector: vectorOf(1), note: { text: "of nobody" } })],
    ["BAD_REQUEST", put({ vector: vectorOf(1) })],
    ["BAD_REQUEST", put("{")],
    ["BAD_REQUEST", put("null")],
    ["BAD_REQUEST", ["PATCH", `${path}/kept`, { createdAt: "today" }]],
    ["BAD_FIELD", ["PATCH", `${path}/kept`, { tags: 7 }]],
    [
      "DUPLICATE_KEY",
      ["POST", path, { keys: ["x", "x"], vectors: [vectorOf(1), vectorOf(2)], notes: [noteOf(1), noteOf(2)] }],
    ],
    ["BAD_WHERE", ["POST", "/tenants/wrong/search", { vector: vectorOf(1), where: { colour: "red" } }]],
    ["BAD_WHERE", ["POST", "/tenants/wrong/search", { vector: vectorOf(1), where: { tags: { $like: "t%" } } }]],
    ["BAD_K", ["POST", "/tenants/wrong/search", { vector: vectorOf(1), k: 0 }]],
    ["BAD_REQUEST", ["POST", "/tenants/wrong/search", { vector: vectorOf(1), k: 1e6 }]],
    ["BAD_REQUEST", ["GET", `${path}?where=tags`]],
    ["BAD_OPTION", ["GET", `${path}?limit=many`]],
    ["BAD_OPTION", ["GET", `${path}?orderBy=text`]],
    ["BAD_OPTION", ["GET", `${path}?after=forged`]],
  ] as const)("%s: %p", async (code, [method, path, body]) => {
    await call("PUT", "/tenants/wrong/notes/kept", { vector: vectorOf(1), note: noteOf(1) });
    expect(await call(method, path, body)).toMatchObject({ status: 400, body: { code } });
    const { body: kept } = await call("GET", "/tenants/wrong/notes");
    expect(kept.entries).toEqual([{ key: "kept", metadata: noteOf(1) }]);
  });

  test("a route that there is not", async () => {
    expect((await call("GET", "/tenants")).status).toBe(404);
  });
});

test("what it took is there after a restart", async () => {
  await filled("restart");
  await service.stop();
  service = await serve(OPTIONS);
  const { body } = await call("GET", `/tenants/restart/notes?${asking({ where: { tags: "t2" }, limit: 3 })}`);
  expect(body.entries.map(({ metadata }: { metadata: object }) => metadata)).toEqual([2, 5, 8].map(noteOf));
  const { body: stats } = await call("GET", "/stats");
  const space = stats.spaces.find(({ name }: { name: string }) => name === "restart");
  expect(space).toMatchObject({ live: 30, documentBytes: expect.any(Number) });
});
