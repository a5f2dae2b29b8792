/* Are long lists sorted, and the first of several lists found, in order? */
import { expect, test } from "bun:test";
import type { RankedHit } from "../../../src/core/seat.ts";
import { isNearer, isOlder } from "../../../src/engine/scan.ts";
import { merged, sortInSlices } from "../../../src/engine/sorting.ts";
import { Slice } from "../../../src/runtime/event-loop.ts";
import { random } from "../../support/vectors.ts";

const SEED = 12;

/** Lists of random lengths, each nearest first; few ranks, so that many are equal. */
function someLists(): RankedHit[][] {
  const { below } = random(SEED);
  let age = 0;
  const list = () => Array.from({ length: below(30) }, () => ({ key: age, rank: below(8), age: (age++ * 7) % 1000 }));
  return Array.from({ length: 9 }, () => list().sort((a, b) => a.rank - b.rank || a.age - b.age));
}

test("the nearest of lists of any lengths, and any k", async () => {
  const lists = someLists();
  const all = lists.flat().sort((a, b) => a.rank - b.rank || a.age - b.age);
  for (const k of [0, 1, 2, 10, all.length, all.length + 1]) {
    expect(await merged(lists, isNearer, k)).toEqual(all.slice(0, k));
  }
  expect(await merged([], isNearer, 3)).toEqual([]);
});

test("the oldest first, of lists that follow each other and of those that do not", async () => {
  const all = someLists()
    .flat()
    .sort((a, b) => a.age - b.age);
  const following = [all.slice(0, 10), [], all.slice(10)];
  const mixed = [0, 1, 2].map((rest) => all.filter((_, i) => i % 3 === rest));
  for (const lists of [following, mixed]) expect(await merged(lists, isOlder, Number.POSITIVE_INFINITY)).toEqual(all);
});

test("lists of any lengths are sorted, and stay as they were", async () => {
  const { below } = random(SEED);
  for (const length of [0, 1, 2047, 2048, 2049, 10_000]) {
    const list = Array.from({ length }, (_, age) => ({ key: age, rank: below(100), age }));
    const given = [...list];
    const sorted = list.toSorted((a, b) => a.rank - b.rank || a.age - b.age);
    expect(await sortInSlices(list, isNearer, new Slice())).toEqual(sorted);
    expect(list).toEqual(given);
  }
});

test("the event loop runs while a long list is sorted", async () => {
  const { below } = random(SEED);
  const list = Array.from({ length: 200_000 }, (_, age) => ({ key: age, rank: below(1000), age }));
  let turns = 0;
  let over = false;
  const count = () => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await sortInSlices(list, isNearer, new Slice());
  over = true;
  expect(turns).toBeGreaterThanOrEqual(5);
});
