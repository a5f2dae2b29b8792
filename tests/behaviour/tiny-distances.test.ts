/* Distances near the limits of 32-bit floats: is the order of the hits that of the exact numbers, or is the vector refused? */
import { describe, expect, test } from "bun:test";
import { HnswError, type Metric, type OpenOptions, type Space } from "../../src/index.ts";
import { keysOf, opened, uniform, VectorSet } from "../support/indexes.ts";

const SEED = 60;
const DIMENSIONS = 16;
const SET = uniform(700, DIMENSIONS, SEED);
const QUERIES = uniform(40, DIMENSIONS, SEED + 1);
const K = 10;
const SHAPES: Record<string, Pick<OpenOptions, "flatBelow">> = {
  "a flat space": { flatBelow: 1_000_000 },
  "a graph": { flatBelow: 64 },
};

const scaled = (set: VectorSet, by: number) => VectorSet.make(set.count, set.dimensions, (i, j) => set.at(i)[j]! * by);

/** What ranks, in 64-bit floats and without the 1 that all have in common: smaller is nearer. */
function rank(metric: Metric, a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += metric === "l2" ? (a[i]! - b[i]!) ** 2 : -a[i]! * b[i]!;
  return sum;
}

/** Mean share of the K nearest that are found; a tie with the K-th nearest, but for rounding, counts. */
async function recall(space: Space, metric: Metric, set: VectorSet, queries: VectorSet): Promise<number> {
  let found = 0;
  for (let q = 0; q < queries.count; q++) {
    const query = queries.at(q);
    const ranks = Array.from({ length: set.count }, (_, i) => rank(metric, set.at(i), query));
    const worst = ranks.toSorted((a, b) => a - b)[K - 1]!;
    const hits = await space.search(query, { k: K, ef: 200 });
    found += hits.filter(({ key }) => ranks[key as number]! <= worst + 1e-5 * Math.abs(worst)).length;
  }
  return found / (queries.count * K);
}

/** What becomes of a set: its recall, or the code that its first vector is refused with. */
async function outcomeOf(metric: Metric, by: number, shape: Pick<OpenOptions, "flatBelow">): Promise<number | string> {
  const [set, queries] = [scaled(SET, by), scaled(QUERIES, by)];
  await using parts = await opened({ dimensions: DIMENSIONS, metric, partitions: 1, workers: 0, ...shape });
  const space = parts.index.space("s");
  try {
    await space.addMany(keysOf(set), set.values);
  } catch (error) {
    if (error instanceof HnswError) return error.code;
    throw error;
  }
  await parts.index.flush();
  return await recall(space, metric, set, queries);
}

for (const [name, shape] of Object.entries(SHAPES)) {
  describe(`in ${name}`, () => {
    for (const by of [4, 1e-2, 1e-4, 1e-6, 1e-9]) {
      test(`dot ranks by the product, at lengths of about ${by}`, async () => {
        expect(await outcomeOf("dot", by, shape)).toBeGreaterThanOrEqual(0.97);
      });
    }

    for (const by of [1e3, 1, 1e-6, 1e-12, 1e-16, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22, 1e-23, 1e-30, 1e-38, 1e-42]) {
      test(`l2 tells vectors apart or refuses them, at lengths of about ${by}`, async () => {
        const outcome = await outcomeOf("l2", by, shape);
        if (typeof outcome === "number") expect(outcome).toBeGreaterThanOrEqual(0.97);
        else expect(outcome).not.toBe("INTERNAL");
        if (by >= 1e-16) expect(outcome).toBeNumber();
      });
    }
  });
}

test("of two products that are less than a rounding of 1 apart, the larger is nearer", async () => {
  await using parts = await opened({ dimensions: 1, metric: "dot", workers: 0 });
  const space = parts.index.space("s");
  await space.add("small", [1e-4]);
  await space.add("large", [2e-4]);
  const hits = await space.search([1e-4]);
  expect(hits.map(({ key }) => key)).toEqual(["large", "small"]);
  for (const { distance } of hits) expect(distance).toBeCloseTo(1, 6);
});

test("nothing but zeros is a vector under l2 and dot", async () => {
  for (const metric of ["l2", "dot"] as const) {
    await using parts = await opened({ dimensions: 3, metric, workers: 0 });
    const space = parts.index.space("s");
    await space.add("zero", [0, -0, 0]);
    await space.add("one", [1, 0, 0]);
    expect((await space.search([0, 0, 0], { k: 2 })).map(({ distance }) => distance)).toEqual(
      metric === "l2" ? [0, 1] : [1, 1],
    );
  }
});

test("a distance under cosine lies between 0 and 2, of opposite vectors too", async () => {
  const set = uniform(400, DIMENSIONS, SEED + 2);
  await using parts = await opened({ dimensions: DIMENSIONS, metric: "cosine", workers: 0 });
  const space = parts.index.space("s");
  await space.addMany(keysOf(set), set.values);
  for (let i = 0; i < set.count; i++) {
    const factor = i % 2 === 0 ? -1 : -0.37;
    const hits = await space.search(
      set.at(i).map((value) => value * factor),
      { k: set.count },
    );
    expect(hits[0]!.distance).toBeGreaterThanOrEqual(0);
    expect(hits.at(-1)!.distance).toBeLessThanOrEqual(2);
    expect(hits.at(-1)!.key).toBe(i);
  }
});

test("a look at everything ranks by the product, too, over all pieces that it is done in", async () => {
  const large = scaled(uniform(5000, DIMENSIONS, SEED + 2), 1e-6);
  const query = scaled(QUERIES, 1e-6).at(0);
  await using parts = await opened({
    dimensions: DIMENSIONS,
    metric: "dot",
    partitions: 1,
    workers: 0,
    flatBelow: 10_000,
  });
  const space = parts.index.space("s");
  await space.addMany(keysOf(large), large.values);
  const nearest = keysOf(large).sort((a, b) => rank("dot", large.at(a), query) - rank("dot", large.at(b), query));
  for (const filter of [undefined, (key: unknown) => (key as number) % 500 < 3]) {
    const wanted = nearest.filter(filter ?? (() => true)).slice(0, K);
    const hits = await space.search(query, { k: K, ef: 5000, ...(filter && { filter }) });
    expect(hits.map(({ key }) => key as number)).toEqual(wanted);
    expect(hits.every(({ distance }) => distance === 1)).toBe(true);
  }
});
