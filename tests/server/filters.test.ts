/* Do filters match the same points with and without indexes, and those that a plain reading of them says? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { filters, INDEXES, payloads } from "./arbitrary-filters.ts";
import { Serving } from "./serving.ts";

async function filled(
  serving: Serving,
  name: string,
  documents: readonly object[],
  when: "before" | "after" | "never",
) {
  const path = `/collections/${name}`;
  await serving.call("PUT", path, { vectors: { size: 2, distance: "Euclid" } });
  const index = async () => {
    for (const [field_name, field_schema] of Object.entries(INDEXES)) {
      const made = await serving.call("PUT", `${path}/index?wait=true`, { field_name, field_schema });
      expect(made.status).toBe(200);
    }
  };
  if (when === "before") await index();
  const points = documents.map((payload, id) => ({ id, vector: [id, 0], payload }));
  expect((await serving.call("PUT", `${path}/points?wait=true`, { points })).status).toBe(200);
  if (when === "after") await index();
}

test("indexes made before or after the points change nothing of what matches, counts and is found", async () => {
  await using serving = await Serving.start();
  const documents = fc.sample(payloads, { numRuns: 60, seed: 15 });
  for (const when of ["before", "after", "never"] as const) await filled(serving, when, documents, when);
  let some = 0;
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const found = await Promise.all(
        ["before", "after", "never"].map(async (name) => {
          const path = `/collections/${name}/points`;
          const ask = async (where: string, body: object) => (await serving.call("POST", path + where, body)).result;
          const scrolled = await ask("/scroll", { filter, limit: 100, with_payload: false });
          const searched = await ask("/query", { query: [0, 0], filter, limit: 100 });
          const ids = scrolled.points.map(({ id }: { id: number }) => id);
          expect(searched.points.map(({ id }: { id: number }) => id)).toEqual(ids);
          expect((await ask("/count", { filter })).count).toBe(ids.length);
          return ids;
        }),
      );
      expect(found[0]).toEqual(found[2]);
      expect(found[1]).toEqual(found[2]);
      if (found[0].length > 0 && found[0].length < documents.length) some++;
    }),
    { numRuns: 120, seed: 15 },
  );
  expect(some).toBeGreaterThan(10);
});

/** By hand: the payload, a filter, whether it matches. */
const CASES: [payload: object, condition: object, matches: boolean][] = [
  [{ a: ["x", "y"] }, { key: "a", match: { value: "y" } }, true],
  [{ a: "x" }, { key: "a", match: { except: ["x"] } }, false],
  [{ a: ["x", "y"] }, { key: "a", match: { except: ["x"] } }, true],
  [{}, { key: "a", match: { except: ["x"] } }, false],
  [{ a: 5 }, { key: "a", range: { gte: 5, lt: 6 } }, true],
  [{ a: [1, 9] }, { key: "a", range: { gt: 2, lt: 8 } }, false],
  [{ a: "2026-11-29T14:00:00+02:00" }, { key: "a", range: { lte: "2026-11-29T12:00:00Z" } }, true],
  [{ a: [] }, { is_empty: { key: "a" } }, true],
  [{ a: null }, { is_empty: { key: "a" } }, true],
  [{}, { is_empty: { key: "a" } }, true],
  [{ a: [null] }, { is_empty: { key: "a" } }, false],
  [{ a: null }, { is_null: { key: "a" } }, true],
  [{}, { is_null: { key: "a" } }, false],
  [{ a: [1, 2] }, { key: "a", values_count: { gte: 2 } }, true],
  [{ a: { b: { c: 1 } } }, { key: "a.b.c", match: { value: 1 } }, true],
  [{ a: [{ b: 1 }, { b: 2 }] }, { key: "a[].b", match: { value: 2 } }, true],
  [{ a: [{ b: 1 }, { b: 2 }] }, { key: "a[1].b", match: { value: 1 } }, false],
  [{ a: { "0": "src" } }, { key: "a.0", match: { value: "src" } }, true],
  [{ "a.b": 1 }, { key: '"a.b"', match: { value: 1 } }, true],
  [{ a: "the red fox" }, { key: "a", match: { text: "red" } }, true],
  [{ a: "src/server" }, { key: "a", match: { prefix: "src/" } }, true],
  [
    {
      a: [
        { b: 1, c: 1 },
        { b: 2, c: 2 },
      ],
    },
    {
      nested: {
        key: "a",
        filter: {
          must: [
            { key: "b", match: { value: 1 } },
            { key: "c", match: { value: 2 } },
          ],
        },
      },
    },
    false,
  ],
  [
    { a: [{ b: 1, c: 2 }] },
    {
      nested: {
        key: "a",
        filter: {
          must: [
            { key: "b", match: { value: 1 } },
            { key: "c", match: { value: 2 } },
          ],
        },
      },
    },
    true,
  ],
];

