/* With a filter: are the hits the nearest that pass, however few pass, and is it called at most once per key? */
import { describe, expect, test } from "bun:test";
import type { Key } from "../../src/index.ts";
import {
  clustered,
  exactDistances,
  expectExact,
  expectHonest,
  keysOf,
  modelOf,
  opened,
  refusalOf,
} from "../support/indexes.ts";

const SEED = 606;
const DIMENSIONS = 12;
const SET = clustered(6000, DIMENSIONS, SEED);
const QUERIES = clustered(12, DIMENSIONS, SEED + 1);
const MODEL = modelOf(SET);

/** From every key to none, and both sides of what a widened search still covers (4,096). */
const EVERY = [1, 2, 10, 100, 1000, 6000, 7000];

for (const workers of [0, 1]) {
  for (const flatBelow of [100, 100_000]) {
    describe(`with workers: ${workers}, flatBelow: ${flatBelow}`, () => {
      const options = { dimensions: DIMENSIONS, metric: "l2", workers, flatBelow } as const;

      test("there are k hits that pass, nearly always the nearest, and it is called at most once per key", async () => {
        await using parts = await opened(options);
        const space = parts.index.space("s");
        await space.addMany(keysOf(SET), SET.values);
        await parts.index.flush();
        let found = 0;
        let wanted = 0;
        for (const every of EVERY) {
          for (let q = 0; q < QUERIES.count; q++) {
            const asked = new Map<Key, number>();
            const passes = (key: Key) => (key as number) % every === every - 1;
            const filter = (key: Key) => {
              asked.set(key, (asked.get(key) ?? 0) + 1);
              return passes(key);
            };
            const query = QUERIES.at(q);
            const hits = await space.search(query, { k: 10, ef: 200, filter });
            const context = `one in ${every} passes, query ${q}, seed ${SEED}`;
            expect(Math.max(0, ...asked.values()), context).toBeLessThanOrEqual(1);
            expectHonest(hits, "l2", MODEL, query, context);
            expect(
              hits.every(({ key }) => passes(key)),
              context,
            ).toBe(true);
            const exact = exactDistances("l2", MODEL, query, passes).slice(0, 10);
            expect(hits.length, context).toBe(exact.length);
            wanted += exact.length;
            found += hits.filter(({ distance }) => distance <= exact.at(-1)! * (1 + 1e-5)).length;
            // Flat spaces are scanned exactly, and so is everything where fewer than k pass.
            if (flatBelow > SET.count || every >= 1000) expectExact(hits, "l2", MODEL, query, 10, context, passes);
          }
        }
        expect(found / wanted, `recall, seed ${SEED}`).toBeGreaterThan(0.98);
      });

      test("while they are linked, and after deletes", async () => {
        await using parts = await opened(options);
        const space = parts.index.space("s");
        const model = new Map(MODEL);
        const adding = space.addMany(keysOf(SET), SET.values);
        const passes = (key: Key) => (key as number) % 500 === 3;
        await adding;
        expectExact(
          await space.search(QUERIES.at(0), { filter: passes }),
          ...(["l2", model, QUERIES.at(0), 10, `seed ${SEED}`, passes] as const),
        );
        const gone = keysOf(SET).filter((key) => passes(key) && key % 1000 === 3);
        await space.deleteMany(gone);
        for (const key of gone) model.delete(key);
        expectExact(
          await space.search(QUERIES.at(1), { filter: passes }),
          ...(["l2", model, QUERIES.at(1), 10, `seed ${SEED}`, passes] as const),
        );
      });

      test("searchMany filters too", async () => {
        await using parts = await opened(options);
        const space = parts.index.space("s");
        await space.addMany(keysOf(SET), SET.values);
        const passes = (key: Key) => (key as number) % 50 === 7;
        const lists = await space.searchMany(QUERIES.values, { k: 5, ef: 200, filter: passes });
        expect(lists.length).toBe(QUERIES.count);
        for (const [q, hits] of lists.entries()) {
          expectExact(hits, "l2", MODEL, QUERIES.at(q), 5, `query ${q}, seed ${SEED}`, passes);
        }
      });
    });
  }

  test(`a filter that throws rejects the search and nothing else, workers: ${workers}`, async () => {
    await using parts = await opened({ dimensions: DIMENSIONS, workers, flatBelow: 100 });
    const space = parts.index.space("s");
    await space.addMany(keysOf(SET.part(0, 500)), SET.part(0, 500).values);
    const boom = new Error("boom");
    let calls = 0;
    const filter = () => {
      if (++calls === 3) throw boom;
      return false;
    };
    expect(space.search(QUERIES.at(0), { filter })).rejects.toBe(boom);
    calls = 0;
    expect(space.searchMany([QUERIES.at(0)], { filter })).rejects.toBe(boom);
    expect(await space.search(QUERIES.at(0))).toHaveLength(10);
    await space.add("new", QUERIES.at(0));
    expect((await space.search(QUERIES.at(0), { k: 1 }))[0]!.key).toBe("new");
    expect(space.size).toBe(501);
    expect((await parts.index.check()).ok).toBe(true);
  });

  test(`a filter may close the index under the search, workers: ${workers}`, async () => {
    const parts = await opened({ dimensions: DIMENSIONS, workers, flatBelow: 100 });
    const space = parts.index.space("s");
    await space.addMany(keysOf(SET), SET.values);
    const filter = () => {
      void parts.index.close();
      return false;
    };
    expect((await refusalOf(() => space.search(QUERIES.at(0), { filter }))).code).toBe("CLOSED");
    await parts.index.close();
  });
}
