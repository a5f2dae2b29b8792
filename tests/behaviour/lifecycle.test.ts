/* Does an index open and close cleanly: options echoed, spaces made and dropped, threads ended, many in one process? */
import { describe, expect, test } from "bun:test";
import { open, type VectorIndex } from "../../src/index.ts";
import { expectHolds, expectSound, keysOf, modelOf, opened, uniform } from "../support/indexes.ts";

const SEED = 99;
const SET = uniform(300, 4, SEED);

test("options are echoed with their defaults", async () => {
  await using parts = await opened({
    dimensions: 4,
    workers: 0,
    metric: "l2",
    efConstruction: 80,
    stealing: { threshold: 5 },
  });
  expect(parts.index.options).toEqual({
    ...{ dimensions: 4, metric: "l2", workers: 0, partitions: 4, M: 16, efConstruction: 80, ef: null, recall: 0.95 },
    flatBelow: 1000,
    ...{ maxPending: 16384, quantization: "auto", seed: 1, timeoutMs: 30_000, memoryLimit: 4 * 65534 * 65536 },
    batching: { min: 10, max: 500, lowDepth: 100, highDepth: 1000, latencyMsLow: 10, latencyMsHigh: 100, bulk: 500 },
    stealing: { enabled: true, threshold: 5, fraction: 0.5, latencyMs: 20 },
    ...{ path: null, durability: "commit", onDamage: "refuse", snapshotAfterBytes: 2 ** 28 },
    ...{ fields: {}, metadata: "optional", maxDocumentBytes: 65536, zeroVectors: "refuse" },
  });
});

test("undefined options are as if not given", async () => {
  await using parts = await opened({ dimensions: 4, workers: 0, metric: undefined, M: undefined, batching: undefined });
  expect(parts.index.options).toMatchObject({ metric: "cosine", M: 16 });
});

for (const workers of [0, 2]) {
  describe(`with workers: ${workers}`, () => {
    test("a space lives from its first add until it is dropped, and can be made again", async () => {
      await using parts = await opened({ dimensions: 4, metric: "l2", workers, flatBelow: 50 });
      const { index } = parts;
      const space = index.space("tenant");
      expect(index.spaces()).toEqual([]);
      for (let round = 0; round < 4; round++) {
        await space.addMany(keysOf(SET), SET.values);
        expect(index.spaces()).toEqual(["tenant"]);
        if (round % 2 === 0) await index.flush();
        expect(await index.dropSpace("tenant")).toBe(true);
        expect(await index.dropSpace("tenant")).toBe(false);
        expect(index.spaces()).toEqual([]);
        expect(space.size).toBe(0);
        expect(await space.search(SET.at(0))).toEqual([]);
        expect(await space.get(0)).toBeUndefined();
      }
      await space.add("again", SET.at(0));
      await expectHolds(space, new Map([["again", SET.at(0)]]), `seed ${SEED}`);
      await expectSound(index, `seed ${SEED}`);
    });

    test("dropping spaces while they are linked gives their memory back and leaves the others alone", async () => {
      await using parts = await opened({ dimensions: 4, metric: "l2", workers, flatBelow: 50, partitions: 2 });
      const { index } = parts;
      const names = Array.from({ length: 20 }, (_, i) => `space ${i}`);
      await Promise.all(names.map((name) => index.space(name).addMany(keysOf(SET), SET.values)));
      expect(index.spaces().sort()).toEqual(names.toSorted());
      await Promise.all(names.slice(1).map((name) => index.dropSpace(name)));
      expect(index.spaces()).toEqual(["space 0"]);
      await expectHolds(index.space("space 0"), modelOf(SET), `seed ${SEED}`);
      await expectSound(index, `seed ${SEED}`);
    });

    test("two Space objects of one name are the same space", async () => {
      await using parts = await opened({ dimensions: 4, workers });
      const [one, two] = [parts.index.space("s"), parts.index.space("s")];
      await one.add("a", SET.at(0));
      expect(await two.has("a")).toBe(true);
      await parts.index.dropSpace("s");
      await two.add("b", SET.at(1));
      expect(await one.keys()).toEqual(["b"]);
    });

    test("await using closes", async () => {
      let kept: VectorIndex;
      {
        await using index = await open({ dimensions: 4, workers });
        await index.space("s").add("a", SET.at(0));
        kept = index;
      }
      expect(() => kept.stats()).toThrow("closed");
    });

    test("many at once, and many one after the other", async () => {
      const indexes = await Promise.all(
        Array.from({ length: 6 }, () => open({ dimensions: 4, workers, partitions: 1 })),
      );
      for (const [i, index] of indexes.entries()) await index.space("s").add(i, SET.at(i));
      for (const [i, index] of indexes.entries()) expect(await index.space("s").keys()).toEqual([i]);
      await Promise.all(indexes.map((index) => index.close()));
      for (let i = 0; i < 12; i++) {
        await using index = await open({ dimensions: 4, workers: i % 3 === 0 ? workers : 0 });
        await index.space("s").add(i, SET.at(i));
        expect(index.space("s").size).toBe(1);
      }
    }, 30_000);
  });
}

test("the same name has the same partition and home in every index", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `tenant-${i}`);
  const places = async () => {
    await using parts = await opened({ dimensions: 4, workers: 3 });
    for (const name of names) await parts.index.space(name).add(1, SET.at(0));
    return new Map(parts.index.stats().spaces.map(({ name, partition, home }) => [name, [partition, home]]));
  };
  const [first, second] = [await places(), await places()];
  expect(first.size).toBe(names.length);
  expect([...first].sort()).toEqual([...second].sort());
  // Golden: a name's place is part of the format. Partition of 4, home of 3.
  const golden = [
    [3, 0],
    [1, 1],
    [3, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ];
  expect(names.slice(0, 6).map((name) => first.get(name)!)).toEqual(golden);
});
