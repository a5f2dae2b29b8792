/* An index whose calls return when they are done: does it hold, find, refuse and export what an index with promises does? */
import { describe, expect, spyOn, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { openSyncWith } from "../../src/api/open-sync.ts";
import { check } from "../../src/engine/check.ts";
import { type Key, type Metric, open, openSync } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { Folder } from "../support/folder.ts";
import { expectExact, expectHonest, isSame, type Model, refusalOf, uniform } from "../support/indexes.ts";
import { evaluate } from "../support/process.ts";

const D = 6;
const VECTORS = uniform(600, D, 4711);
const KEYS: Key[] = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? `key ${i}` : BigInt(i)));

type Op =
  | { kind: "add"; key: Key; vector: number }
  | { kind: "addMany"; keys: Key[]; vector: number }
  | { kind: "delete"; key: Key }
  | { kind: "deleteMany"; keys: Key[] }
  | { kind: "search"; vector: number; k: number; third: number | null }
  | { kind: "drop" }
  | { kind: "reopen" };

const key = fc.constantFrom(...KEYS);
const keys = fc.uniqueArray(key, { maxLength: 40 });
const vector = fc.oneof(fc.nat(VECTORS.count - 1), fc.constantFrom(0, 1)); // two of them often: exact duplicates
const third = fc.option(fc.nat(2));
const kind = <T extends string>(name: T) => fc.constant(name);
const someOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: kind("add"), key, vector }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("addMany"), keys, vector }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("delete"), key }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("deleteMany"), keys }) },
  { weight: 6, arbitrary: fc.record({ kind: kind("search"), vector, k: fc.constantFrom(1, 3, 200), third }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("drop") }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("reopen") }) },
);

class Run {
  private readonly options;
  private parts;
  private readonly model: Model = new Map();
  private exists = false;

  constructor(
    private readonly metric: Metric,
    private readonly flatBelow: number,
  ) {
    this.options = { dimensions: D, metric, flatBelow };
    this.parts = openSyncWith(this.options, { build: "debug" });
  }

  do(op: Op, context: string): void {
    const { model, parts, metric } = this;
    const space = parts.index.space("s");
    if (op.kind === "add") this.add([op.key], op.vector, () => space.add(op.key, VECTORS.at(op.vector)));
    else if (op.kind === "addMany") this.add(op.keys, op.vector, (rows) => space.addMany(op.keys, rows));
    else if (op.kind === "delete") expect(space.delete(op.key), context).toBe(model.delete(op.key));
    else if (op.kind === "deleteMany") {
      expect(space.deleteMany(op.keys), context).toBe(op.keys.filter((each) => model.delete(each)).length);
    } else if (op.kind === "drop") {
      expect(parts.index.dropSpace("s"), context).toBe(this.exists);
      this.exists = false;
      model.clear();
    } else if (op.kind === "reopen") {
      this.parts = openSyncWith({ ...this.options, from: parts.index.exportBytes() }, { build: "debug" });
    } else {
      const passes = (each: Key) => op.third === null || KEYS.indexOf(each) % 3 === op.third;
      const query = VECTORS.at(op.vector);
      const hits = space.search(query, { k: op.k, ...(op.third !== null && { filter: passes }) });
      if (this.flatBelow > 0) expectExact(hits, metric, model, query, op.k, context, passes);
      else expectHonest(hits, metric, model, query, context);
    }
    expect(this.parts.index.space("s").size, context).toBe(model.size);
    expect(this.parts.index.stats().spaces[0]?.pending ?? 0, context).toBe(0);
  }

  private add(keys: Key[], vector: number, call: (rows: Float32Array[]) => void): void {
    const rows = keys.map((_, i) => VECTORS.at((vector + i) % VECTORS.count));
    call(rows);
    for (const [i, each] of keys.entries()) this.model.set(each, rows[i]!);
    if (keys.length > 0) this.exists = true;
  }

  async end(): Promise<void> {
    const space = this.parts.index.space("s");
    expect(new Set(space.keys())).toEqual(new Set(this.model.keys()));
    for (const each of KEYS) {
      expect(space.has(each)).toBe(this.model.has(each));
      expect(isSame(space.get(each), this.model.get(each))).toBe(true);
    }
    expect(await check(this.parts.handle, undefined)).toMatchObject({ ok: true, problems: [], unreachable: 0 });
  }
}

