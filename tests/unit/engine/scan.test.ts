/* Are the first hits of several lists found, in order, and the older ones first where ranks are equal? */
import { expect, test } from "bun:test";
import type { RankedHit } from "../../../src/core/seat.ts";
import { isNearer, isOlder, merged } from "../../../src/engine/scan.ts";
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
