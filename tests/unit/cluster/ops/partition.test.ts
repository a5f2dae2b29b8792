/* Does a space stay in its partition, and are all partitions used? */
import { expect, test } from "bun:test";
import { clusterPartitionOf } from "../../../../src/cluster/ops/partition.ts";

test("the partition of a name is the same in every release", () => {
  expect(["tenant-1", "tenant-2", "ä", "\ud800"].map((name) => clusterPartitionOf(name, 64))).toEqual([10, 33, 51, 32]);
});

test("spaces are spread evenly", () => {
  const counts = new Uint32Array(64);
  for (let i = 0; i < 64_000; i++) counts[clusterPartitionOf(`tenant-${i}`, 64)]!++;
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});
