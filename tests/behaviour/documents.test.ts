/* Do documents, filters and expiry mean what they promise, whichever call looks at them? */
import { describe, expect, test } from "bun:test";
import { CheckedAdd } from "../../src/engine/ops.ts";
import { DONE } from "../../src/engine/waiting-line.ts";
import { type Key, type OpenOptions, open, type Space, type, type VectorIndex } from "../../src/index.ts";
import { nextTurn } from "../../src/runtime/event-loop.ts";
import { openSearch } from "../../src/search.ts";
import { Folder } from "../support/folder.ts";
import { opened, refusalOf, uniform } from "../support/indexes.ts";

interface Memory {
  text: string;
  tags: string[];
  userId: string;
  createdAt: number;
  done?: boolean | null;
  user?: { id: string };
}

const FIELDS = {
  tags: "keyword",
  userId: "keyword",
  createdAt: "number",
  done: "boolean",
  "user.id": "keyword",
} as const;
const SET = uniform(600, 8, 141);
const QUERY = SET.at(0);

const memoryOf = (i: number): Memory => ({
  text: `text ${i}`,
  tags: i % 10 === 0 ? [] : [`t${i % 3}`, `t${i % 5}`],
  userId: `u${i % 7}`,
  createdAt: (i * 37) % 100,
});

async function withDocuments(options: Partial<OpenOptions> = {}, count = 200) {
  const parts = await opened({ dimensions: 8, metric: "l2", fields: FIELDS, ...options });
  const index = parts.index as unknown as VectorIndex<Memory>;
  const space = index.space<number>("s");
  const keys = Array.from({ length: count }, (_, i) => i);
  await space.addMany(keys, SET.part(0, count).values, keys.map(memoryOf));
  return { ...parts, index, space, [Symbol.asyncDispose]: () => parts.index.close() };
}

async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

