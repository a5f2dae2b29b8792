/* Do the points of each tenant have a space of their own, and is each point in one space, whatever is written, also after kills? */
import { describe, expect, test } from "bun:test";
import type { QdrantClient } from "@qdrant/js-client-rest";
import fc from "fast-check";
import { openStore } from "../../src/index.ts";
import { holdsPoints } from "../../src/server/points/tenants.ts";
import { Folder } from "../support/folder.ts";
import { Command, Serving } from "./serving.ts";

const TENANT = { field_name: "tenant", field_schema: { type: "keyword", is_tenant: true } } as const;
const of = (tenant: unknown) => ({ must: [{ key: "tenant", match: { value: tenant } }] });
type Ids = number[];

async function served(indexed = true) {
  const serving = await Serving.start();
  await serving.call("PUT", "/collections/c", { vectors: { size: 2, distance: "Euclid" } });
  if (indexed) await serving.call("PUT", "/collections/c/index?wait=true", TENANT);
  return serving;
}

async function write(serving: Serving, path: string, body: object, method = "POST") {
  const { status, text } = await serving.call(method, `/collections/c/points${path}?wait=true`, body);
  expect([status, text]).toEqual([200, expect.any(String)]);
}
const upsert = (serving: Serving, points: object[]) => write(serving, "", { points }, "PUT");
const point = (id: number, tenant?: unknown) => ({
  ...{ id, vector: [id, 1] },
  payload: tenant === undefined ? { n: id } : { n: id, tenant },
});

/** Ids by the space of the index that they are in. */
async function spacesOf(serving: Serving): Promise<Record<string, Ids>> {
  return await serving.store.use("c", async (index) => {
    const found: Record<string, Ids> = {};
    for (const name of index.spaces()) {
      const keys = (await index.space(name).keys()) as Ids;
      if (keys.length > 0) found[name] = keys.sort((a, b) => a - b);
    }
    return found;
  });
}

async function idsBy(serving: Serving, path: string, body: object): Promise<Ids> {
  const { result } = await serving.call("POST", `/collections/c/points${path}`, { limit: 1000, ...body });
  return result.points.map(({ id }: { id: number }) => id).sort((a: number, b: number) => a - b);
}

describe("a point is in the space of its tenant", () => {
  test("when it is added, and when what it is changes", async () => {
    await using serving = await served();
    await upsert(serving, [point(1, "a"), point(2, "b"), point(3), point(4, ["a", "b"]), point(5, 7), point(6, "")]);
    const first = { "tenant/a": [1], "tenant/b": [2], points: [3, 5], several: [4], "tenant/": [6] };
    expect(await spacesOf(serving)).toEqual(first);
    await upsert(serving, [point(1, "b"), point(7, "a")]);
    expect(await spacesOf(serving)).toEqual({ ...first, "tenant/a": [7], "tenant/b": [1, 2] });
    await write(serving, "/payload", { payload: { tenant: "b" }, filter: of("a") });
    await write(serving, "/payload/delete", { keys: ["tenant"], points: [2] });
    expect(await spacesOf(serving)).toEqual({ points: [2, 3, 5], "tenant/b": [1, 4, 7], "tenant/": [6] });
    await write(serving, "/payload/clear", { points: [1] });
    await write(serving, "/payload", { payload: { tenant: ["c", "c"] }, points: [3] }, "PUT");
    await write(serving, "/vectors", { points: [{ id: 4, vector: [9, 9] }] }, "PUT");
    await write(serving, "/delete", { points: [7, 8] });
    expect(await spacesOf(serving)).toEqual({ points: [1, 2, 5], "tenant/b": [4], "tenant/c": [3], "tenant/": [6] });
    const { result } = await serving.call("POST", "/collections/c/points", { ids: [4, 3], with_vector: true });
    expect(result).toEqual([
      { id: 4, payload: { n: 4, tenant: "b" }, vector: [9, 9] },
      { id: 3, payload: { tenant: ["c", "c"] }, vector: [3, 1] },
    ]);
  });

  test("when the index comes later, is made for another field, and goes", async () => {
    await using serving = await served(false);
    await upsert(serving, [point(1, "a"), point(2, "b"), point(3)]);
    expect(await spacesOf(serving)).toEqual({ points: [1, 2, 3] });
    await serving.call("PUT", "/collections/c/index?wait=true", TENANT);
    expect(await spacesOf(serving)).toEqual({ "tenant/a": [1], "tenant/b": [2], points: [3] });
    await serving.call("PUT", "/collections/c/index?wait=true", { ...TENANT, field_schema: "keyword" });
    expect(await spacesOf(serving)).toEqual({ points: [1, 2, 3] });
    await serving.call("PUT", "/collections/c/index?wait=true", TENANT);
    await serving.call("DELETE", "/collections/c/index/tenant?wait=true");
    expect(await spacesOf(serving)).toEqual({ points: [1, 2, 3] });
    expect(await idsBy(serving, "/scroll", { filter: of("a") })).toEqual([1]);
  });

  test("when the name of the tenant is too long for a space's", async () => {
    await using serving = await served();
    const long = "é".repeat(600);
    await upsert(serving, [point(1, long), point(2, "x".repeat(1017))]);
    expect(await spacesOf(serving)).toEqual({ several: [1], [`tenant/${"x".repeat(1017)}`]: [2] });
    expect(await idsBy(serving, "/scroll", { filter: of(long) })).toEqual([1]);
  });
});