test("conditions mean what Qdrant's documents say", async () => {
  await using serving = await Serving.start();
  const documents = CASES.map(([payload]) => payload);
  await filled(serving, "c", documents, "never");
  for (const [id, [, condition, matches]] of CASES.entries()) {
    const filter = { must: [condition, { has_id: [id] }] };
    const { result } = await serving.call("POST", "/collections/c/points/count", { filter });
    expect({ condition, matches: result.count === 1 }).toEqual({ condition, matches });
  }
});

test("a text index compares words, whatever their case and order", async () => {
  await using serving = await Serving.start();
  await serving.call("PUT", "/collections/c", { vectors: { size: 1, distance: "Dot" } });
  const index = { field_name: "t", field_schema: { type: "text", tokenizer: "word", lowercase: true } };
  await serving.call("PUT", "/collections/c/index?wait=true", index);
  const texts = ["The quick, brown fox", "foxes are quick", "Fox and QUICK"];
  const points = texts.map((t, id) => ({ id, vector: [1], payload: { t } }));
  await serving.call("PUT", "/collections/c/points?wait=true", { points });
  const filter = { must: [{ key: "t", match: { text: "quick fox" } }] };
  const found = await serving.call("POST", "/collections/c/points/scroll", { filter, with_payload: false });
  expect(found.result.points).toEqual([{ id: 0 }, { id: 2 }]);
});

test("a dropped index leaves its place to another field of its kind, with nothing of its values", async () => {
  await using serving = await Serving.start();
  await serving.call("PUT", "/collections/c", { vectors: { size: 1, distance: "Dot" } });
  const index = (field_name: string) =>
    serving.call("PUT", "/collections/c/index?wait=true", { field_name, field_schema: "keyword" });
  await index("a");
  await serving.call("PUT", "/collections/c/points?wait=true", {
    points: [{ id: 1, vector: [1], payload: { a: "x", b: "y" } }],
  });
  for (let turn = 0; turn < 3; turn++) {
    await serving.call("DELETE", "/collections/c/index/a?wait=true");
    await index("b");
    const count = async (key: string, value: string) =>
      (await serving.call("POST", "/collections/c/points/count", { filter: { must: { key, match: { value } } } }))
        .result.count;
    expect([await count("b", "x"), await count("b", "y"), await count("a", "x")]).toEqual([0, 1, 1]);
    await serving.call("DELETE", "/collections/c/index/b?wait=true");
    await index("a");
  }
});

test("an index that is built while points are written, changed and deleted has every one of them in the end", async () => {
  await using serving = await Serving.start();
  await serving.call("PUT", "/collections/c", { vectors: { size: 1, distance: "Dot" } });
  const points = (from: number, count: number, n: number) => ({
    points: Array.from({ length: count }, (_, i) => ({ id: from + i, vector: [1], payload: { n } })),
  });
  const path = "/collections/c/points";
  await serving.call("PUT", `${path}?wait=true`, points(0, 2000, 1));
  const built = serving.call("PUT", "/collections/c/index?wait=true", { field_name: "n", field_schema: "integer" });
  const others = serving.call("PUT", "/collections/c/index?wait=true", { field_name: "m", field_schema: "keyword" });
  let writes = 0;
  const end = Promise.all([built, others]).then(() => true);
  for (let turn = 0; !(await Promise.race([end, Promise.resolve(false)])); turn++) {
    const at = (turn * 37) % 1900;
    await serving.call("PUT", `${path}?wait=true`, points(at, 20, 2));
    const ids = Array.from({ length: 20 }, (_, i) => at + 20 + i);
    await serving.call("POST", `${path}/payload?wait=true`, { points: ids, payload: { n: 3, m: "x" } });
    await serving.call("PUT", `${path}?wait=true`, points(5000 + turn, 1, 4));
    writes += 3;
  }
  expect([(await built).status, (await others).status]).toEqual([200, 200]);
  expect(writes).toBeGreaterThan(0);
  const all = (await serving.call("POST", `${path}/scroll`, { limit: 10_000 })).result.points;
  for (const n of [1, 2, 3, 4]) {
    const filter = { must: [{ key: "n", match: { value: n } }] };
    const explained = await serving.call("POST", "/v1/collections/c/explain", { query: [1], filter });
    expect(explained.result.plan.exact).toBe(true);
    const expected = all.filter(({ payload }: { payload: { n: number } }) => payload.n === n).length;
    expect((await serving.call("POST", `${path}/count`, { filter })).result.count).toBe(expected);
  }
}, 60_000);
