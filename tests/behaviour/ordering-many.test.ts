/* Do addMany, deleteMany, add and delete of the same keys take effect in the order of the calls? */
import { describe, test } from "bun:test";
import { expectHolds, expectSound, type Model, opened, uniform } from "../support/indexes.ts";

const SEED = 272;
const VECTORS = uniform(500, 16, SEED);
const SMALL = { dimensions: 16, metric: "l2", partitions: 2, maxPending: 64, flatBelow: 16 } as const;

for (const workers of [0, 1, 2]) {
  describe(`with workers: ${workers}`, () => {
    const options = { ...SMALL, workers, batching: { min: 2, max: 8 }, stealing: { threshold: 5 } };

    // Fails while addMany checks its input before it takes its place in the line.
    test("addMany, add and deleteMany keep the order of the calls", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("many");
      const keys = Array.from({ length: 400 }, (_, i) => i);
      const from = (first: number) => keys.map((i) => VECTORS.at((first + i) % VECTORS.count));
      const model: Model = new Map();
      const calls = [
        space.addMany(keys, from(0)),
        space.add(7, VECTORS.at(300)), // after the addMany that was called before it
        space.addMany(keys.slice(100), from(50).slice(100)),
        space.deleteMany(keys.slice(0, 5)),
        space.add(3, VECTORS.at(301)),
        space.delete(399),
        space.addMany([398, 399], [VECTORS.at(1), VECTORS.at(2)]),
        space.delete(398),
      ];
      for (const i of keys) model.set(i, from(i < 100 ? 0 : 50)[i]!);
      model.set(7, VECTORS.at(300));
      for (const i of keys.slice(0, 5)) model.delete(i);
      model.set(3, VECTORS.at(301));
      model.set(399, VECTORS.at(2));
      model.delete(398);
      await Promise.all(calls);
      await expectHolds(space, model, `seed ${SEED}`);
      await parts.index.flush();
      await expectHolds(space, model, `seed ${SEED}`);
      await expectSound(parts.index, `seed ${SEED}`);
    });
  });
}
