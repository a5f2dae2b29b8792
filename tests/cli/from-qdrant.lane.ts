/*
 * Do collections of a Qdrant server come over whole? Asked of our own server, which speaks a part of Qdrant's REST, with
 * Qdrant's client; and of one that misbehaves on purpose. No Qdrant itself is started here.
 */
import { describe, expect, test } from "bun:test";
import { Serving } from "../server/serving.ts";
import { Folder } from "../support/folder.ts";
import { random } from "../support/indexes.ts";
import { failureOf, outOf, run } from "./program.ts";

const POINTS = 1300; // three pages

const lineOf = (key: unknown, vector: unknown, metadata?: unknown) => ({
  key,
  vector,
  ...(metadata ? { metadata } : {}),
});

async function exported(path: string, space: string): Promise<unknown[]> {
  const lines = (await outOf(["export", path, "--space", space])).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

describe.each(["Cosine", "Euclid", "Dot"] as const)("a collection of %s", (distance) => {
  test("comes over: every key, float and payload", async () => {
    using folder = new Folder();
    await using server = await Serving.start();
    const client = server.client();
    await client.createCollection("articles", { vectors: { size: 4, distance } });
    const { next } = random(7);
    const points = Array.from({ length: POINTS }, (_, i) => ({
      id: i % 3 === 0 ? crypto.randomUUID() : i,
      vector: Array.from({ length: 4 }, () => Math.fround(next() - 0.5)),
      ...(i % 2 === 0 ? { payload: { i, tags: ["a", `${i % 7}`], deep: { text: "ünï" } } } : {}),
    }));
    await client.upsert("articles", { points, wait: true });

    const out = await outOf(["import", folder.path, "articles", "--from-qdrant", server.url, "--fields", "i:number"]);
    expect(out.trimEnd().split("\n")).toEqual([
      `${folder.path}: 1,300 points added in space "articles"`,
      "10 searches found the same distances there",
    ]);
    const read = (await client.scroll("articles", { limit: POINTS, with_payload: true, with_vector: true })).points;
    const theirs = new Map(
      read.map(({ id, vector, payload }) => [id, lineOf(id, vector, Object.keys(payload!).length > 0 && payload)]),
    );
    expect(theirs.size).toBe(POINTS);
    const ours = (await exported(folder.path, "articles")) as { key: string | number }[];
    expect(new Map(ours.map((line) => [line.key, line]))).toEqual(theirs as never);
    const where = ["--where", '{ "i": 1298 }'];
    expect((await outOf(["export", folder.path, "--space", "articles", ...where])).split("\n")).toHaveLength(2);
  });
});

interface Stored {
  id: string;
  vector: unknown;
  payload?: object | null;
}

interface Misbehaving {
  vectors?: unknown;
  /** What the n-th scroll does instead. */
  scroll?: (n: number) => Response | undefined;
  count?: number;
  score?: (score: number) => number;
  /** Ids are written as they are given here, in any number of digits. */
  points?: Stored[];
}

/** A server whose answers are written by hand. */
function pretending({
  vectors = { size: 2, distance: "Dot" },
  scroll,
  count,
  score = (one) => one,
  points,
}: Misbehaving) {
  const all: Stored[] = points ?? Array.from({ length: POINTS }, (_, i) => ({ id: `${i}`, vector: [i, 1] }));
  const offsets: string[] = [];
  const json = (result: string) => new Response(`{"result":${result},"status":"ok"}`);
  const server = Bun.serve({
    port: 0,
    routes: {
      "/collections/articles": () => json(JSON.stringify({ config: { params: { vectors } } })),
      "/collections/articles/points/count": () => json(`{"count":${count ?? all.length}}`),
      "/collections/articles/points/scroll": {
        POST: async (request: Request) => {
          const text = await request.text();
          const offset = /"offset":("[^"]*"|\d+)/.exec(text)?.[1] ?? "";
          offsets.push(offset);
          const instead = scroll?.(offsets.length);
          if (instead !== undefined) return instead;
          const first = offset === "" ? 0 : all.findIndex(({ id }) => id === offset);
          const { limit } = JSON.parse(text) as { limit: number };
          const page = all.slice(first, first + limit).map(({ id, vector, payload = null }) => {
            return `{"id":${id},"payload":${JSON.stringify(payload)},"vector":${JSON.stringify(vector)}}`;
          });
          const next = all[first + limit]?.id ?? "null";
          return json(`{"points":[${page.join(",")}],"next_page_offset":${next}}`);
        },
      },
      "/collections/articles/points/search": {
        POST: async (request: Request) => {
          const body = (await request.json()) as { vector: number[] | { vector: number[] }; limit: number };
          const { limit } = body;
          const vector = Array.isArray(body.vector) ? body.vector : body.vector.vector;
          const dot = (other: unknown) => vector.reduce((sum, value, i) => sum + value * (other as number[])[i]!, 0);
          const scores = all.map((one) => score(dot(one.vector))).sort((a, b) => b - a);
          return json(JSON.stringify(scores.slice(0, limit).map((score) => ({ score }))));
        },
      },
    },
    fetch: () => new Response("no such route", { status: 404 }),
  });
  return { url: server.url.origin, offsets, [Symbol.dispose]: () => void server.stop(true) };
}

const importing = (path: string, url: string, ...more: string[]) => [
  "import",
  path,
  "articles",
  "--from-qdrant",
  url,
  ...more,
];

test("an import that was cut off goes on where it was", async () => {
  using folder = new Folder();
  let isDown = true;
  const scroll = (n: number) => (isDown && n > 2 ? new Response("down", { status: 403 }) : undefined);
  using server = pretending({ scroll });
  const says = `1 BAD_FILE: ${server.url}/collections/articles/points/scroll: status 403: down`;
  expect(await failureOf(importing(folder.path, server.url))).toBe(says);
  expect(server.offsets).toEqual(["", "500", "1000"]);
  isDown = false;
  const { code, out } = await run(importing(folder.path, server.url, "--json"));
  expect(JSON.parse(out)).toMatchObject({
    resumedAfter: 1000,
    imported: POINTS,
    expected: POINTS,
    sample: { differing: 0 },
  });
  expect(code).toBe(0);
  expect(server.offsets.slice(3)).toEqual(["1000"]);
  expect(await exported(folder.path, "articles")).toEqual(Array.from({ length: POINTS }, (_, i) => lineOf(i, [i, 1])));
  await outOf(importing(folder.path, server.url));
  expect(server.offsets.slice(4)).toEqual(["", "500", "1000"]);
});

test("a server that fails for a while is asked again", async () => {
  using folder = new Folder();
  const answers = [
    new Response("busy", { status: 503 }),
    new Response('{"result":'),
    new Response("slow", { status: 429 }),
  ];
  using server = pretending({ scroll: (n) => answers[n - 1] });
  expect(await outOf(importing(folder.path, server.url))).toContain("1,300 points added");
  expect(server.offsets).toEqual(["", "", "", "", "500", "1000"]);
});

test("ids of 64 bits keep every digit, in a note as well", async () => {
  using folder = new Folder();
  const first = 18446744073709550000n;
  const points = Array.from({ length: 600 }, (_, i) => ({ id: String(first + BigInt(i)), vector: [i, 1] }));
  let isDown = true;
  using server = pretending({
    points,
    scroll: (n) => (isDown && n > 1 ? new Response("", { status: 400 }) : undefined),
  });
  expect((await run(importing(folder.path, server.url))).code).toBe(1);
  isDown = false;
  await outOf(importing(folder.path, server.url));
  expect(server.offsets).toEqual(["", "18446744073709550500", "18446744073709550500"]);
  const keys = ((await exported(folder.path, "articles")) as { key: { bigint: string } }[]).map(
    ({ key }) => key.bigint,
  );
  expect(keys).toEqual(points.map(({ id }) => id));
});

test("of several vectors one is named; points without it come as entries without one", async () => {
  using folder = new Folder();
  const vectors = { text: { size: 2, distance: "Dot" }, image: { size: 3, distance: "Cosine" } };
  const points = [
    { id: "1", vector: { text: [1, 2], image: [1, 2, 3] }, payload: { a: 1 } },
    { id: "2", vector: { image: [1, 2, 3] } },
  ];
  using server = pretending({ vectors, points });
  const missing = "1 BAD_FILE: articles: name one of its vectors by --vector: there are text, image";
  expect(await failureOf(importing(folder.path, server.url))).toBe(missing);
  expect(await failureOf(importing(folder.path, server.url, "--vector", "sound"))).toBe(missing);
  await run(importing(folder.path, server.url, "--vector", "text", "--space", "texts"));
  expect(await exported(folder.path, "texts")).toEqual([lineOf(1, [1, 2], { a: 1 }), lineOf(2, null, {})]);
});

test("fewer or more points than were counted, and other distances, are failures", async () => {
  using folder = new Folder();
  using changed = pretending({ count: POINTS + 1 });
  const { code, out } = await run(importing(folder.path, changed.url));
  expect([code, out]).toEqual([1, expect.stringContaining("the collection had 1,301 points when the import began")]);
  using other = new Folder();
  using wrong = pretending({ score: (one) => 1.01 * one });
  const compared = await run(importing(other.path, wrong.url));
  expect(compared.code).toBe(1);
  expect(compared.out).toContain("10 of 10 searches found other distances there");
});

describe("refused", () => {
  const cases: [given: Misbehaving, says: string][] = [
    [{ vectors: { size: 2, distance: "Manhattan" } }, "articles: there is no metric here for its distance Manhattan"],
    [{ vectors: {} }, "articles: name one of its vectors by --vector: they have none"],
    [{ vectors: null }, "articles: its points have no dense vectors"],
    [
      { vectors: { size: 2, distance: "Dot", multivector_config: {} } },
      "articles: its points have several vectors of one name",
    ],
    [{ vectors: { size: "2", distance: "Dot" } }, "does not answer as a Qdrant server does"],
    [{ points: [{ id: "1", vector: [[1, 2]] }] }, "articles, point 1: its vector is no list of numbers"],
    [{ points: [{ id: "1", vector: [1, 2, 3] }] }, "articles, point 1: "],
  ];
  test.each(cases)("%p", async (given, says) => {
    using folder = new Folder();
    using server = pretending(given);
    expect(await failureOf(importing(folder.path, server.url))).toContain(says);
  });

  test("addresses, collections and options that lead nowhere", async () => {
    using folder = new Folder();
    using server = pretending({});
    const says = (url: string, ...more: string[]) => failureOf(importing(folder.path, url, ...more));
    expect(await says("localhost:6333")).toStartWith("1 BAD_FILE: localhost:6333 is not an address");
    expect(await says(`${server.url}/elsewhere/`)).toBe(
      `1 BAD_FILE: ${server.url}/elsewhere/collections/articles: status 404: no such route`,
    );
    expect(await says(server.url, "--all")).toStartWith("2 USAGE: --all is for files");
    expect(await says(server.url, "--vector", "text")).toContain("one vector without a name: leave out --vector");
    expect(await failureOf(["import", folder.path, "a.npy", "--space", "s", "--vector", "v"])).toStartWith(
      "2 USAGE: --vector needs --from-qdrant",
    );
    await using index = (await folder.open({ dimensions: 3 })).index;
    await index.close();
    expect(await says(server.url)).toStartWith("1 BAD_DIMENSIONS: The collection has 2 dimensions, the index has 3.");
  });
});