describe("after any ops it holds what a Map would, finds what brute force does, and leaves nothing unlinked:", () => {
  for (const [name, flatBelow] of [
    ["flat", 1000],
    ["graphs", 0],
  ] as const) {
    test(name, async () => {
      const ops = fc.array(someOp, { minLength: 20, maxLength: 80, size: "max" });
      const metric = fc.constantFrom("cosine" as const, "l2" as const, "dot" as const);
      const property = fc.asyncProperty(ops, metric, async (list, metric) => {
        const run = new Run(metric, flatBelow);
        for (const [i, op] of list.entries()) run.do(op, `op ${i}, ${op.kind}`);
        await run.end();
      });
      await fc.assert(property, { numRuns: 12, seed: 99 });
    });
  }
});

describe("a graph", () => {
  const SET = uniform(3000, 16, 1);

  test("is that of an index with promises: the same hits, whichever opened the other's export", async () => {
    const now = openSync({ dimensions: 16, metric: "l2" });
    now.space("s").addMany(Array.from(SET.values.subarray(0, 3000), (_, i) => i).slice(0, 3000), SET.values);
    await using later = await open({ from: now.exportBytes(), workers: 0 });
    const back = openSync({ from: await later.exportBytes() });
    const search = await openSearch({ from: now.exportBytes() });
    for (let q = 0; q < 20; q++) {
      const wanted = now.space("s").search(SET.at(q * 7), { k: 5 });
      expect(await later.space("s").search(SET.at(q * 7), { k: 5 })).toEqual(wanted);
      expect(back.space("s").search(SET.at(q * 7), { k: 5 })).toEqual(wanted);
      expect(await search.space("s").search(SET.at(q * 7), { k: 5 })).toEqual(wanted);
      expect(now.space("s").searchMany(SET.part(q * 7, q * 7 + 1).values, { k: 5 })).toEqual([wanted]);
    }
    expect(back.stats().spaces[0]!.kind).toBe("graph");
    search.close();
  });

  test("is compacted a few vectors with each op, and to the end by flush", async () => {
    const parts = openSyncWith({ dimensions: 16, metric: "l2" });
    const space = parts.index.space<number>("s");
    space.addMany(
      Array.from({ length: 3000 }, (_, i) => i),
      SET.values,
    );
    const moved = () => parts.index.stats().workers[0]!.moved;
    let [before, most] = [0, 0];
    for (let i = 0; i < 1500; i++) {
      expect(space.delete(i)).toBe(true);
      most = Math.max(most, moved() - before);
      before = moved();
    }
    expect(most).toBe(1); // a step of up to 64 vectors
    parts.index.flush();
    expect(parts.index.stats().spaces[0]!.compactions).toBeGreaterThan(0);
    expect(space.keys()).toEqual(Array.from({ length: 1500 }, (_, i) => 1500 + i));
    expect(await check(parts.handle, undefined)).toMatchObject({ ok: true, unreachable: 0 });
  });

  test("is scanned as a whole by a search above 4,096, with and without a filter", () => {
    const space = openSync({ dimensions: 16 }).space<number>("s");
    space.addMany(
      Array.from({ length: 3000 }, (_, i) => i),
      SET.values,
    );
    const model: Model = new Map(Array.from({ length: 3000 }, (_, i) => [i, SET.at(i)]));
    expectExact(space.search(SET.at(5), { k: 20, ef: 5000 }), "cosine", model, SET.at(5), 20, "all");
    const isRare = (key: Key) => (key as number) % 500 === 3;
    const hits = space.search(SET.at(5), { k: 6, filter: isRare });
    expectExact(hits, "cosine", model, SET.at(5), 6, "a filter that few pass", isRare);
  });
});

