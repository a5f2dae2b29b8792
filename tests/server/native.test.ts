/* Do the routes of our own ingest, explain, list and show what there is? */
import { expect, test } from "bun:test";
import { openSearch } from "../../src/search.ts";
import { Serving } from "./serving.ts";

const JSON_LINES = { "content-type": "application/x-ndjson" };

async function served() {
  const serving = await Serving.start();
  await serving.call("PUT", "/collections/c", { vectors: { size: 4, distance: "Euclid" } });
  return serving;
}

const line = (id: number) => JSON.stringify({ id, vector: [id, 1, id % 7, 0], payload: { n: id % 3 } });
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${line(from + i)}\n`).join("");

test("lines of JSON become points, whatever the body's size and pieces", async () => {
  await using serving = await served();
  const text = `${lines(0, 5000)}\n${line(5000)}`;
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + 777));
      at += 777;
    },
  });
  const url = `${serving.url}/v1/collections/c/ingest`;
  const response = await fetch(url, { method: "POST", body, headers: JSON_LINES });
  expect(((await response.json()) as { result: unknown }).result).toEqual({ lines: 5002, points: 5001 });
  expect((await serving.call("POST", "/collections/c/points/count", {})).result.count).toBe(5001);
});

test("the first bad line ends it and is named; it goes on from any line", async () => {
  await using serving = await served();
  const bad = `${lines(0, 2500)}{"id":-1}\n${lines(2501, 2600)}`;
  const refused = await serving.call("POST", "/v1/collections/c/ingest", bad, JSON_LINES);
  expect([refused.status, refused.json.status.error]).toEqual([400, expect.stringContaining("Line 2501: ")]);
  const durable = Number(/the lines up to (\d+) are on the disk/.exec(refused.json.status.error)![1]);
  const good = lines(0, 2600);
  const rest = await serving.call("POST", `/v1/collections/c/ingest?from_line=${durable + 1}`, good, JSON_LINES);
  expect(rest.result).toEqual({ lines: 2600, points: 2600 - durable });
  expect((await serving.call("POST", "/collections/c/points/count", {})).result.count).toBe(2600);
  const nothing = await serving.call("POST", "/v1/collections/c/ingest", undefined, JSON_LINES);
  expect(nothing.result).toEqual({ lines: 0, points: 0 });
  for (const [text, words] of [
    ["{", "not JSON"],
    ['{"id":1,"vector":[1]}', "expected dim: 4, got 1"],
    ['{"id":1,"vectors":[1]}', "`vectors`"],
  ]) {
    const { status, json } = await serving.call("POST", "/v1/collections/c/ingest", text, JSON_LINES);
    expect([status, json.status.error]).toEqual([400, expect.stringContaining(`Line 1: `)]);
    expect(json.status.error).toContain(words);
  }
});

test("how far an ingest is can be heard of by its name, while it runs and afterwards", async () => {
  await using serving = await served();
  const progress = async () => {
    const response = await fetch(`${serving.url}/v1/collections/c/operations/mine`);
    if (response.status !== 200) return [];
    const text = await response.text();
    return text
      .trim()
      .split("\n\n")
      .map((event) => JSON.parse(event.replace(/^data: /, "")));
  };
  expect(await progress()).toEqual([]);
  let more = () => {};
  const waits = new Promise<void>((resolve) => {
    more = resolve;
  });
  const pieces = [lines(0, 5000), lines(5000, 5100)].map((text) => new TextEncoder().encode(text));
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (pieces.length === 1) await waits;
      if (pieces.length === 0) return controller.close();
      controller.enqueue(pieces.shift()!);
    },
  });
  const url = `${serving.url}/v1/collections/c/ingest?operation=mine`;
  const ingesting = fetch(url, { method: "POST", body, headers: JSON_LINES });
  let heard = await fetch(`${serving.url}/v1/collections/c/operations/mine`);
  while (heard.status === 404) heard = await fetch(`${serving.url}/v1/collections/c/operations/mine`);
  const again = await serving.call("POST", "/v1/collections/c/ingest?operation=mine", line(1), JSON_LINES);
  expect([again.status, again.json.status.error]).toEqual([400, expect.stringContaining("running already")]);
  more();
  expect((await ingesting).status).toBe(200);
  const events = (await heard.text()).trim().split("\n\n");
  expect(JSON.parse(events[0]!.replace("data: ", "")).state).toBe("running");
  expect(await progress()).toEqual([{ state: "done", lines: 5100, points: 5100 }]);
  await serving.call("POST", "/v1/collections/c/ingest?operation=mine", "{", JSON_LINES);
  expect(await progress()).toMatchObject([{ state: "failed", lines: 0, error: expect.stringContaining("Line 1") }]);
});

test("a query is explained: what the index decides, and which way the search takes", async () => {
  await using serving = await served();
  await serving.call("POST", "/v1/collections/c/ingest", lines(0, 100), JSON_LINES);
  const filter = { must: [{ key: "n", match: { value: 1 } }] };
  const explain = async () =>
    (await serving.call("POST", "/v1/collections/c/explain", { query: [1, 1, 1, 1], filter })).result;
  expect(await explain()).toMatchObject({ plan: { where: null, exact: false }, way: "exact", matches: 33 });
  await serving.call("PUT", "/collections/c/index?wait=true", { field_name: "n", field_schema: "integer" });
  expect(await explain()).toMatchObject({ plan: { where: { "_hnsw.n0": { $eq: 1 } }, exact: true }, matches: 33 });
});

test("spaces are listed page by page, and a sample of points lies on a map", async () => {
  await using serving = await served();
  await serving.call("POST", "/v1/collections/c/ingest", lines(0, 300), JSON_LINES);
  await serving.store.use("c", async (index) => {
    for (const name of ["a-1", "a-2", "b"]) await index.space(name).add(1, [1, 2, 3, 4]);
  });
  const page = async (query: string) => (await serving.call("GET", `/v1/collections/c/spaces${query}`)).result;
  expect((await page("")).spaces.map(({ name }: { name: string }) => name)).toEqual(["a-1", "a-2", "b", "points"]);
  expect(await page("?prefix=a-&limit=1")).toMatchObject({ spaces: [{ name: "a-1", live: 1 }], next: "a-1" });
  expect(await page("?prefix=a-&after=a-1")).toMatchObject({ spaces: [{ name: "a-2" }], next: null });
  expect(await page("?sort=live&down=true&limit=1")).toMatchObject({ spaces: [{ name: "points" }], total: 4 });
  expect(await page("?sort=live&skip=2&limit=9")).toMatchObject({
    ...{ spaces: [{ name: "b" }, { name: "points" }], next: null },
  });
  expect(await page("?contains=-2")).toMatchObject({ spaces: [{ name: "a-2" }], total: 1, next: null });
  const refused = await serving.call("GET", "/v1/collections/c/spaces?sort=size");
  expect([refused.status, refused.json.status.error]).toEqual([400, expect.stringContaining("sort")]);
  expect((await serving.call("GET", "/v1/collections/c/map?sample=0")).status).toBe(400);
  const { result } = await serving.call("GET", "/v1/collections/c/map?sample=150&field=n");
  expect(result).toHaveLength(150);
  // The ids are what differs most between these vectors, so the first axis is theirs.
  const along = result.map(({ x }: { x: number }) => x);
  const order = along[0] < along[1] ? along : along.toReversed();
  expect(order).toEqual(along.toSorted((a: number, b: number) => a - b));
  expect(new Set(result.map(({ value }: { value: number }) => value))).toEqual(new Set([0, 1, 2]));
});

test("an export is searched elsewhere with the same results, and its collection can be dropped when it was not read", async () => {
  await using serving = await served();
  expect((await serving.call("GET", "/v1/collections/c/export")).status).toBe(400);
  await serving.call("POST", "/v1/collections/c/ingest", lines(0, 200), JSON_LINES);
  const index = await openSearch({ from: await fetch(`${serving.url}/v1/collections/c/export`) });
  const hits = await index.space("points").search([50, 1, 1, 0], { k: 5, include: ["metadata"] });
  const query = { query: [50, 1, 1, 0], limit: 5, with_payload: true };
  const { points } = (await serving.call("POST", "/collections/c/points/query", query)).result;
  expect(hits.map(({ key, metadata }) => [key, metadata])).toEqual(
    points.map(({ id, payload }: { id: number; payload: object }) => [id, payload]),
  );
  index.close();
  const unread = await fetch(`${serving.url}/v1/collections/c/export`);
  await unread.body!.cancel();
  expect((await serving.call("DELETE", "/collections/c")).result).toBe(true);
});

test("figures count requests, points and workers, for people and for Prometheus", async () => {
  await using serving = await served();
  await serving.call("POST", "/v1/collections/c/ingest", lines(0, 50), JSON_LINES);
  await serving.call("POST", "/collections/c/points/query", { query: [1, 1, 1, 1] });
  const { result } = await serving.call("GET", "/v1/stats");
  expect(result.collections).toMatchObject([{ name: "c", points: 50, pending: 0, spaces: 1 }]);
  const counted = async (kind: string) =>
    (await serving.call("GET", "/v1/stats")).result.requests[kind].reduce((sum: number, one: number) => sum + one, 0);
  expect(await counted("search")).toBe(1);
  const before = await counted("write");
  await serving.call("POST", "/v1/collections/c/add?space=s", { keys: [1], vectors: [[1, 2, 3, 4]] });
  expect(await counted("write")).toBe(before + 1);
  await serving.call("POST", "/v1/collections/c/search?space=s", { query: [1, 2, 3, 4] });
  expect(await counted("search")).toBe(2);
  await serving.call("PROPFIND", "/collections/c");
  const { text } = await serving.call("GET", "/metrics");
  expect(text).toContain('method="OTHER",endpoint="none",status="405"');
  expect(text).toContain('collection_points{collection="c"} 50\n');
  expect(text).toContain('rest_responses_total{method="PUT",endpoint="/collections/{name}",status="200"} 1\n');
  expect(text).toContain('hnsw_workers_search_seconds_count{collection="c"} 2\n');
  expect(text).not.toContain("space=");
  expect(text).toMatch(/hnsw_workers_accept_seconds_bucket\{collection="c",le="\+Inf"\} [1-9]/);
  for (const one of text.trimEnd().split("\n"))
    expect(one).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*(\{\w+\}[^}]*)*\})? [\d.e+-]+)$/);
});

test("figures of each space are there for Prometheus when that is asked for", async () => {
  await using serving = await Serving.start({ spaceMetrics: true });
  await serving.call("PUT", "/v1/collections/c", { dimensions: 2 });
  for (const [space, keys] of [
    ["a", [1, 2]],
    ['b "quoted"\n', [1]],
  ] as const) {
    const body = { keys, vectors: keys.map(() => [1, 1]) };
    await serving.call("POST", `/v1/collections/c/add?space=${encodeURIComponent(space)}`, body);
  }
  const { text } = await serving.call("GET", "/metrics");
  expect(text).toContain('hnsw_workers_space_entries{collection="c",space="a"} 2\n');
  expect(text).toContain('hnsw_workers_space_entries{collection="c",space="b \\"quoted\\"\\n"} 1\n');
  const bytes = serving.store.use("c", (index) => index.stats().spaces.find(({ name }) => name === "a")!.bytes);
  expect(text).toContain(`hnsw_workers_space_total_bytes{collection="c",space="a"} ${await bytes}\n`);
});
