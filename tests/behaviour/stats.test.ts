/* Do the figures of stats() have their shape, and do they add up? */
import { describe, expect, test } from "bun:test";
import { attach } from "../../src/index.ts";
import { clustered, keysOf, opened, uniform, until } from "../support/indexes.ts";

const SEED = 321;
const SET = clustered(3000, 8, SEED);

for (const workers of [0, 1, 2]) {
  describe(`with workers: ${workers}`, () => {
    const options = { dimensions: 8, metric: "l2", workers, flatBelow: 200, partitions: 2 } as const;

    test("ops that were accepted into graphs are each linked once, by some worker", async () => {
      await using parts = await opened({ ...options, stealing: { threshold: 20 } });
      const { index } = parts;
      await index.space("large").addMany(keysOf(SET), SET.values);
      await index.space("middle").addMany(keysOf(SET.part(0, 500)), SET.part(0, 500).values);
      await index.space("small").addMany(keysOf(SET.part(0, 100)), SET.part(0, 100).values);
      await index.flush();
      const sum = (figure: "linked" | "stolen") =>
        index.stats().workers.reduce((all, worker) => all + worker[figure], 0);
      // The small one is flat. A worker counts a slice a moment after it is linked.
      await until(() => sum("linked") >= 3500, "every linked op is counted");
      const { workers: figures, spaces } = index.stats();
      expect(sum("linked")).toBe(3500);
      expect(sum("stolen")).toBeLessThanOrEqual(3500);
      expect(figures.length).toBe(Math.max(1, workers));
      for (const [i, figure] of figures.entries()) {
        expect(figure).toEqual({
          ...{ worker: i, alive: true, queueDepth: 0, traps: 0, restarts: 0, moved: 0 },
          ...{ linked: expect.any(Number), batches: expect.any(Number), lastBatch: expect.any(Number) },
          ...{ steals: expect.any(Number), stolen: expect.any(Number), busy: expect.any(Number) },
          ...{ stolenFrom: expect.any(Array), busyMs: expect.any(Number) },
          meanBatch: figure.batches === 0 ? 0 : figure.linked / figure.batches,
        });
        expect(figure.stolenFrom).toHaveLength(Math.max(1, workers));
        expect(figure.stolenFrom.reduce((sum, ops) => sum + ops)).toBe(figure.stolen);
        expect(figure.stolenFrom[i]).toBe(0);
        expect(figure.busyMs > 0).toBe(figure.busy > 0);
        expect(figure.busy).toBeWithin(0, 1.0001);
        expect(figure.lastBatch).toBeLessThanOrEqual(3500);
        expect(figure.steals).toBeLessThanOrEqual(figure.batches);
        if (workers < 2) expect(figure.stolen).toBe(0);
      }
      const { link, commit, accept } = index.stats().latency;
      expect([link.count, commit, accept.count]).toEqual([3500, null, 3]);
      expect(link.p50Ms).toBeWithin(0, link.p99Ms + 1e-9);
      await index.space("small").search(SET.at(0));
      expect(index.stats().latency.search.count).toBe(1);
      const byName = Object.fromEntries(spaces.map((space) => [space.name, space]));
      const common = { dead: 0, pending: 0, compactions: 0, quarantined: 0, beam: "codes" };
      expect(byName.large).toMatchObject({ ...common, live: 3000, kind: "graph" });
      expect(byName.middle).toMatchObject({ ...common, live: 500, kind: "graph" });
      expect(byName.small).toMatchObject({ live: 100, dead: 0, kind: "flat" });
      for (const { partition, home } of spaces) {
        expect(partition).toBeWithin(0, 2);
        expect(home).toBeWithin(0, Math.max(1, workers));
      }
    });

    test("live and dead follow adds, upserts and deletes", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      await space.addMany(keysOf(SET.part(0, 100)), SET.part(0, 100).values);
      for (let key = 0; key < 10; key++) await space.add(key, SET.at(200 + key));
      for (let key = 50; key < 55; key++) await space.delete(key);
      expect(parts.index.stats().spaces[0]).toMatchObject({ name: "s", live: 95, dead: 15, kind: "flat" });
      expect(space.size).toBe(95);
    });

    test("bytes: spaces are part of what is used, which is within what is reserved and the limit", async () => {
      await using parts = await opened(options);
      const { index } = parts;
      const empty = index.stats().bytes;
      await index.space("a").addMany(keysOf(SET), SET.values);
      await index.space("b").addMany(keysOf(SET), SET.values);
      await index.flush();
      const { bytes, spaces } = index.stats();
      const held = spaces.reduce((sum, space) => sum + space.bytes, 0);
      for (const { bytes: each } of spaces) expect(each).toBeGreaterThan(SET.values.byteLength);
      expect(bytes.used).toBeGreaterThanOrEqual(held);
      expect(bytes.used).toBeLessThanOrEqual(bytes.reserved);
      expect(bytes.limit).toBe(index.options.memoryLimit);
      await index.dropSpace("a");
      await index.dropSpace("b");
      await index.flush();
      expect(index.stats().bytes.used).toBeGreaterThanOrEqual(empty.used);
      expect(index.stats().spaces).toEqual([]);
    });

    test("what is not linked yet is pending, and is what the queues hold", async () => {
      await using parts = await opened({ ...options, maxPending: 100_000 });
      const { index } = parts;
      const set = uniform(6000, 8, SEED);
      const space = index.space("s");
      const calls: Promise<void>[] = [];
      for (let key = 0; key < set.count; key++) calls.push(space.add(key, set.at(key)));
      const { spaces, workers: figures } = index.stats();
      expect(spaces[0]!.live).toBe(set.count);
      expect(spaces[0]!.pending).toBeWithin(0, set.count + 1);
      const waiting = figures.reduce((sum, { queueDepth }) => sum + queueDepth, 0);
      expect(waiting).toBeLessThanOrEqual(set.count);
      if (workers === 0) expect(waiting).toBe(set.count);
      await Promise.all(calls);
      await index.flush();
      expect(index.stats().spaces[0]!.pending).toBe(0);
    });
  });
}

test("how busy a worker was is its share of the time since the index was opened, on every thread's handle", async () => {
  await using parts = await opened({ dimensions: 8, metric: "l2", workers: 1, flatBelow: 200 });
  const { index } = parts;
  await index.space("s").addMany(keysOf(SET), SET.values);
  await index.flush();
  await using other = attach(index.attach());
  for (const handle of [index, other]) {
    const share = () => handle.stats().workers[0]!.busy;
    expect(share()).toBeWithin(0.001, 1);
    await until(() => share() < 0.5, "the worker idles longer than it worked");
  }
});
