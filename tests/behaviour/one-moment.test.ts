/* A call that looks at everything takes many turns: is what it finds all of one moment, whatever changes in between? */
import { expect, test } from "bun:test";
import { keysOf, opened, uniform } from "../support/indexes.ts";

const SEED = 313;
const COUNT = 20_000;
const SET = uniform(COUNT, 4, SEED);
const KEYS = keysOf(SET);
const SORTED = [...KEYS].sort((a, b) => a - b);

for (const workers of [0, 1]) {
  test(`keys, a rare filter and a search for everything, under upserts and compactions (workers: ${workers})`, async () => {
    await using parts = await opened({ dimensions: 4, metric: "l2", partitions: 1, workers, M: 4, efConstruction: 8 });
    const { index } = parts;
    const space = index.space("s");
    await space.addMany(KEYS, SET.values);
    let going = true;
    const upserting = (async () => {
      for (let first = 0; going; first = (first + 4000) % COUNT) {
        const part = SET.part(first, first + 4000);
        await space.addMany(KEYS.slice(first, first + 4000), part.values);
      }
    })();
    const rare = (key: unknown) => (key as number) % 5000 === 17;
    for (let round = 0; round < 8 || index.stats().spaces[0]!.compactions === 0; round++) {
      const keys = (await space.keys()) as number[];
      expect(keys.sort((a, b) => a - b)).toEqual(SORTED);
      const hits = await space.search(SET.at(17), { k: 10, filter: rare });
      expect(hits.map(({ key }) => key as number).sort((a, b) => a - b)).toEqual([17, 5017, 10_017, 15_017]);
      const all = await space.search(SET.at(3), { k: COUNT });
      expect(new Set(all.map(({ key }) => key)).size).toBe(COUNT);
      expect(all[0]).toEqual({ key: 3, distance: 0 });
      expect(all.every(({ distance }, i) => i === 0 || distance >= all[i - 1]!.distance)).toBeTrue();
    }
    going = false;
    await upserting;
  }, 60_000);
}

test("a space that is dropped in the middle is still found whole, and its memory comes back", async () => {
  await using parts = await opened({ dimensions: 4, metric: "l2", partitions: 1, workers: 0, flatBelow: 100_000 });
  const { index } = parts;
  await index.space("other").add("x", SET.at(0));
  const before = index.stats().bytes.used;
  const space = index.space("s");
  await space.addMany(KEYS, SET.values);
  let asked = 0;
  const hits = await space.search(SET.at(0), {
    k: COUNT,
    filter: () => {
      if (asked++ === COUNT / 2) void index.dropSpace("s");
      return true;
    },
  });
  expect(hits.length).toBe(COUNT);
  expect(index.spaces()).toEqual(["other"]);
  await index.flush();
  expect(index.stats().bytes.used).toBeLessThan(before + 2 ** 20);
});