test("a filter on the tenant touches its space alone, and finds what has several tenants; others go over all", async () => {
  await using serving = await served();
  await upsert(serving, [point(1, "a"), point(2, "b"), point(3), point(4, ["a", "b"]), point(5, "b")]);
  const query = { query: [0, 0] };
  const cases: [filter: object | undefined, ids: Ids, compared: number][] = [
    [of("a"), [1, 4], 2],
    [{ must: [of("b")] }, [2, 4, 5], 3],
    [{ must: [{ key: "tenant", match: { any: ["a", "b"] } }], must_not: [{ has_id: [2] }] }, [1, 4, 5], 3],
    [of("nowhere"), [], 0],
    [undefined, [1, 2, 3, 4, 5], 5],
    [{ must_not: [of("a")] }, [2, 3, 5], 3],
    [{ should: [of("a"), { key: "n", match: { value: 3 } }] }, [1, 3, 4], 3],
    [{ must: [{ has_id: [1, 2, 9] }] }, [1, 2], 2],
  ];
  for (const [filter, ids, compared] of cases) {
    const asked = filter === undefined ? {} : { filter };
    expect(await idsBy(serving, "/scroll", asked)).toEqual(ids);
    expect(await idsBy(serving, "/query", { ...query, ...asked })).toEqual(ids);
    expect(await idsBy(serving, "/query", { query: { order_by: "n" }, ...asked })).toEqual(ids);
    expect((await serving.call("POST", "/collections/c/points/count", asked)).result.count).toBe(ids.length);
    const { result } = await serving.call("POST", "/v1/collections/c/explain", { ...query, ...asked });
    expect({ filter, visited: result.visited }).toEqual({ filter, visited: compared });
  }
  const { hits } = (await serving.call("POST", "/collections/c/facet", { key: "tenant" })).result;
  expect(hits).toEqual([
    { value: "b", count: 3 },
    { value: "a", count: 2 },
  ]);
  expect((await serving.call("GET", "/collections/c")).result).toMatchObject({
    ...{ points_count: 5, payload_schema: { tenant: { data_type: "keyword", points: 4 } } },
  });
  expect((await serving.call("GET", "/v1/stats")).result.collections[0]).toMatchObject({ points: 5, spaces: 4 });
  expect(await idsBy(serving, "/query", { query: 2 })).toEqual([1, 3, 4, 5]);
});

const KILLS = Number(process.env.KILLS ?? 6);
/** What a point that no response has confirmed is before it is there. */
const NEW = Symbol("new");
const TENANTS = [undefined, "a", "b", "c", ["a", "b"], 5];
const SEED = Number(process.env.SEED ?? 3);
const oneOf = fc.constantFrom(...TENANTS);
const id = fc.nat({ max: 30 });
const drawnWrite = fc.oneof(
  fc
    .uniqueArray(fc.tuple(id, oneOf), { minLength: 1, maxLength: 8, selector: ([id]) => id })
    .map((points) => ({ upsert: { points: points.map(([id, tenant]) => point(id, tenant)) } })),
  fc.uniqueArray(id, { minLength: 1, maxLength: 4 }).map((points) => ({ delete: { points } })),
  fc
    .tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("a", "b", "c", ["a", "c"], 5))
    .map(([from, tenant]) => ({ set_payload: { payload: { tenant }, filter: of(from) } })),
);
type Write = typeof drawnWrite extends fc.Arbitrary<infer W> ? W : never;