describe("documents", () => {
  const options = { dimensions: 2, fields: { kind: "keyword", size: "number" } } as const;
  const filled = () => {
    const index = openSync(options);
    const space = index.space<string>("s");
    space.add("apple", [1, 0], { kind: "fruit", size: 3 });
    space.addMany(
      ["fox", "wolf"],
      [
        [0, 1],
        [0.1, 1],
      ],
      [
        { kind: "animal", size: 8 },
        { kind: "animal", size: 9 },
      ],
    );
    space.add("note", null, { kind: "text" });
    return index;
  };

  test("are filtered, included and read", () => {
    const space = filled().space<string>("s");
    const hits = space.search([1, 0], { where: { kind: "animal" }, include: ["metadata"] });
    expect(hits.map(({ key, metadata }) => [key, metadata])).toEqual([
      ["wolf", { kind: "animal", size: 9 }],
      ["fox", { kind: "animal", size: 8 }],
    ]);
    expect(space.search([1, 0], { keys: ["fox", "note"] }).map(({ key }) => key)).toEqual(["fox"]);
    const explained = space.search([1, 0], { where: { size: { $lt: 5 } }, explain: true });
    expect(explained).toMatchObject({ hits: [{ key: "apple" }], explain: { way: "exact", matches: 1 } });
    expect(space.search([1, 0], { filter: (key) => key !== "apple", k: 1, include: ["metadata"] })).toMatchObject([
      { key: "wolf", metadata: { kind: "animal" } },
    ]);
    expect(space.get("note", { include: ["metadata", "vector"] })).toEqual({
      ...{ key: "note", metadata: { kind: "text" }, vector: undefined },
    });
    expect(space.get("nothing", { include: ["metadata"] })).toBeUndefined();
    expect(space.size).toBe(4);
  });

  test("come back from an export, and a field that is new there is known for all of them", () => {
    const from = filled().exportBytes();
    const index = openSync({ from, fields: { nested: "keyword" } });
    expect(index.fields).toEqual({ kind: "keyword", size: "number", nested: "keyword" });
    expect(index.space("s").search([1, 0], { where: { kind: "fruit" } })).toHaveLength(1);
    const plain = openSync({ dimensions: 2 });
    plain.space("s").add("fox", [1, 0], { kind: "animal" });
    const known = openSync({ from: plain.exportBytes(), fields: { kind: "keyword" } });
    expect(known.space("s").search([1, 0], { where: { kind: "animal" } })).toMatchObject([{ key: "fox" }]);
  });

  test("expire", () => {
    const space = openSync({ dimensions: 2 }).space("s");
    space.add("old", [1, 0], undefined, { expiresAt: 1 });
    expect([space.has("old"), space.get("old"), space.keys(), space.search([1, 0])]).toEqual([
      false,
      undefined,
      [],
      [],
    ]);
  });

  test("that have expired give their memory back: some with each op once a minute, the rest by flush", () => {
    const set = uniform(400, 8, 12);
    let now = Date.now();
    const clock = spyOn(Date, "now").mockImplementation(() => now);
    try {
      const index = openSync({ dimensions: 8, metric: "l2", fields: { n: "number" } });
      const space = index.space<number>("s");
      const taken = () => index.stats().spaces[0]!.live;
      for (let i = 0; i < 300; i++) space.add(i, set.at(i), { n: i }, i % 2 === 0 ? { expiresAt: now + 1000 } : {});
      now += 59_000;
      expect([space.size, taken()]).toEqual([150, 300]);
      space.add(300, set.at(300), { n: 300 });
      expect(taken()).toBe(301); // not a minute yet
      now += 2000;
      space.add(301, set.at(301), { n: 301 });
      expect(taken()).toBeWithin(302 - 100, 302 - 40);
      index.flush();
      expect([taken(), space.size, index.stats().spaces[0]!.dead]).toEqual([152, 152, 0]);
      expect(space.search(set.at(1), { k: 1, where: { n: 1 } }).map(({ key }) => key)).toEqual([1]);
      for (let i = 302; i < 400; i++) space.add(i, set.at(i), { n: i }, { expiresAt: now + 1000 });
      // What a compaction is moving waits for the next minute.
      for (let minute = 0; minute < 4; minute++) {
        now += 61_000;
        for (let i = 0; i < 8; i++) space.delete(-1);
      }
      expect(taken()).toBe(152);
    } finally {
      clock.mockRestore();
    }
  });

  test("are there for every entry of an export where they are required", async () => {
    const index = openSync({ dimensions: 2, metadata: "required", maxDocumentBytes: 40 });
    const space = index.space("s");
    expect((await refusalOf(() => space.add("x", [1, 0], ...([] as unknown as [unknown])))).code).toBe("BAD_METADATA");
    expect((await refusalOf(() => space.add("x", [1, 0], { text: "x".repeat(40) }))).code).toBe("DOCUMENT_TOO_LARGE");
    space.add("x", [1, 0], {});
    expect(openSync({ from: index.exportBytes(), metadata: "required" }).space("s").keys()).toEqual(["x"]);
    const without = openSync({ dimensions: 2 });
    without.space("s").addMany(["x", "y"], Float32Array.of(1, 0, 0, 1), [{}, undefined]);
    const { code, message } = await refusalOf(() => openSync({ from: without.exportBytes(), metadata: "required" }));
    expect([code, message]).toEqual(["EXPORT_FOREIGN", expect.stringContaining('Space "s" has 1 entries without')]);
  });
});

