/* Does a space always get the same partition and home, and are both spread evenly? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { homeOf, partitionOf } from "../../../src/scheduler/assignment.ts";
import { random } from "../../support/vectors.ts";

const SEED = 4711;
const HASHES = [0, 1, 7, 12345, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff];

const someHash = fc.integer({ min: 0, max: 0xffffffff });
const somePartitions = fc.integer({ min: 1, max: 32 });
const someWorkers = fc.integer({ min: 0, max: 64 });

test("golden values: what a release chose, every later one chooses", () => {
  expect(HASHES.map((hash) => partitionOf(hash, 4))).toEqual([0, 1, 3, 1, 3, 0, 3, 3]);
  expect(HASHES.map((hash) => homeOf(hash, 4, 2))).toEqual([0, 1, 1, 1, 1, 0, 1, 1]);
  expect(HASHES.map((hash) => homeOf(hash, 4, 3))).toEqual([0, 1, 0, 1, 0, 0, 0, 0]);
  expect(HASHES.map((hash) => homeOf(hash, 4, 8))).toEqual([0, 1, 7, 1, 7, 0, 7, 7]);
  expect(HASHES.map((hash) => homeOf(hash, 4, 6))).toEqual([0, 1, 3, 1, 3, 0, 3, 3]);
  expect(HASHES.map((hash) => homeOf(hash, 1, 5))).toEqual([0, 1, 2, 0, 2, 3, 4, 0]);
});

test("a home is one of the workers, a partition one of the partitions, signed hash or not", () => {
  fc.assert(
    fc.property(someHash, somePartitions, someWorkers, (hash, partitions, workers) => {
      const partition = partitionOf(hash, partitions);
      const home = homeOf(hash, partitions, workers);
      expect(partition).toBeWithin(0, partitions);
      expect(home).toBeWithin(0, Math.max(1, workers));
      expect(partitionOf(hash | 0, partitions)).toBe(partition);
      expect(homeOf(hash | 0, partitions, workers)).toBe(home);
    }),
    { seed: SEED },
  );
});

test("a partition does not depend on the workers, and its spaces stay with the workers that share it", () => {
  fc.assert(
    fc.property(someHash, somePartitions, fc.integer({ min: 1, max: 64 }), (hash, partitions, workers) => {
      const partition = partitionOf(hash, partitions);
      const home = homeOf(hash, partitions, workers);
      if (workers <= partitions) expect(home).toBe(partition % workers);
      else expect(home % partitions).toBe(partition);
    }),
    { seed: SEED },
  );
});

/** How many of 100,000 hashes fall to each choice, the fewest and the most over the mean. */
function spread(choices: number, choose: (hash: number) => number): { fewest: number; most: number } {
  const source = random(SEED);
  const counts = new Array<number>(choices).fill(0);
  for (let i = 0; i < 100_000; i++) counts[choose(source.below(2 ** 32))]!++;
  const mean = 100_000 / choices;
  return { fewest: Math.min(...counts) / mean, most: Math.max(...counts) / mean };
}

test("partitions are spread evenly", () => {
  for (const partitions of [1, 2, 3, 4, 8, 32]) {
    const { fewest, most } = spread(partitions, (hash) => partitionOf(hash, partitions));
    expect(fewest, `${partitions} partitions, seed ${SEED}`).toBeGreaterThan(0.94);
    expect(most, `${partitions} partitions, seed ${SEED}`).toBeLessThan(1.06);
  }
});

test("homes are spread evenly where the workers divide evenly over the partitions", () => {
  const shapes = [
    [4, 1],
    [4, 2],
    [4, 4],
    [4, 8],
    [4, 16],
    [1, 5],
    [1, 64],
    [8, 64],
  ] as const;
  for (const [partitions, workers] of shapes) {
    const { fewest, most } = spread(workers, (hash) => homeOf(hash, partitions, workers));
    expect(fewest, `${workers} workers on ${partitions} partitions, seed ${SEED}`).toBeGreaterThan(0.9);
    expect(most, `${workers} workers on ${partitions} partitions, seed ${SEED}`).toBeLessThan(1.1);
  }
});

test("every worker is home to something where they do not divide evenly", () => {
  for (const [partitions, workers] of [
    [4, 3],
    [4, 5],
    [4, 6],
    [3, 64],
  ] as const) {
    const { fewest, most } = spread(workers, (hash) => homeOf(hash, partitions, workers));
    expect(fewest, `${workers} workers on ${partitions} partitions, seed ${SEED}`).toBeGreaterThan(0.4);
    expect(most, `${workers} workers on ${partitions} partitions, seed ${SEED}`).toBeLessThan(2.1);
  }
});
