// How fast do some workers link into some spaces? The program of a child process.

import { open } from "../../src/index.ts";
import { type DatasetName, loadDataset } from "../datasets/index.ts";
import { namesOnHomes } from "./homes.ts";
import { ownRecall } from "./own-recall.ts";

const QUERIES = 200;
const SLICE = 1000;

export interface ScalingTask {
  set: DatasetName;
  n: number;
  workers: number;
  spaces: number;
}

export interface ScalingMeasurement {
  insertsPerSecond: number;
  /** Mean over the spaces, each against its own exact scan. */
  recall: number;
  /** Ops that each worker linked. */
  linked: number[];
  steals: number;
}

async function measure({ set, n, workers, spaces: count }: ScalingTask): Promise<ScalingMeasurement> {
  const { base, queries, dimensions } = await loadDataset(set, n);
  await using index = await open({ dimensions, workers, partitions: 2 });
  const names = await namesOnHomes(index, count, workers);
  const spaces = names.map((name) => index.space(name));
  const per = Math.floor(n / count);
  const start = performance.now();
  await Promise.all(
    // By slices, as a server gets them: one handle's calls are accepted in their order, one space's behind the other's.
    spaces.map(async (space, i) => {
      for (let from = 0; from < per; from += SLICE) {
        const keys = Array.from({ length: Math.min(SLICE, per - from) }, (_, row) => from + row);
        const first = (i * per + from) * dimensions;
        await space.addMany(keys, base.subarray(first, first + keys.length * dimensions));
      }
    }),
  );
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  const stats = index.stats().workers;
  let recall = 0;
  for (const space of spaces) recall += (await ownRecall(space, queries, dimensions, QUERIES)) / count;
  return {
    insertsPerSecond: (per * count) / seconds,
    recall,
    linked: stats.map(({ linked }) => linked),
    steals: stats.reduce((sum, { steals }) => sum + steals, 0),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