function applied(model: Map<number, unknown>, write: Write): void {
  if ("upsert" in write) for (const { id, payload } of write.upsert.points) model.set(id, payload.tenant);
  else if ("delete" in write) for (const id of write.delete.points) model.delete(id);
  else {
    const from = write.set_payload.filter.must[0]!.match.value;
    for (const [id, tenant] of model) {
      if ([tenant].flat().includes(from)) model.set(id, write.set_payload.payload.tenant);
    }
  }
}

test(`random writes that overlap, while the index comes and goes, leave each point once where it belongs, seed ${SEED}`, async () => {
  const batch = fc.array(drawnWrite, { minLength: 1, maxLength: 8 });
  for (const batches of fc.sample(fc.array(batch, { minLength: 12, maxLength: 12 }), { numRuns: 6, seed: SEED })) {
    await using serving = await served();
    const model = new Map<number, unknown>();
    let isOver = false;
    let looks = 0;
    const looking = (async () => {
      while (!isOver) {
        for (const ids of [await idsBy(serving, "/scroll", {}), await idsBy(serving, "/query", { query: [0, 0] })]) {
          expect(new Set(ids).size).toBe(ids.length);
          looks++;
        }
      }
    })();
    let changing: Promise<unknown> = Promise.resolve();
    const change = (method: string, path: string, body?: object) => {
      changing = changing.then(() => serving.call(method, `/collections/c${path}?wait=true`, body));
    };
    for (const [i, operations] of batches.entries()) {
      for (const operation of operations) applied(model, operation);
      if (i % 2 === 0) change("DELETE", "/index/tenant");
      else change("PUT", "/index", TENANT);
      await write(serving, "/batch", { operations });
    }
    await changing;
    isOver = true;
    await looking;
    expect(looks).toBeGreaterThan(0);
    const expected: Record<string, Ids> = {};
    for (const [id, tenant] of [...model].sort(([a], [b]) => a - b)) {
      const space = Array.isArray(tenant) ? "several" : typeof tenant === "string" ? `tenant/${tenant}` : "points";
      expected[space] = [...(expected[space] ?? []), id];
    }
    expect(await spacesOf(serving)).toEqual(expected);
  }
}, 60_000);

async function searched(client: QdrantClient, tenant: string): Promise<number[]> {
  const { points } = await client.query("c", { query: [0, 0], filter: of(tenant), limit: 1000 });
  return points.map(({ id }) => id as number);
}

test("after kills, each point is once in one space, and nothing that was acknowledged is lost", async () => {
  using folder = new Folder();
  /** By id, the tenants that it may have: the last acknowledged one, and one that was on its way. */
  const known = new Map<number, Set<unknown>>();
  for (let round = 0; round < KILLS; round++) {
    await using server = await Command.start([folder.path]);
    const client = server.client();
    if (round === 0) {
      await client.createCollection("c", { vectors: { size: 2, distance: "Euclid" } });
      await client.createPayloadIndex("c", { ...TENANT, wait: true });
    }
    const { points: found } = await client.scroll("c", { limit: 1000 });
    const ids = found.map(({ id }) => id as number);
    expect(ids).toEqual([...known.keys()].sort((a, b) => a - b));
    const { points: hits } = await client.query("c", { query: [0, 0], limit: 1000 });
    expect(hits.map(({ id }) => id as number).sort((a, b) => a - b)).toEqual(ids);
    for (const { id, payload } of found) {
      const tenant = payload?.tenant;
      expect(known.get(id as number)).toContain(tenant);
      known.set(id as number, new Set([tenant]));
      if (typeof tenant === "string") expect(await searched(client, tenant)).toContain(id as number);
    }
    const killed = Bun.sleep(20 + ((round * 37) % 150)).then(() => server.end("SIGKILL"));
    for (let n = 0; ; n++) {
      const some = Array.from({ length: 1 + (n % 5) }, (_, i) => (n * 7 + i) % 40);
      const tenant = ["a", "b", undefined, "c"][(n + round) % 4];
      for (const id of some) known.set(id, new Set([...(known.get(id) ?? [NEW]), tenant]));
      const done = await client
        .upsert("c", { points: some.map((id) => point(id, tenant)), wait: true })
        .catch(() => null);
      if (done === null) break;
      for (const id of some) known.set(id, new Set([tenant]));
    }
    await killed;
    await using store = await openStore(folder.path);
    await store.use("c", async (index) => {
      const names = index.spaces().filter(holdsPoints);
      const keys = (await Promise.all(names.map((name) => index.space(name).keys()))).flat();
      for (const [id, tenants] of known) if (tenants.has(NEW) && !keys.includes(id)) known.delete(id);
    });
  }
}, 300_000);
