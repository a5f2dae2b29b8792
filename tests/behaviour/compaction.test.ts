/* When most of a space is dead: do searches stay as good, and is its memory freed without being asked for? */
import { describe, expect, test } from "bun:test";
import type { Hit, VectorIndex } from "../../src/index.ts";
import {
  clustered,
  expectHolds,
  expectHonest,
  expectSound,
  keysOf,
  type Model,
  modelOf,
  opened,
  random,
  recallOf,
  until,
} from "../support/indexes.ts";

const SEED = 8080;
const DIMENSIONS = 16;

/** Bytes of a seat's large table of visited slots, made for its first wide search, here by a measurement of recall. */
const WIDE_SEARCH = 2 ** 20;

/** Bytes in use once everything is linked, of an index in which nothing was deleted. */
async function settledBytes(index: VectorIndex): Promise<number> {
  let before = -1;
  await until(async () => {
    await index.flush();
    const { used } = index.stats().bytes;
    const settled = used === before;
    before = used;
    return settled;
  }, "the space is linked");
  return before;
}

for (const workers of [0, 1, 2]) {
  describe(`with workers: ${workers}`, () => {
    const options = { dimensions: DIMENSIONS, metric: "l2", workers, flatBelow: 256, partitions: 1 } as const;

    test("50 keys of 2,000 that are re-added 1,000 times: k live hits at the recall of before", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      const all = clustered(2040, DIMENSIONS, SEED);
      const [set, queries] = [all.part(0, 2000), all.part(2000, 2040)];
      const model = modelOf(set);
      await space.addMany(keysOf(set), set.values);
      await parts.index.flush();
      const before = await recallOf(space, "l2", model, queries);
      const source = random(SEED);
      for (let round = 0; round < 1000; round++) {
        const calls: Promise<void>[] = [];
        for (let key = 0; key < 50; key++) {
          const vector = set.at(source.below(set.count)); // often an exact duplicate of another's
          model.set(key, vector);
          calls.push(space.add(key, vector));
        }
        await Promise.all(calls);
        if (round % 50 > 0) continue;
        const query = queries.at((round / 50) % queries.count);
        const hits = await space.search(query);
        expect(hits.length, `round ${round}, seed ${SEED}`).toBe(10);
        expectHonest(hits, "l2", model, query, `round ${round}, seed ${SEED}`);
      }
      expect(await recallOf(space, "l2", model, queries), `while compacted, seed ${SEED}`).toBeGreaterThan(
        before - 0.02,
      );
      await parts.index.flush();
      expect(await recallOf(space, "l2", model, queries), `after flush, seed ${SEED}`).toBeGreaterThan(before - 0.02);
      await expectHolds(space, model, `seed ${SEED}`);
      await expectSound(parts.index, `seed ${SEED}`);
    }, 60_000);
  });
}