describe("what is wrong is refused as by an index with promises, and changes nothing:", () => {
  const calls: [string, (space: ReturnType<ReturnType<typeof openSync>["space"]>) => unknown][] = [
    ["BAD_DIMENSIONS", (space) => space.add("x", [1])],
    ["BAD_VECTOR", (space) => space.add("x", null as never)],
    ["NOT_FINITE", (space) => space.add("x", [Number.NaN, 1])],
    ["ZERO_VECTOR", (space) => space.add("x", [0, 0])],
    ["BAD_KEY", (space) => space.add("", [1, 0])],
    ["BAD_KEY", (space) => space.delete({} as never)],
    ["BAD_KEY", (space) => space.get(1.5)],
    ["BAD_METADATA", (space) => space.add("x", [1, 0], () => 1)],
    ["BAD_OPTION", (space) => space.add("x", [1, 0], {}, { expires: 5 } as never)],
    [
      "DUPLICATE_KEY",
      (space) =>
        space.addMany(
          ["x", "x"],
          [
            [1, 0],
            [0, 1],
          ],
        ),
    ],
    ["BAD_VECTOR", (space) => space.addMany(["x", "y"], [[1, 0]])],
    [
      "NOT_FINITE",
      (space) =>
        space.addMany(
          ["x", "y"],
          [
            [1, 0],
            [1, Number.POSITIVE_INFINITY],
          ],
        ),
    ],
    ["DUPLICATE_KEY", (space) => space.deleteMany(["kept", "kept"])],
    ["BAD_K", (space) => space.search([1, 0], { k: 0 })],
    ["BAD_OPTION", (space) => space.search([1, 0], { top: 3 } as never)],
    ["BAD_OPTION", (space) => space.search([1, 0], { filter: (async () => true) as never })],
    ["BAD_OPTION", (space) => space.searchMany([[1, 0]], { explain: true } as never)],
    ["BAD_WHERE", (space) => space.search([1, 0], { where: { colour: "red" } as never })],
    ["NOT_FINITE", (space) => space.search([1, Number.NaN])],
    [
      "NOT_FINITE",
      (space) =>
        space.searchMany([
          [1, 0],
          [1, Number.NaN],
        ]),
    ],
  ];
  for (const [code, call] of calls) {
    test(`${code}: ${String(call).replace(/\s+/g, " ")}`, async () => {
      const space = openSync({ dimensions: 2 }).space("s");
      space.add("kept", [1, 1]);
      expect((await refusalOf(() => call(space))).code).toBe(code as never);
      expect(space.keys()).toEqual(["kept"]);
    });
  }

  test("options of `open` that mean threads, waits or folders", async () => {
    for (const option of ["workers", "partitions", "path", "timeoutMs", "batching", "stealing", "maxPending"]) {
      const { code, message } = await refusalOf(() => openSync({ dimensions: 2, [option]: 1 } as never));
      expect([code, message]).toEqual([
        "BAD_OPTION",
        expect.stringContaining(`\`${option}\` is not an option of openSync`),
      ]);
    }
    expect((await refusalOf(() => openSync({} as never))).message).toContain("`dimensions` is required");
    expect((await refusalOf(() => openSync(undefined as never))).code).toBe("BAD_OPTION");
  });

  test("more than fits", async () => {
    const index = openSync({ dimensions: 256, memoryLimit: 2 ** 20 });
    const set = uniform(2000, 256, 3);
    const add = () =>
      index.space("s").addMany(
        Array.from({ length: 2000 }, (_, i) => i),
        set.values,
      );
    expect((await refusalOf(add)).code).toBe("OUT_OF_MEMORY");
    index.space("s").add("one", set.at(0));
    expect(index.space("s").keys()).toEqual(["one"]);
  });

  test("a space that is not there, and a name that is none", async () => {
    const index = openSync({ dimensions: 2 });
    expect((await refusalOf(() => index.space(5 as never))).code).toBe("BAD_SPACE");
    expect((await refusalOf(() => index.exportBytes(["s"]))).code).toBe("BAD_SPACE");
    expect(index.space("s").search([1, 0])).toEqual([]);
    expect((await refusalOf(() => index.space("s").search([1]))).code).toBe("BAD_DIMENSIONS");
    expect(
      index.space("s").searchMany([
        [1, 0],
        [0, 1],
      ]),
    ).toEqual([[], []]);
    expect([index.space("s").size, index.space("s").keys(), index.spaces()]).toEqual([0, [], []]);
  });

  test("everything once it is closed", async () => {
    const index = openSync({ dimensions: 2 });
    const space = index.space("s");
    space.add("x", [1, 0]);
    index[Symbol.dispose]();
    index.close();
    for (const call of [
      () => space.add("y", [1, 0]),
      () => space.addMany(["y"], [[1, 0]]),
      () => space.get("x"),
      () => space.search([1, 0]),
      () => space.size,
      () => index.space("t"),
      () => index.stats(),
      () => index.exportBytes(),
      () => index.flush(),
    ]) {
      expect((await refusalOf(call)).code).toBe("CLOSED");
    }
  });
});

