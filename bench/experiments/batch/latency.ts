// How long does an op wait until it is linked, at a set rate? One space, one worker, ops in their order. A child process.

import { type BatchingPolicy, open } from "../../../src/index.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { percentiles } from "../../kit/statistics.ts";

const WARM = 2000; // ops before the clock starts, so that the space has its graph

export interface LatencyTask {
  set: DatasetName;
  n: number;
  batching: Partial<BatchingPolicy>;
  /** Adds a second, at random times. */
  rate: number;
}

export interface LatencyMeasurement {
  /** From accepted to linked, looked at every millisecond. */
  p50Ms: number;
  p99Ms: number;
  meanBatch: number;
  /** Most ops that waited at once. */
  deepest: number;
  /** Linked a second, until the last. */
  linkedPerSecond: number;
}

async function measure({ set, n, batching, rate }: LatencyTask): Promise<LatencyMeasurement> {
  const { base, dimensions } = await loadDataset(set, n);
  const row = (i: number) => base.subarray(i * dimensions, (i + 1) * dimensions);
  await using index = await open({ dimensions, workers: 1, partitions: 1, maxPending: 1_000_000, batching, ef: 64 });
  const space = index.space("filling");
  const warm = keysUpTo(WARM);
  await space.addMany(warm, warm.map(row));
  await index.flush();
  const worker = () => index.stats().workers[0]!;
  while (worker().linked < WARM) await Bun.sleep(1); // a worker counts what it has linked a moment later
  const before = worker();
  const random = new Random(SEEDS.latency);
  const came: number[] = [];
  const waits: number[] = [];
  let deepest = 0;
  // With one worker and one space, ops are linked in the order in which they came.
  const look = () => {
    const linked = worker().linked - before.linked;
    const now = performance.now();
    while (waits.length < linked) waits.push(now - came[waits.length]!);
    deepest = Math.max(deepest, came.length - linked);
  };
  const start = performance.now();
  let due = 0;
  for (let i = WARM; i < n; i++) {
    due -= (Math.log(1 - random.uint32() / 2 ** 32) / rate) * 1e3;
    while (performance.now() - start < due) {
      look();
      await Bun.sleep(1);
    }
    came.push(performance.now());
    await space.add(i, row(i));
  }
  while (waits.length < came.length) {
    look();
    await Bun.sleep(1);
  }
  const seconds = (performance.now() - start) / 1e3;
  const after = worker();
  const { p50, p99 } = percentiles(waits);
  return {
    ...{ p50Ms: p50, p99Ms: p99, deepest, linkedPerSecond: waits.length / seconds },
    meanBatch: (after.linked - before.linked) / Math.max(1, after.batches - before.batches),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