// Memory comes in chunks of 1,024 slots: 2,400 slots need three, and so do 3,000, of which a fifth may stay dead.
test("after deleting 90 % of 24,000 the memory is that of a fresh build, and searches go on during it", async () => {
  const options = { dimensions: DIMENSIONS, metric: "l2", workers: 1, partitions: 1 } as const;
  const all = clustered(24_040, DIMENSIONS, SEED);
  const [set, queries] = [all.part(0, 24_000), all.part(24_000, 24_040)];
  const stays = (key: number) => key % 10 === 0;
  const rest: Model = new Map([...modelOf(set)].filter(([key]) => stays(key as number)));

  await using fresh = await opened(options);
  for (const [key, vector] of rest) await fresh.index.space("s").add(key, vector);
  const wanted = await settledBytes(fresh.index);
  const freshRecall = await recallOf(fresh.index.space("s"), "l2", rest, queries);

  await using parts = await opened(options);
  const { index } = parts;
  const space = index.space("s");
  await space.addMany(keysOf(set), set.values);
  await index.flush();
  expect(index.stats().bytes.used).toBeGreaterThan(6 * wanted);

  let deleted = false;
  let isOver = false;
  const compacted = (async () => {
    await space.deleteMany(keysOf(set).filter((key) => !stays(key)));
    deleted = true;
    await until(async () => {
      await index.flush();
      return index.stats().bytes.used <= 1.3 * wanted + 2 * WIDE_SEARCH;
    }, `the memory is that of a fresh build, ${wanted} bytes`);
  })().finally(() => {
    isOver = true;
  });
  const source = random(SEED);
  let searches = 0;
  const searching = async () => {
    while (!isOver) {
      const query = set.at(source.below(set.count));
      const wasDeleted = deleted;
      const hits: Hit[] = await space.search(query, { k: 10 });
      expect(hits.length, `search ${searches}, seed ${SEED}`).toBe(10);
      if (wasDeleted) expectHonest(hits, "l2", rest, query, `search ${searches}, seed ${SEED}`);
      searches++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([compacted, searching()]);
  expect(searches).toBeGreaterThan(10);
  expect(index.stats().spaces[0]).toMatchObject({ live: 2400, pending: 0, kind: "graph" });
  await expectHolds(space, rest, `seed ${SEED}`);
  await expectSound(index, `seed ${SEED}`);
  expect(await recallOf(space, "l2", rest, queries), `seed ${SEED}`).toBeGreaterThan(freshRecall - 0.03);
}, 60_000);

test("batches of one op: links and compactions both go on", async () => {
  const batching = { min: 1, max: 1 };
  await using parts = await opened({
    dimensions: 4,
    metric: "l2",
    workers: 1,
    flatBelow: 16,
    maxPending: 64,
    batching,
  });
  const space = parts.index.space("s");
  const set = clustered(40, 4, SEED);
  for (let round = 0; round < 25; round++) await space.addMany(keysOf(set), set.values);
  await parts.index.flush();
  expect(parts.index.stats().spaces[0]!.compactions).toBeGreaterThan(0);
  await expectHolds(space, modelOf(set), `seed ${SEED}`);
  await expectSound(parts.index, `seed ${SEED}`);
});

test("a compaction that finds no memory does not keep its worker from stealing", async () => {
  const options = { dimensions: 64, metric: "l2", workers: 2, partitions: 2, memoryLimit: 8 * 2 ** 20 } as const;
  await using parts = await opened({ ...options, flatBelow: 64, stealing: { threshold: 20 } });
  const { index } = parts;
  const nameOn = async (home: number) => {
    for (let i = 0; ; i++) {
      await index.space(`home ${home}, ${i}`).add("probe", new Float32Array(64));
      const found = index.stats().spaces.find(({ name }) => name === `home ${home}, ${i}`)!;
      await index.dropSpace(`home ${home}, ${i}`);
      if (found.home === home) return `home ${home}, ${i}`;
    }
  };
  const set = clustered(3000, 64, SEED);
  const stuck = index.space(await nameOn(0));
  await stuck.addMany(keysOf(set), set.values);
  await index.flush();
  for (let key = 0; key < 800; key++) await stuck.delete(key);
  const compactions = () => index.stats().spaces.find(({ name }) => name === stuck.name)!.compactions;
  expect(compactions()).toBe(0);
  const stolenBefore = index.stats().workers[0]!.stolen;
  for (let round = 0; round < 20 && index.stats().workers[0]!.stolen === stolenBefore; round++) {
    const other = index.space(await nameOn(1));
    await other.addMany(keysOf(set).slice(0, 1000), set.part(0, 1000).values);
    await index.flush();
    await index.dropSpace(other.name); // in one that is kept, upserts could fill the partition before it is compacted
  }
  expect(index.stats().workers[0]!.stolen).toBeGreaterThan(stolenBefore);
  expect(compactions()).toBe(0); // it was stuck all the while
}, 30_000);
