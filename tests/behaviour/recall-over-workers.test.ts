/* Is a graph that many workers built together as good as one that a single worker built? */
import { describe, expect, test } from "bun:test";
import type { Space } from "../../src/index.ts";
import {
  clustered,
  exactDistances,
  expectSound,
  isSame,
  keysOf,
  modelOf,
  opened,
  random,
  type VectorSet,
} from "../support/indexes.ts";

const SEED = 60_000;
const DIMENSIONS = 24;
/** Clusters, standard deviation of their centres, and of a cluster, per coordinate. */
type Shape = readonly [clusters: number, apart: number, wide: number];
const TOUCHING: Shape = [30, 1, 0.7];
const APART: Shape = [30, 10, 0.3];
const K = 10;
const WORKERS = [1, 2, 8];
const MAY_LOSE = 0.005;
const OWN_NEAREST = 0.998;

/** A set, queries of the same kind, and how far the K-th nearest of each is. */
interface Task {
  set: VectorSet;
  queries: VectorSet;
  worst: number[];
}

function task(count: number, queryCount: number, seed: number, shape: Shape = TOUCHING): Task {
  const all = clustered(count + queryCount, DIMENSIONS, seed, ...shape);
  const [set, queries] = [all.part(0, count), all.part(count, count + queryCount)];
  const model = modelOf(set);
  const worst = Array.from(
    { length: queryCount },
    (_, q) => exactDistances("l2", model, queries.at(q))[Math.min(K, count) - 1]!,
  );
  return { set, queries, worst };
}

const ONE: Task[] = [task(4000, 300, SEED)];
const TIGHT: Task[] = [task(4000, 300, SEED, APART)];
const SEVERAL: Task[] = [2500, 1500, 700, 400, 300, 40].map((count, i) => task(count, 60, SEED + 1 + i));

interface Quality {
  recall: number;
  ownNearest: number;
}

async function qualityOf(spaces: Space[], tasks: Task[], context: string): Promise<Quality> {
  const sums = { found: 0, wanted: 0, own: 0, keys: 0 };
  for (const [i, { set, queries, worst }] of tasks.entries()) {
    const space = spaces[i]!;
    for (let q = 0; q < queries.count; q++) {
      const hits = await space.search(queries.at(q), { k: K });
      expect(hits.length, context).toBe(Math.min(K, set.count));
      sums.found += hits.filter(({ distance }) => distance <= worst[q]! * (1 + 1e-5)).length;
      sums.wanted += hits.length;
    }
    for (let key = 0; key < set.count; key++) {
      if ((await space.search(set.at(key), { k: 1 }))[0]!.key === key) sums.own++;
      if (!isSame(await space.get(key), set.at(key))) throw new Error(`get(${key}) is not what was given; ${context}`);
    }
    sums.keys += set.count;
  }
  return { recall: sums.found / sums.wanted, ownNearest: sums.own / sums.keys };
}

/** Builds the spaces from adds that come in random order over all of them, and measures them. */
async function build(workers: number, tasks: Task[], context: string): Promise<Quality> {
  await using parts = await opened({
    ...{ dimensions: DIMENSIONS, metric: "l2", workers, partitions: 2, flatBelow: 200 },
    stealing: { threshold: 50 },
    batching: { bulk: 16_777_215 }, // one by one: together, one worker would link all that one `addMany` brings
  });
  const { index } = parts;
  const spaces = tasks.map((_, i) => index.space(`space ${i}`));
  if (tasks.length === 1) {
    await spaces[0]!.addMany(keysOf(tasks[0]!.set), tasks[0]!.set.values);
  } else {
    const source = random(SEED);
    const left = tasks.map(({ set }) => keysOf(set));
    while (left.some((keys) => keys.length > 0)) {
      const i = source.below(tasks.length);
      const keys = left[i]!.splice(0, 100);
      await spaces[i]!.addMany(
        keys,
        keys.map((key) => tasks[i]!.set.at(key)),
      );
    }
  }
  await index.flush();
  await expectSound(index, context); // the census: every vector can be reached
  const { workers: figures, spaces: states } = index.stats();
  expect(states.every(({ pending, quarantined }) => pending === 0 && quarantined === 0)).toBe(true);
  if (tasks.length === 1 && workers > 1) {
    expect(
      figures.reduce((sum, { stolen }) => sum + stolen, 0),
      `stolen; ${context}`,
    ).toBeGreaterThan(0);
  }
  return await qualityOf(spaces, tasks, context);
}

for (const [what, tasks] of [
  ["one space", ONE],
  ["one space of tight clusters far apart", TIGHT],
  ["several spaces", SEVERAL],
] as const) {
  describe(what, () => {
    let byOne: Quality | null = null;
    for (const workers of WORKERS) {
      test(`built by ${workers}`, async () => {
        const context = `${what}, ${workers} workers, seed ${SEED}`;
        const quality = await build(workers, tasks, context);
        byOne ??= quality;
        expect(quality.recall, `recall; ${context}`).toBeGreaterThan(byOne.recall - MAY_LOSE);
        expect(quality.recall, `recall; ${context}`).toBeGreaterThan(0.95);
        expect(quality.ownNearest, `own nearest; ${context}`).toBeGreaterThanOrEqual(OWN_NEAREST);
      }, 60_000);
    }
  });
}
