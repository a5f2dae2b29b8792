/* Does searchMany find what single searches find, on any thread, even when workers die during it? */
import { describe, expect, test } from "bun:test";
import { clustered, keysOf, opened, type VectorSet } from "../support/indexes.ts";
import { loseWorkers } from "../support/lose-workers.ts";

const SEED = 909;
const DIMENSIONS = 16;
const SET = clustered(1500, DIMENSIONS, SEED);
const QUERIES = clustered(100, DIMENSIONS, SEED + 1);

const rowsOf = (set: VectorSet) => Array.from({ length: set.count }, (_, i) => set.at(i));

for (const workers of [0, 1, 2]) {
  for (const flatBelow of [100, 100_000]) {
    describe(`with workers: ${workers}, flatBelow: ${flatBelow}`, () => {
      const options = { dimensions: DIMENSIONS, workers, flatBelow } as const;

      test("equals single searches", async () => {
        await using parts = await opened(options);
        const space = parts.index.space("s");
        await space.addMany(keysOf(SET), SET.values);
        await parts.index.flush();
        for (const search of [{}, { k: 1 }, { k: 25, ef: 100 }]) {
          const single = await Promise.all(rowsOf(QUERIES).map((query) => space.search(query, search)));
          expect(await space.searchMany(QUERIES.values, search)).toEqual(single);
          expect(await space.searchMany(rowsOf(QUERIES), search)).toEqual(single);
        }
      });

      test("sees what was accepted before it, while that is linked", async () => {
        await using parts = await opened(options);
        const space = parts.index.space("s");
        await space.addMany(keysOf(SET), SET.values);
        const nearest = await space.searchMany(SET.part(1300, 1500).values, { k: 1 });
        expect(nearest.map((hits) => hits[0]!.key)).toEqual(keysOf(SET).slice(1300));
      });
    });
  }
}

describe("with workers that die", () => {
  const options = { dimensions: DIMENSIONS, workers: 2, flatBelow: 100, onIncident: () => {} } as const;

  test("while they search", async () => {
    await using parts = await opened(options);
    const space = parts.index.space("s");
    await space.addMany(keysOf(SET), SET.values);
    await parts.index.flush();
    const single = await Promise.all(rowsOf(QUERIES).map((query) => space.search(query)));
    for (let round = 0; round < 4; round++) {
      const many = space.searchMany(QUERIES.values);
      await parts.pool!.kill(round % 2);
      expect(await many, `round ${round}`).toEqual(single);
    }
  });

  test("all of them, for good", async () => {
    await using parts = await opened({ ...options, timeoutMs: 500 });
    const space = parts.index.space("s");
    await space.addMany(keysOf(SET), SET.values);
    await parts.index.flush();
    const single = await Promise.all(rowsOf(QUERIES).map((query) => space.search(query)));
    await loseWorkers(parts);
    expect(await space.searchMany(QUERIES.values)).toEqual(single);
  });
});
