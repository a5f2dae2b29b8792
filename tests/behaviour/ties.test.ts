/*
 * Hits at equal distances come in the order of their vectors' age, and keys as well: wherever the vectors are, linked or
 * not, in whichever generation, after an export and after a folder was opened again.
 */
import { expect, test } from "bun:test";
import { type Key, type Metric, type OpenOptions, open, type VectorIndex } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { random } from "../support/indexes.ts";
import { trueDistance } from "../support/vectors.ts";

const SEED = 271;
const KEYS = 400;
const DIMENSIONS = 4;
/** Small integers: their distances are exact, and many of them equal. */
const VECTORS = Array.from({ length: 3 ** DIMENSIONS }, (_, i) =>
  Float32Array.from({ length: DIMENSIONS }, (_, j) => 1 + (Math.floor(i / 3 ** j) % 3)),
);

/** The vectors by their keys, oldest first: a key that gets a new one moves to the end. */
type Model = Map<number, Float32Array>;

function sorted(model: Model, metric: Metric, query: Float32Array, passes: (key: number) => boolean): Key[] {
  return Array.from(model)
    .filter(([key]) => passes(key))
    .map(([key, vector]) => ({ key, distance: trueDistance(metric, vector, query) }))
    .sort((a, b) => a.distance - b.distance) // stable: the older ones stay in front
    .map(({ key }) => key);
}

async function expectOrder(index: VectorIndex, model: Model, metric: Metric, when: string): Promise<void> {
  const space = index.space<number>("s");
  const says = `${when}, ${metric}, seed ${SEED}`;
  expect(await space.keys(), says).toEqual([...model.keys()]);
  const third = (key: number) => key % 3 === 0;
  for (const query of [VECTORS[0]!, VECTORS[40]!]) {
    const [all, filtered] = [sorted(model, metric, query, () => true), sorted(model, metric, query, third)];
    for (const k of [1, 2, 10, 20, 64, 1000]) {
      for (const ef of [100, 5000]) {
        const found = await space.search(query, { k, ef });
        expect(
          found.map(({ key }) => key),
          `k ${k}, ef ${ef}, ${says}`,
        ).toEqual(all.slice(0, k) as number[]);
        const passed = await space.search(query, { k, ef, filter: third });
        expect(
          passed.map(({ key }) => key),
          `k ${k}, ef ${ef}, filtered, ${says}`,
        ).toEqual(filtered.slice(0, k) as number[]);
      }
    }
  }
}

/** Adds, replaces and deletes at random; enough of them for compactions. */
async function churn(index: VectorIndex, model: Model, below: (bound: number) => number, ops: number): Promise<void> {
  const space = index.space<number>("s");
  for (let i = 0; i < ops; i++) {
    const key = below(KEYS);
    model.delete(key);
    if (below(4) === 0) {
      await space.delete(key);
      continue;
    }
    const vector = VECTORS[below(VECTORS.length)]!;
    await space.add(key, vector);
    model.set(key, vector);
  }
}

for (const metric of ["l2", "dot"] as const) {
  for (const [name, options] of [
    ["flat", { flatBelow: 1_000_000, workers: 0 }],
    ["a graph", { flatBelow: 64, workers: 0 }],
    ["a graph that two workers link", { flatBelow: 64, workers: 2 }],
  ] as [string, Partial<OpenOptions>][]) {
    test(`${metric}, ${name}`, async () => {
      const { below } = random(SEED);
      const model: Model = new Map();
      using folder = new Folder();
      const { path } = folder;
      const shape: OpenOptions = { dimensions: DIMENSIONS, metric, partitions: 1, ...options };
      let index = await open({ ...shape, path, durability: "relaxed" });
      for (let round = 1; round <= 4; round++) {
        await churn(index, model, below, 400);
        await expectOrder(index, model, metric, `round ${round}, perhaps not linked`);
        await index.flush();
        await expectOrder(index, model, metric, `round ${round}, linked`);
        if (round % 2 === 1) continue;
        await index.close();
        index = await open({ ...shape, path, durability: "relaxed" });
        await expectOrder(index, model, metric, `round ${round}, opened again`);
      }
      expect(index.stats().spaces[0]!.live).toBe(model.size);
      const copy = await open({ ...shape, from: await index.exportBytes() });
      await expectOrder(copy, model, metric, "from an export");
      await churn(copy, model, below, 500);
      await copy.flush();
      await expectOrder(copy, model, metric, "from an export, changed");
      await copy.close();
      await index.close();
    });
  }
}
