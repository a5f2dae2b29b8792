/* When `memoryLimit` is used up: is an add refused with nothing changed, and does everything else still work? */
import { describe, expect, test } from "bun:test";
import type { Space } from "../../src/index.ts";
import {
  expectExact,
  expectHolds,
  expectSound,
  inTime,
  type Model,
  opened,
  refusalOf,
  uniform,
  until,
} from "../support/indexes.ts";

const SEED = 77;
const SET = uniform(20_000, 64, SEED);
const LIMIT = 3 * 2 ** 20;

/** Adds until the memory is full; returns what was accepted. */
async function fill(space: Space): Promise<Model> {
  const model: Model = new Map();
  for (let i = 0; i < SET.count; i++) {
    try {
      await space.add(i, SET.at(i));
    } catch (error) {
      expect((error as { code?: string }).code).toBe("OUT_OF_MEMORY");
      expect((error as Error).message).toMatch(/partition is full .*: raise `memoryLimit`, use more `partitions`/);
      return model;
    }
    model.set(i, SET.at(i));
  }
  throw new Error("it never became full");
}

for (const workers of [0, 1]) {
  for (const flatBelow of [32, 1_000_000]) {
    describe(`with workers: ${workers}, flatBelow: ${flatBelow}`, () => {
      const options = { dimensions: 64, metric: "l2", workers, flatBelow, partitions: 1, memoryLimit: LIMIT } as const;
      const context = `seed ${SEED}`;

      test("an add that finds no memory changes nothing, and the index works on", async () => {
        await using parts = await opened(options);
        const { index } = parts;
        const space = index.space("full");
        const model = await fill(space);
        const query = SET.at(SET.count - 1);
        await expectHolds(space, model, context);
        expect(await space.has(SET.count)).toBe(false);

        // More than the limit is refused as a whole.
        const many = await refusalOf(() =>
          space.addMany([...Array(4000).keys()].map(String), SET.part(0, 4000).values),
        );
        expect(many.code).toBe("OUT_OF_MEMORY");
        expect(many.message).toMatch(/4000 vectors need \d+ bytes, \d+ are free/);
        await expectHolds(space, model, context);

        // Searches and deletes still work.
        expect(await space.search(query, { k: 10 })).toHaveLength(10);
        const exact = await space.search(query, { k: 10, ef: 5000 });
        expectExact(exact, "l2", model, query, 10, context);
        for (const key of [0, 5, 30]) {
          expect(await space.delete(key)).toBe(true);
          model.delete(key);
        }
        await index.flush();
        await expectHolds(space, model, context);
        await expectSound(index, context);

        // Dropping the space makes room.
        expect(await index.dropSpace("full")).toBe(true);
        await until(() => index.stats().bytes.used < LIMIT / 2, "the dropped space's memory comes back");
        const next = index.space("next");
        const again: Model = new Map();
        for (let i = 0; i < 500; i++) {
          await next.add(i, SET.at(i));
          again.set(i, SET.at(i));
        }
        await index.flush();
        await expectHolds(next, again, context);
        await expectSound(index, context);
        expect(index.spaces()).toEqual(["next"]);
      });

      test("keys are listed where no memory is left", async () => {
        await using parts = await opened(options);
        const space = parts.index.space("full");
        const model = await fill(space);
        expect(new Set(await space.keys())).toEqual(new Set(model.keys()));
      });

      test("memory is never taken above the limit", async () => {
        await using parts = await opened(options);
        await fill(parts.index.space("a"));
        const { used, limit } = parts.index.stats().bytes;
        expect(limit).toBe(LIMIT);
        expect(used).toBeLessThanOrEqual(LIMIT);
      });
    });
  }

  test(`flush ends, and deletes make room, workers: ${workers}`, async () => {
    await using parts = await opened({
      ...{ dimensions: 64, metric: "l2", workers, flatBelow: 32, partitions: 1 },
      ...{ memoryLimit: 13 * 2 ** 20, timeoutMs: 1000 },
    });
    const { index } = parts;
    const space = index.space("s");
    const model = await fill(space);
    await index.flush();
    for (const key of [...model.keys()].slice(0, Math.floor(model.size * 0.9))) {
      await space.delete(key);
      model.delete(key);
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(await inTime(index.flush())).toBeUndefined();
    await expectHolds(space, model, `seed ${SEED}`);
    // The compaction that makes room runs behind the deletes.
    const fits = () =>
      space.add("more", SET.at(0)).then(
        () => true,
        () => false,
      );
    await until(fits, "there is room");
  });
}
