// How long does a caller wait for the disk? Callers that add one vector after the other, some at a time. A child process.

import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { type Percentiles, percentiles } from "../../kit/statistics.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";

const DIMENSIONS = 128;

export interface DurableLatencyTask {
  callers: number;
  adds: number;
}

export interface DurableLatencyMeasurement {
  addsPerSecond: number;
  latencyMs: Percentiles;
  meanGroup: number;
}

async function measure({ callers, adds }: DurableLatencyTask): Promise<DurableLatencyMeasurement> {
  const random = new Random(SEEDS.durableLatency);
  const vectors = Array.from({ length: 64 }, () => Float32Array.from({ length: DIMENSIONS }, () => random.normal()));
  using folder = new TemporaryFolder();
  await using index = await open({
    ...{ dimensions: DIMENSIONS, workers: 1, partitions: 1, flatBelow: 1_000_000 },
    path: join(folder.path, "index"),
  });
  const space = index.space("s");
  for (let i = 0; i < 50; i++) await space.add(`warm ${i}`, vectors[0] as Float32Array);
  const before = index.stats().journal!;
  const waits: number[] = [];
  let next = 0;
  const call = async () => {
    for (let i = next++; i < adds; i = next++) {
      const asked = performance.now();
      await space.add(i, vectors[i & 63] as Float32Array);
      waits.push(performance.now() - asked);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - start) / 1e3;
  const after = index.stats().journal!;
  return {
    addsPerSecond: adds / seconds,
    latencyMs: percentiles(waits),
    meanGroup: (after.ops - before.ops) / (after.groups - before.groups),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
