/* Are the k nearest those of a sorted list, whatever order they come in, and the first accepted ones where distances tie? */
import { expect, test } from "bun:test";
import { random } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";

const SEED = 64;
const COUNT = 300;

test.each([1, 2, 7, 64, 299, 300, 1000])("k = %d", async (k) => {
  const { below } = random(SEED);
  const values = Array.from({ length: COUNT }, () => below(40)); // many ties
  const space = new CoreSpace(await partition({ dimensions: 1 }), "space");
  for (const [key, value] of values.entries()) space.add(key, [value]);
  for (const query of [0, 20, 100]) {
    const sorted = values
      .map((value, key) => ({ key, distance: (value - query) ** 2 }))
      .sort((a, b) => a.distance - b.distance || a.key - b.key);
    expect(space.searchExactly([query], k)).toEqual(sorted.slice(0, k));
  }
});

test("of an empty space there are none, and k = 0 returns none", async () => {
  const space = new CoreSpace(await partition({ dimensions: 1 }), "space");
  expect(space.search([1], 5)).toEqual([]);
  space.add("key", [1]);
  expect(space.search([1], 0)).toEqual([]);
});
