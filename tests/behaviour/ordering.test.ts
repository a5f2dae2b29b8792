/* Do ops on a key end as if done one by one in the order of the calls, though they wait in line and others link? */
import { describe, expect, test } from "bun:test";
import { expectHolds, expectSound, type Model, opened, random, uniform } from "../support/indexes.ts";

const SEED = 271;
const VECTORS = uniform(500, 16, SEED);
const NAMES = ["a", "b", "c"];
const SMALL = { dimensions: 16, metric: "l2", partitions: 2, maxPending: 64, flatBelow: 16 } as const;

for (const workers of [0, 1, 2]) {
  describe(`with workers: ${workers}`, () => {
    const options = { ...SMALL, workers, batching: { min: 2, max: 8 }, stealing: { threshold: 5 } };

    test("add, add again, delete, add of one key, interleaved over spaces, none awaited", async () => {
      await using parts = await opened(options);
      const { index } = parts;
      const source = random(SEED);
      const models = new Map<string, Model>(NAMES.map((name) => [name, new Map()]));
      const deletes: Promise<void>[] = [];
      const adds: Promise<void>[] = [];
      for (let i = 0; i < 6000; i++) {
        const name = NAMES[source.below(3)]!;
        const model = models.get(name)!;
        const key = source.below(150);
        if (source.next() < 0.25) {
          const was = model.delete(key);
          const verdict = index.space(name).delete(key);
          deletes.push(verdict.then((found) => expect(found, `delete, op ${i}, seed ${SEED}`).toBe(was)));
        } else {
          const vector = VECTORS.at(source.below(VECTORS.count));
          model.set(key, vector);
          adds.push(index.space(name).add(key, vector));
        }
      }
      await Promise.all([...adds, ...deletes]);
      for (const [name, model] of models) await expectHolds(index.space(name), model, `${name}, seed ${SEED}`);
      await index.flush();
      for (const [name, model] of models) await expectHolds(index.space(name), model, `${name}, seed ${SEED}`);
      await expectSound(index, `seed ${SEED}`);
    });

    test("one key, many versions: the last one stays", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("one");
      const calls: Promise<unknown>[] = [];
      for (let round = 0; round < 100; round++) {
        calls.push(space.add("key", VECTORS.at(round)));
        calls.push(space.add("key", VECTORS.at(round + 1)));
        calls.push(space.delete("key"));
        calls.push(space.add("key", VECTORS.at(round + 2)));
      }
      await Promise.all(calls);
      const model: Model = new Map([["key", VECTORS.at(101)]]);
      await expectHolds(space, model, "before flush");
      await parts.index.flush();
      await expectHolds(space, model, "after flush");
      expect(await space.search(VECTORS.at(101), { k: 5 })).toEqual([{ key: "key", distance: 0 }]);
    });

    test("promises of a space settle in the order of the calls", async () => {
      await using parts = await opened(options);
      const order = new Map(NAMES.map((name): [string, number[]] => [name, []]));
      const calls = Array.from({ length: 1000 }, (_, i) => {
        const name = NAMES[i % 3]!;
        const added = parts.index.space(name).add(i, VECTORS.at(i % 500));
        return added.then(() => order.get(name)!.push(i));
      });
      await Promise.all(calls);
      for (const settled of order.values()) expect(settled).toEqual([...settled].sort((a, b) => a - b));
    });
  });
}
