/* Does a search find the share that was asked for, and is what was found reported? */
import { describe, expect, test } from "bun:test";
import { open, openSync, type RecallReport } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { keysOf, opened, refusalOf, uniform } from "../support/indexes.ts";
import { Exam } from "../support/vectors.ts";

const SEED = 7;
const ALL = uniform(4300, 48, SEED);
const SET = ALL.part(0, 4000);
const QUERIES = ALL.part(4000, 4300);
/** A graph that is built with little care, so that 64 candidates are too few. */
const OPTIONS = { dimensions: 48, metric: "l2", M: 4, efConstruction: 12, flatBelow: 500, partitions: 1 } as const;
const exam = new Exam("l2", SET, QUERIES);

function expectReport(report: RecallReport | null, least: number): void {
  expect(report).toMatchObject({ vectors: 4000, searched: 0, ofSearches: null });
  expect(report!.stored).toBeWithin(280, 301);
  expect(report!.at10.recall).toBeGreaterThan(least);
  expect(report!.at10.error).toBeWithin(0.0001, 0.03);
  expect(report!.at1.recall).toBeGreaterThan(0);
  expect(report!.at100.recall).toBeGreaterThan(0);
}

describe.each([0, 1])("with workers: %d", (workers) => {
  test("a measured space searches as widely as its recall takes, and says so", async () => {
    await using parts = await opened({ ...OPTIONS, workers });
    const space = parts.index.space<number>("s");
    await space.addMany(keysOf(SET), SET.values);
    await parts.index.flush();
    const before = await exam.recallOf((query) => space.search(query, { ef: 64 }));
    expect(before).toBeLessThan(0.9);
    expectReport(await space.measureRecall(), 0.94);
    const { ef, recall } = space.stats()!;
    expect(ef).toBeGreaterThan(64);
    expect(recall).toEqual(parts.index.stats().spaces[0]!.recall);
    expect(await exam.recallOf((query) => space.search(query))).toBeWithin(0.93, 0.99);
    const many = await space.searchMany(QUERIES.values);
    expect(exam.shareOf(many)).toBeWithin(0.93, 0.99);
  });

  test("a search may ask for more, or for all", async () => {
    await using parts = await opened({ ...OPTIONS, workers });
    const space = parts.index.space<number>("s");
    await space.addMany(keysOf(SET), SET.values);
    await parts.index.flush();
    await space.measureRecall();
    expect(await exam.recallOf((query) => space.search(query, { recall: 0.99 }))).toBeGreaterThan(0.98);
    expect(await exam.recallOf((query) => space.search(query, { recall: "exact" }))).toBe(1);
    expect(exam.shareOf(await space.searchMany(QUERIES.values, { recall: "exact" }))).toBe(1);
  });
});

test("a given ef is what a search goes by, measured or not", async () => {
  await using parts = await opened({ ...OPTIONS, ef: 70, workers: 0 });
  const space = parts.index.space("s");
  await space.addMany(keysOf(SET), SET.values);
  await parts.index.flush();
  const before = await Promise.all(Array.from({ length: 20 }, (_, i) => space.search(QUERIES.at(i))));
  const report = await space.measureRecall();
  expect(report!.at10.recall).toBeLessThan(0.93);
  expect(space.stats()).toMatchObject({ ef: 70 });
  const after = await Promise.all(Array.from({ length: 20 }, (_, i) => space.search(QUERIES.at(i))));
  expect(after).toEqual(before);
});

test("a search among matches finds as much as one among all", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 1, fields: { side: "boolean" } });
  const space = parts.index.space<number>("s");
  const sides = Array.from({ length: SET.count }, (_, i) => ({ side: (i * 2654435761) % 1000 < 600 }));
  await space.addMany(keysOf(SET), SET.values, sides);
  await parts.index.flush();
  await space.measureRecall();
  const where = { side: true };
  const shareOf = async (options: object) => {
    let [found, all] = [0, 0];
    for (let i = 0; i < 100; i++) {
      const truth = await space.search(QUERIES.at(i), { where, recall: "exact" });
      const farthest = truth.at(-1)!.distance;
      found += (await space.search(QUERIES.at(i), { where, ...options })).filter(
        (hit) => hit.distance <= farthest,
      ).length;
      all += truth.length;
    }
    return found / all;
  };
  expect(await shareOf({ ef: 64 })).toBeLessThan(0.93);
  expect(await shareOf({})).toBeGreaterThan(0.93);
});

test("a flat space is exact, and a space that is not there nothing", async () => {
  await using index = await open({ dimensions: 48, metric: "l2", workers: 0 });
  const space = index.space("s");
  expect(await space.measureRecall()).toBeNull();
  expect(space.stats()).toBeNull();
  await space.addMany(keysOf(SET.part(0, 100)), SET.part(0, 100).values);
  expect(await space.measureRecall()).toBeNull();
  expect(space.stats()).toMatchObject({ kind: "flat", ef: null, recall: null });
});

test("openSync and openSearch measure as well", async () => {
  const { partitions: _, ...options } = OPTIONS;
  using index = openSync(options);
  const space = index.space("s");
  space.addMany(keysOf(SET), SET.values);
  expectReport(space.measureRecall(), 0.94);
  expect(space.stats()!.ef).toBeGreaterThan(64);
  expect(exam.shareOf(space.searchMany(QUERIES.values))).toBeGreaterThan(0.93);
  const copy = await openSearch({ from: index.exportBytes(), recall: 0.98 });
  const copied = copy.space("s");
  expectReport(await copied.measureRecall(), 0.97);
  expect(await exam.recallOf((query) => copied.search(query))).toBeGreaterThan(0.96);
});

test("options that can be none are refused", async () => {
  for (const recall of [0, 1, "exact", Number.NaN]) {
    const refusal = await refusalOf(() => open({ dimensions: 3, recall } as never));
    expect(refusal.code).toBe("BAD_OPTION");
    expect(refusal.message).toContain("a share from 0.5 to 0.999");
  }
});