describe("an export", () => {
  const bytes = (() => {
    const index = openSync({ dimensions: 4, metric: "l2" });
    index.space("a").addMany([1, 2, 3], uniform(3, 4, 8).values);
    index.space("b").add("x", [1, 2, 3, 4], { text: "hello" });
    return index.exportBytes();
  })();

  test("cut off anywhere is EXPORT_DAMAGED", async () => {
    for (let length = 0; length < bytes.length; length += 7) {
      const { code } = await refusalOf(() => openSync({ from: bytes.slice(0, length) }));
      expect({ length, code }).toEqual({ length, code: "EXPORT_DAMAGED" });
    }
  });

  test("with a wrong bit anywhere is refused by the same name as from `open`", async () => {
    for (let at = 0; at < bytes.length; at += 41) {
      const wrong = bytes.slice();
      wrong[at] = wrong[at]! ^ 4;
      const codes = [
        await refusalOf(() => openSync({ from: wrong })),
        await refusalOf(() => open({ from: wrong, workers: 0 })),
      ].map(({ code }) => code);
      expect({ at, codes }).toEqual({ at, codes: [codes[1]!, codes[1]!] });
    }
  });

  test("of other options, or none at all, is refused", async () => {
    expect((await refusalOf(() => openSync({ from: bytes, dimensions: 5 }))).code).toBe("EXPORT_FOREIGN");
    expect((await refusalOf(() => openSync({ from: bytes, metric: "dot" }))).code).toBe("EXPORT_FOREIGN");
    expect((await refusalOf(() => openSync({ from: new Uint8Array(64) }))).code).toBe("EXPORT_FOREIGN");
    const { code, message } = await refusalOf(() => openSync({ from: new Response(bytes) as never }));
    expect([code, message]).toEqual(["BAD_OPTION", expect.stringContaining("`open` takes streams as well")]);
    expect(
      openSync({ from: bytes.buffer })
        .space("b")
        .get("x", { include: ["metadata"] }),
    ).toMatchObject({
      metadata: { text: "hello" },
    });
  });

  test("is saved as a whole or not at all", async () => {
    using folder = new Folder();
    const path = join(folder.root, "index.hnsw");
    writeFileSync(path, "what was there before");
    const index = openSync({ from: bytes });
    index.save(path);
    expect(new Uint8Array(readFileSync(path))).toEqual(index.exportBytes());
    expect((await refusalOf(() => index.save(join(folder.root, "missing/index.hnsw")))).code).toBe("PATH_FAILED");
    expect((await refusalOf(() => index.save(folder.root))).code).toBe("PATH_FAILED");
    expect((await refusalOf(() => index.save("")))?.code).toBe("BAD_OPTION");
    expect(readdirSync(folder.root)).toEqual(["index.hnsw"]);
  });
});

test("indexes that are no longer referred to give their memory back, and hold up no process", async () => {
  const program = `
    import { openSync } from ${JSON.stringify(join(import.meta.dir, "../../src/index.ts"))};
    const vector = new Float32Array(100).fill(1);
    const seen = [];
    for (let i = 0; i < 300; i++) {
      const index = openSync({ dimensions: 100 });
      for (let key = 0; key < 20; key++) index.space("s").add(key, vector);
      if (i < 200) seen.push(new WeakRef(index));
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve)), Bun.gc(true);
    }
    await new Promise((resolve) => setTimeout(resolve));
    Bun.gc(true);
    console.log(seen.filter((ref) => ref.deref() !== undefined).length < 20);`;
  expect(await evaluate(program)).toMatchObject({ code: 0, out: "true\n" });
});
