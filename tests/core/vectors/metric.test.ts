/* Are the distances of hits those of the metric in 64-bit floats, for near and far vectors of any number of dimensions? */
import { describe, expect, test } from "bun:test";
import { random, trueDistance, uniform, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";

const SEED = 31;
const COUNT = 200;

describe.each(["cosine", "l2", "dot"] as const)("%s", (metric) => {
  test.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 100, 129])("%d dimensions", async (dimensions) => {
    const space = new CoreSpace(await partition({ dimensions, metric }), "space");
    const set = uniform(COUNT, dimensions, SEED);
    space.addAll(set);
    for (const query of [set.at(0), set.at(1).map((value) => value * 3), uniform(1, dimensions, SEED + 1).at(0)]) {
      const hits = space.searchExactly(query, COUNT);
      expect(hits.length).toBe(COUNT);
      for (const { key, distance } of hits) {
        const wanted = trueDistance(metric, set.at(key as number), query);
        expect(Math.abs(distance - wanted), `key ${key}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted)));
      }
    }
  });
});

test("near 0, a cosine distance is not lost in rounding", async () => {
  const dimensions = 50;
  const { gaussian } = random(SEED);
  const query = Float32Array.from({ length: dimensions }, gaussian);
  const near = VectorSet.make(20, dimensions, (i, j) => query[j]! * 7 + gaussian() * 0.003 * (i + 1));
  const space = new CoreSpace(await partition({ dimensions, metric: "cosine" }), "space");
  space.addAll(near);
  for (const { key, distance } of space.searchExactly(query, near.count)) {
    const wanted = trueDistance("cosine", near.at(key as number), query);
    expect(wanted).toBeLessThan(0.001);
    expect(Math.abs(distance - wanted)).toBeLessThan(0.01 * wanted);
  }
});