for (const workers of [0, 2]) {
  describe(`with workers: ${workers}`, () => {
    test("a document is returned as it was given, wherever it is included, and nowhere else", async () => {
      await using parts = await withDocuments({ workers });
      const { space } = parts;
      const [hit] = await space.search(QUERY, { k: 1, include: ["metadata", "vector", "expiresAt"] });
      expect(hit).toEqual({ key: 0, distance: 0, metadata: memoryOf(0), vector: QUERY.slice(), expiresAt: undefined });
      expect((await space.search(QUERY, { k: 1 }))[0]).toEqual({ key: 0, distance: 0 });
      expect(await space.get(5, { include: ["metadata"] })).toEqual({ key: 5, metadata: memoryOf(5) });
      expect(await space.get(5)).toEqual(SET.at(5).slice());
      expect(await space.getMany([5, 999], {})).toEqual([{ key: 5 }, undefined]);
      const [entry] = await all(space.entries({ include: ["vector"] }));
      expect(entry).toEqual({ key: 0, vector: QUERY.slice() });
    });

    test("add replaces vector, document and expiry as a whole", async () => {
      await using parts = await withDocuments({ workers });
      const { space } = parts;
      const include = ["metadata", "vector", "expiresAt"] as const;
      await space.add(1, SET.at(9), memoryOf(9), { expiresAt: 5000 });
      expect(await space.get(1, { include, now: 4999 })).toMatchObject({ metadata: memoryOf(9), expiresAt: 5000 });
      await space.add(1, SET.at(8));
      expect(await space.get(1, { include })).toEqual({
        ...{ key: 1, metadata: undefined, vector: SET.at(8).slice(), expiresAt: undefined },
      });
      expect(await space.count({ where: { text: { $exists: false } } as never }).catch((error) => error.code)).toBe(
        "BAD_WHERE",
      );
      expect(await space.count({ where: { userId: { $exists: false } } })).toBe(1);
    });

    test("update merges top-level properties and keeps vector, age and expiry", async () => {
      await using parts = await withDocuments({ workers });
      const { space } = parts;
      const include = ["metadata", "vector", "expiresAt"] as const;
      const before = await space.keys();
      await space.add(3, SET.at(3), { ...memoryOf(3), done: true }, { expiresAt: 9e12 });
      expect(await space.update(3, { done: undefined, createdAt: 1000, user: { id: "x" } })).toBe(true);
      expect(await space.get(3, { include })).toEqual({
        ...{ key: 3, vector: SET.at(3).slice(), expiresAt: 9e12 },
        metadata: { ...memoryOf(3), createdAt: 1000, user: { id: "x" } },
      });
      expect(await space.update(4, { done: null })).toBe(true);
      expect(await space.count({ where: { done: null } })).toBe(1);
      expect(await space.count({ where: { done: { $exists: true } } })).toBe(1);
      expect(await space.update(3, {}, { expiresAt: null })).toBe(true);
      expect((await space.get(3, { include: ["expiresAt"] }))?.expiresAt).toBeUndefined();
      expect(await space.update(999, { text: "x" })).toBe(false);
      expect(await space.keys()).toEqual([...before.filter((key) => key !== 3), 3]);
      await parts.index.flush();
      expect((await space.search(SET.at(3), { k: 1 }))[0]).toEqual({ key: 3, distance: 0 });
    });

    test("updateWhere and deleteWhere change what matches, and say how many", async () => {
      await using parts = await withDocuments({ workers });
      const { space } = parts;
      const mine = Array.from({ length: 200 }, (_, i) => i).filter((i) => memoryOf(i).userId === "u3");
      expect(await space.updateWhere({ userId: "u3" }, { userId: "moved" })).toBe(mine.length);
      expect(await space.count({ where: { userId: "u3" } })).toBe(0);
      expect((await all(space.entries({ where: { userId: "moved" } }))).map(({ key }) => key)).toEqual(mine);
      expect(await space.deleteWhere({ userId: "moved" })).toBe(mine.length);
      expect(space.size).toBe(200 - mine.length);
      expect(await space.deleteWhere({ userId: "nobody" })).toBe(0);
      const refusal = await refusalOf(() => space.deleteWhere(undefined as never));
      expect(refusal).toMatchObject({ code: "BAD_OPTION", message: expect.stringContaining("`{}` stands for all") });
      expect(await space.deleteWhere({})).toBe(200 - mine.length);
      expect(space.size).toBe(0);
    });

    test("an updateWhere that ends in the middle says how far it came", async () => {
      await using parts = await withDocuments({ workers, maxDocumentBytes: 400 });
      const { space } = parts;
      await space.add(500, SET.at(500), { ...memoryOf(500), userId: "u0", text: "x".repeat(300) });
      const count = await space.count({ where: { userId: "u0" } });
      const refusal = await refusalOf(() => space.updateWhere({ userId: "u0" }, { user: { id: "y".repeat(100) } }));
      expect(refusal.code).toBe("DOCUMENT_TOO_LARGE");
      expect(refusal.message).toEndWith(`${count - 1} of ${count} were updated before.`);
      expect(await space.count({ where: { "user.id": { $exists: true } } })).toBe(count - 1);
    });

    test("an entry without a vector is listed, counted and filtered, and never a hit", async () => {
      await using parts = await withDocuments({ workers, flatBelow: 50 });
      const { space, index } = parts;
      await space.add(1000, null, { ...memoryOf(1), userId: "bodiless" });
      await space.addMany([1001, 1002], null, [memoryOf(2), { ...memoryOf(3), userId: "bodiless" }]);
      for (const linked of [false, true]) {
        if (linked) await index.flush();
        expect(space.size).toBe(203);
        expect(await space.count({ where: { userId: "bodiless" } })).toBe(2);
        expect(await space.get(1000, { include: ["vector", "metadata"] })).toMatchObject({ vector: undefined });
        expect(await space.get(1000)).toBeUndefined();
        expect(await space.has(1000)).toBe(true);
        expect(await space.search(QUERY, { k: 10, where: { userId: "bodiless" } })).toEqual([]);
        expect((await space.search(QUERY, { k: 300 })).length).toBe(200);
        expect(await space.keys()).toHaveLength(203);
      }
      await space.add(1000, SET.at(300));
      expect((await space.search(SET.at(300), { k: 1 }))[0]).toEqual({ key: 1000, distance: 0 });
      await space.add(5, null, memoryOf(5));
      expect((await space.search(SET.at(5), { k: 1 }))[0]?.key).not.toBe(5);
      expect(await index.check()).toMatchObject({ ok: true, problems: [] });
    });

    test("keys: only these are hits", async () => {
      await using parts = await withDocuments({ workers });
      const { space } = parts;
      const hits = await space.search(SET.at(7), { k: 5, keys: [7, 100, 999] });
      expect(hits.map(({ key }) => key)).toEqual([7, 100]);
      expect(await space.search(QUERY, { keys: [] })).toEqual([]);
      const both = await space.search(QUERY, { keys: [7, 14, 15], where: { userId: "u0" } });
      expect(both.map(({ key }) => key).sort((a, b) => a - b)).toEqual([7, 14]);
      expect((await refusalOf(() => space.search(QUERY, { keys: [1.5] }))).code).toBe("BAD_KEY");
    });

    test("explain says which way was taken, and how many match", async () => {
      await using parts = await withDocuments({ workers, flatBelow: 50 }, 600);
      await parts.index.flush();
      const { hits, explain } = await parts.space.search(QUERY, { k: 5, where: { userId: "u1" }, explain: true });
      expect(hits).toHaveLength(5);
      expect(explain.matches).toBe(Array.from({ length: 600 }, (_, i) => i).filter((i) => i % 7 === 1).length);
      expect(explain.visited).toBeGreaterThanOrEqual(5);
      expect(["exact", "graph"]).toContain(explain.way);
    });

    test("searchMany finds what search finds, with filters and documents", async () => {
      await using parts = await withDocuments({ workers, flatBelow: 50 }, 600);
      const { space, index } = parts;
      await index.flush();
      const options = { k: 3, where: { tags: "t1", createdAt: { $lt: 60 } }, include: ["metadata", "vector"] } as const;
      const queries = Array.from({ length: 70 }, (_, i) => SET.at(i));
      const many = await space.searchMany(queries, options);
      for (const [i, query] of queries.entries()) expect(many[i]).toEqual(await space.search(query, options));
    });

    test("a search over spaces merges their hits and says where each is", async () => {
      await using parts = await withDocuments({ workers });
      const { index } = parts;
      await index.space("other").add("x", SET.at(0), { ...memoryOf(0), userId: "u1" });
      const hits = await index.search(QUERY, { spaces: ["s", "other", "none"], k: 3, include: ["metadata"] });
      expect(hits.slice(0, 2).map(({ space, key }) => [space, key])).toEqual([
        ["s", 0],
        ["other", "x"],
      ]);
      const filtered = await index.search(QUERY, { spaces: "all", k: 1, where: { userId: "u1" } });
      expect(filtered).toEqual([{ key: "x", distance: 0, space: "other" }]);
      expect((await refusalOf(() => index.search(QUERY, { k: 1 } as never))).code).toBe("BAD_OPTION");
    });

    test("entries come by age or by a field; those without one value there come last", async () => {
      await using parts = await withDocuments({ workers }, 30);
      const { space } = parts;
      await space.add(100, SET.at(100));
      await space.add(101, SET.at(101), { ...memoryOf(1), createdAt: 50 });
      const model = Array.from({ length: 30 }, (_, i) => ({ key: i, at: memoryOf(i).createdAt }));
      model.push({ key: 101, at: 50 });
      const keysBy = async (options: object) => (await all(space.entries(options))).map(({ key }) => key);
      expect(await keysBy({})).toEqual(await space.keys());
      expect(await keysBy({ descending: true })).toEqual((await space.keys()).reverse());
      const ascending = model.toSorted((a, b) => a.at - b.at || a.key - b.key).map(({ key }) => key);
      expect(await keysBy({ orderBy: "createdAt" })).toEqual([...ascending, 100]);
      const descending = model.toSorted((a, b) => b.at - a.at || a.key - b.key).map(({ key }) => key);
      expect(await keysBy({ orderBy: "createdAt", descending: true })).toEqual([...descending, 100]);
      expect(await keysBy({ orderBy: "tags" })).toEqual(await space.keys()); // lists have no order
    });

    test("pages put together are the entries, whatever the limit", async () => {
      await using parts = await withDocuments({ workers }, 100);
      const { space } = parts;
      const question = { where: { tags: { $ne: "t2" } }, orderBy: "userId", descending: true } as const;
      const whole = (await all(space.entries(question))).map(({ key }) => key);
      for (const limit of [1, 7, 1000]) {
        const keys: number[] = [];
        let after: string | null = null;
        do {
          const page: Awaited<ReturnType<typeof space.page>> = await space.page({ ...question, limit, after });
          keys.push(...page.entries.map(({ key }) => key));
          after = page.next;
        } while (after !== null);
        expect(keys).toEqual(whole);
      }
      const { next } = await space.page({ ...question, limit: 5 });
      for (const other of [{ where: {} }, { descending: false }, { orderBy: "createdAt" as const }]) {
        const refusal = await refusalOf(() => space.page({ ...question, ...other, after: next }));
        expect(refusal.code).toBe("BAD_OPTION");
      }
    });

    test("facets count values among what matches; of a list each value once", async () => {
      await using parts = await withDocuments({ workers }, 100);
      const { space } = parts;
      const counts = new Map<string, number>();
      for (let i = 0; i < 100; i++) {
        if (memoryOf(i).createdAt >= 50) continue;
        for (const tag of new Set(memoryOf(i).tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
      }
      const wanted = Array.from(counts, ([value, count]) => ({ value, count }));
      wanted.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
      const where = { createdAt: { $lt: 50 } };
      expect(await space.facets("tags", { where })).toEqual(wanted);
      expect(await space.facets("tags", { where, limit: 2 })).toEqual(wanted.slice(0, 2));
      await space.updateWhere({ createdAt: { $lt: 10 } }, { done: true });
      expect(await space.facets("done")).toEqual([
        { value: true, count: await space.count({ where: { done: true } }) },
      ]);
    });

    test("what has expired is gone for every reader, by the time that the call is given", async () => {
      await using parts = await withDocuments({ workers, flatBelow: 50 });
      const { space, index } = parts;
      await space.addMany([900, 901], SET.part(500, 502).values, [memoryOf(1), memoryOf(2)], {
        expiresAt: new Date(5000),
      });
      await space.add(902, null, memoryOf(3), { expiresAt: 6000 });
      for (const linked of [false, true]) {
        if (linked) await index.flush();
        for (const [now, live] of [
          [4999, 203],
          [5000, 201],
          [6000, 200],
        ] as const) {
          expect(await space.count({ now })).toBe(live);
          const listed = await all(space.entries({ now }));
          expect(listed).toHaveLength(live);
          expect((await space.page({ now, limit: 1000 })).entries).toHaveLength(live);
          expect((await space.get(900, { now })) !== undefined).toBe(now < 5000);
          expect((await space.getMany([900, 902], { now })).filter(Boolean)).toHaveLength(
            live - 200 > 1 ? 2 : live - 200,
          );
          const [hit] = await space.search(SET.at(500), { k: 1, now });
          expect(hit!.key === 900).toBe(now < 5000);
          const [filtered] = await space.search(SET.at(500), { k: 1, now, where: { userId: memoryOf(1).userId } });
          expect(filtered!.key === 900).toBe(now < 5000);
          expect(await space.searchMany([SET.at(501)], { k: 1, now })).toEqual([
            await space.search(SET.at(501), { k: 1, now }),
          ]);
        }
        // And by the clock:
        expect(space.size).toBe(200);
        expect(await space.has(900)).toBe(false);
        expect(await space.get(901)).toBeUndefined();
        expect(await space.keys()).toHaveLength(200);
      }
      expect(await space.update(900, { done: true })).toBe(false);
      expect(await space.update(900, { done: true }, { now: 1, expiresAt: 9e12 })).toBe(true);
      expect(await space.has(900)).toBe(true);
      expect(await space.delete(901)).toBe(false);
      await space.add(901, SET.at(501));
      expect((await space.search(SET.at(501), { k: 1 }))[0]?.key).toBe(901);
      expect(await space.deleteWhere({}, { now: 9e12 })).toBe(201);
    });

    test("a field that is added to a filled index is filled from the documents", async () => {
      await using parts = await withDocuments({ workers, fields: { createdAt: "number" }, flatBelow: 50 }, 600);
      const { space, index } = parts;
      await space.add(700, SET.at(1), { ...memoryOf(1), userId: 5 } as never);
      const added = index.addField("userId", "keyword");
      const wanted = Array.from({ length: 600 }, (_, i) => i).filter((i) => i % 7 === 2);
      await added;
      let state = index.fields.userId!.state;
      for (let turn = 0; ; turn++) {
        const found = (await all(space.entries({ where: { userId: "u2" } }))).map(({ key }) => key);
        expect(found).toEqual(wanted);
        expect(await space.count({ where: { userId: { $ne: "u2" } } })).toBe(601 - wanted.length);
        if (state === "ready") break;
        state = index.fields.userId!.state;
        if (turn > 100_000) throw new Error("the field never became ready");
      }
      expect(index.fields).toEqual({
        createdAt: { type: "number", state: "ready", mismatches: 0 },
        userId: { type: "keyword", state: "ready", mismatches: 1 },
      });
      expect(await space.facets("userId")).toHaveLength(7);
      expect((await refusalOf(() => space.add(701, SET.at(1), { ...memoryOf(1), userId: 5 } as never))).code).toBe(
        "BAD_FIELD",
      );
      expect((await refusalOf(() => index.addField("userId", "keyword"))).code).toBe("BAD_OPTION");
    });
  });
}

test('with `metadata: "required"` every entry needs a document', async () => {
  await using index = await open<Memory>({ dimensions: 8, workers: 0, metadata: "required", fields: FIELDS });
  const space = index.space("s");
  await space.add("a", QUERY, memoryOf(1));
  const wrong = space as unknown as Space;
  expect((await refusalOf(() => wrong.add("b", QUERY))).code).toBe("BAD_METADATA");
  expect((await refusalOf(() => wrong.addMany(["b"], [QUERY]))).code).toBe("BAD_METADATA");
  const [hit] = await space.search(QUERY, { include: ["metadata"] });
  expect(hit!.metadata.text).toBe("text 1");
});

test('with `zeroVectors: "keep"` a zero vector makes an entry without one', async () => {
  await using index = await open({
    dimensions: 8,
    workers: 0,
    zeroVectors: "keep",
    metadata: type<Memory>(),
    fields: FIELDS,
  });
  const space = index.space("s");
  const zero = new Float32Array(8);
  await space.add("zero", zero);
  await space.addMany(["a", "b", "c"], [QUERY, zero, zero], [memoryOf(1), memoryOf(2), memoryOf(3)]);
  expect(space.size).toBe(4);
  expect((await space.search(QUERY)).map(({ key }) => key)).toEqual(["a"]);
  expect(await space.get("b", { include: ["vector", "metadata"] })).toMatchObject({
    vector: undefined,
    metadata: memoryOf(2),
  });
});

test("what other threads add, this one finds: rows, fields and expiry are the partition's", async () => {
  await using parts = await withDocuments({ workers: 1 });
  const { attach } = await import("../../src/index.ts");
  const other = attach(parts.index.attach());
  const space = other.space<Key>("s");
  await space.add("x", SET.at(9), { ...memoryOf(9), userId: "elsewhere" } as never);
  expect(await parts.space.count({ where: { userId: "elsewhere" } })).toBe(1);
  await parts.index.addField("text", "keyword");
  expect(await space.count({ where: { text: "text 5" } })).toBe(1);
  expect(other.fields).toHaveProperty("text");
  await other.close();
});

test("an export that is only searched has documents, filters, pages and facets", async () => {
  await using parts = await withDocuments({ workers: 1, flatBelow: 50 });
  const { index, space } = parts;
  await space.add(900, null, memoryOf(1), { expiresAt: 5000 });
  await index.flush();
  const searched = await openSearch<Memory>({ from: await index.exportBytes() });
  const only = searched.space<number>("s");
  const where = { tags: { $in: ["t1", "t4"] }, createdAt: { $gte: 20 } };
  const options = { k: 7, where, include: ["metadata", "vector"] } as const;
  for (let i = 0; i < 20; i++)
    expect(await only.search(SET.at(i), options)).toEqual(await space.search(SET.at(i), options));
  expect(searched.fields).toEqual(FIELDS);
  expect(await only.count({ where, now: 1 })).toBe(await space.count({ where, now: 1 }));
  expect(await only.facets("tags")).toEqual(await space.facets("tags"));
  const question = { where, orderBy: "createdAt", limit: 9, include: ["metadata"] } as const;
  expect(await only.page(question)).toEqual(await space.page(question));
  expect(await all(only.entries({ include: ["vector"] }))).toEqual(await all(space.entries({ include: ["vector"] })));
  expect(await only.getMany([3, 999], { include: ["metadata"] })).toEqual([
    { key: 3, metadata: memoryOf(3) },
    undefined,
  ]);
  expect(only.size).toBe(space.size);
  const over = { spaces: "all", k: 2, where, include: ["metadata"] } as const;
  expect(await searched.search(QUERY, over)).toEqual(await index.search(QUERY, over));
  searched.close();
});

test("while entries are replaced and linked, a search sees each with the vector and filter that belong to it", async () => {
  await using parts = await withDocuments({ workers: 2, flatBelow: 50 }, 400);
  const { index, space } = parts;
  // A version says which vector, tag and document belong together; the vector's first number is the version.
  const vectorOf = (key: number, version: number) => Float32Array.from(SET.at(key), (x, i) => (i === 0 ? version : x));
  const documentOf = (key: number, version: number): Memory => ({
    ...{ text: `${key} ${version}`, tags: [`v${version % 2}`], userId: `u${key}`, createdAt: version },
  });
  const keys = Array.from({ length: 60 }, (_, i) => i);
  await space.addMany(
    keys,
    keys.map((key) => vectorOf(key, 0)),
    keys.map((key) => documentOf(key, 0)),
  );
  let writing = true;
  const writer = (async () => {
    for (let version = 1; version <= 60; version++) {
      for (const key of keys) {
        if (key % 3 === 0) await space.update(key, { createdAt: version, text: `${key} updated` });
        else await space.add(key, vectorOf(key, version), documentOf(key, version));
        if (key % 7 === 0) await nextTurn();
      }
    }
    writing = false;
  })();
  let looks = 0;
  for (; writing; looks++) {
    const tag = `v${looks % 2}`;
    const k = 80;
    const hits = await space.search(vectorOf(looks % 60, looks % 60), {
      k,
      where: { tags: tag },
      include: ["metadata", "vector"],
    });
    for (const { key, metadata, vector } of hits) {
      expect(metadata!.tags).toContain(tag);
      if (key >= 60) continue;
      if (key % 3 === 0) expect(vector).toEqual(vectorOf(key, 0));
      else
        expect({ key, metadata, vector }).toEqual({
          key,
          metadata: documentOf(key, vector![0]!),
          vector: vectorOf(key, vector![0]!),
        });
    }
    const mine = hits.filter(({ key }) => key % 3 === 0 && key < 60);
    expect(new Set(hits.map(({ key }) => key)).size).toBe(hits.length);
    if (tag === "v0" && hits.length < k) expect(mine).toHaveLength(20);
    await nextTurn(); // adds that wait for room wait for turns of the event loop
  }
  await writer;
  expect(looks).toBeGreaterThan(50);
  await index.flush();
  expect(await index.check()).toMatchObject({ ok: true, problems: [] });
});

test("what is left of an entry without a vector is sound after an export: its row is not in it", async () => {
  const { index } = await opened({ dimensions: 8, metric: "l2", fields: FIELDS });
  const space = index.space<number>("s");
  await space.addMany([1, 2, 3], null, [memoryOf(1), memoryOf(2), memoryOf(3)]);
  await space.delete(1);
  await space.update(2, { text: "changed" });
  await space.add(3, SET.at(3), memoryOf(3));
  const again = await open({ from: index.export(), workers: 0 });
  expect((await again.check()).problems).toEqual([]);
  expect(await again.space("s").get(2, { include: ["metadata", "vector"] })).toMatchObject({
    metadata: { text: "changed" },
    vector: undefined,
  });
  await again.close();
  await index.close();
});

test("where documents are required, an export or a folder with an entry without one is refused", async () => {
  using folder = new Folder();
  const options = { dimensions: 8, metric: "l2", workers: 0, partitions: 1 } as const;
  const required = { ...options, metadata: "required" } as const;
  const refused = async (made: object) => (await refusalOf(() => open({ ...required, ...made }))).code;
  const index = await open({ ...options, path: folder.path });
  await index.space("s").add(1, SET.at(1), { text: "a" });
  const sound = await index.exportBytes();
  await index.space("s").add(2, SET.at(2), undefined, { expiresAt: 1 }); // has expired
  await index.close();
  await (await open({ ...required, path: folder.path })).close();
  await (await open({ ...required, from: sound })).close();
  const again = await open({ ...options, path: folder.path });
  await again.space("s").add(3, SET.at(3), undefined, { expiresAt: 4e12 });
  const bytes = await again.exportBytes();
  await again.close();
  expect(await refused({ from: bytes })).toBe("EXPORT_FOREIGN");
  expect(await refused({ path: folder.path })).toBe("PATH_MISMATCH");
  await (await open({ ...options, path: folder.path })).close(); // the refusal left it as it was
});

test("`stats` tells vectors, graph, documents, columns and dictionaries apart", async () => {
  await using parts = await withDocuments({ workers: 0 });
  const of = (name: string) => parts.index.stats().spaces.find((space) => space.name === name)!;
  await parts.index.space("plain").add(1, SET.at(1));
  expect(of("plain")).toMatchObject({ documentBytes: 0, columnBytes: 0, dictionaryBytes: 0 });
  const { vectorBytes, graphBytes, documentBytes, columnBytes, dictionaryBytes, bytes } = of("s");
  const text = Array.from({ length: 200 }, (_, i) => JSON.stringify(memoryOf(i))).join("");
  expect(documentBytes).toBeGreaterThan(text.length);
  expect(columnBytes).toBeGreaterThan(200 * 8);
  expect(dictionaryBytes).toBeGreaterThan(0);
  expect(vectorBytes).toBeGreaterThan(SET.part(0, 200).values.byteLength);
  expect(vectorBytes + graphBytes + documentBytes + columnBytes + dictionaryBytes).toBeLessThan(bytes);
  await parts.space.add(0, SET.at(0), { ...memoryOf(0), userId: "a user whose name is new".repeat(50) });
  expect(of("s").dictionaryBytes).toBeGreaterThan(dictionaryBytes + 1000);
});

test("an add that is tried again after others were checked stores its own document", async () => {
  await using parts = await opened({ dimensions: 8, fields: FIELDS, workers: 0 });
  const { index, handle } = parts;
  const vector = SET.at(1);
  const first = new CheckedAdd(handle, "s", "first", vector, memoryOf(1));
  const others = [memoryOf(2), { ...memoryOf(3), text: "longer".repeat(50) }];
  const later = others.map((document, i) => new CheckedAdd(handle, "s", i, vector, document));
  for (const op of [first, ...later]) expect(op.attempt()).toBe(DONE);
  const space = index.space("s");
  const found = await space.getMany(["first", 0, 1], { include: ["metadata"] });
  expect(found.map((entry) => entry?.metadata)).toEqual([memoryOf(1), ...others]);
});
