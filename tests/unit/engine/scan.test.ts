/* Are the nearest of several lists found, in order, and the earlier list's first among equals? */
import { expect, test } from "bun:test";
import { nearestOf } from "../../../src/engine/scan.ts";

const list = (...distances: number[]) => distances.map((distance, i) => ({ key: `${distance}:${i}`, distance }));

test("lists of any lengths, and any k", async () => {
  const lists = [list(3, 5, 9), [], list(1, 2), list(4), list(0, 8)];
  const all = lists.flat().sort((a, b) => a.distance - b.distance);
  for (let k = 0; k <= all.length + 1; k++) expect(await nearestOf(lists, k)).toEqual(all.slice(0, k));
  expect(await nearestOf([], 3)).toEqual([]);
});

test("of equal ones, those of earlier lists come first, in their order", async () => {
  const lists = ["a", "b", "c"].map((name) => [0, 1].map((i) => ({ key: name + i, distance: 7 })));
  expect((await nearestOf(lists, 5)).map(({ key }) => key)).toEqual(["a0", "a1", "b0", "b1", "c0"]);
});
