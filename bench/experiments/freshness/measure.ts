// Does a busy index hold up its caller? One worker links, the main thread adds in slices, and both the event loop and
// searches are timed. The program of a child process.

import { open } from "../../../src/index.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { type Percentiles, percentiles } from "../../kit/statistics.ts";

const SEARCH_EVERY_MS = 2;
const PROBE_EVERY = 10; // searches

export interface FreshnessTask {
  set: DatasetName;
  n: number;
}

export interface FreshnessMeasurement {
  insertsPerSecond: number;
  /** Longest time between two turns of the event loop. */
  longestGapMs: number;
  searches: number;
  searchMs: Percentiles;
  /** Vectors that were searched for right after their add, and how many of them were the first hit. */
  probes: number;
  found: number;
}

async function measure({ set, n }: FreshnessTask): Promise<FreshnessMeasurement> {
  const { base, queries, dimensions, queryCount } = await loadDataset(set, n);
  await using index = await open({ dimensions, workers: 1, partitions: 1 });
  const space = index.space("filling");
  const probed = index.space("probed");
  const row = (i: number) => queries.subarray((i % queryCount) * dimensions, ((i % queryCount) + 1) * dimensions);
  for (let i = 0; i < 200; i++) await space.search(row(i)); // warm

  let running = true;
  let longestGapMs = 0;
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    longestGapMs = Math.max(longestGapMs, now - last);
    last = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);

  const keys = keysUpTo(n);
  const start = performance.now();
  last = start;
  const filled = space
    .addMany(keys, base)
    .then(() => index.flush())
    .then(() => {
      running = false;
      return performance.now() - start;
    });
  const searchMs: number[] = [];
  let probes = 0;
  let found = 0;
  for (let i = 0; running; i++) {
    await Bun.sleep(SEARCH_EVERY_MS);
    const before = performance.now();
    await space.search(row(i));
    searchMs.push(performance.now() - before);
    if (i % PROBE_EVERY !== 0 || i / PROBE_EVERY >= queryCount) continue;
    // It waits behind no op of the space that is being filled.
    void probed.add(i, row(i / PROBE_EVERY)).then(async () => {
      const [hit] = await probed.search(row(i / PROBE_EVERY), { k: 1 });
      probes++;
      if (hit?.key === i) found++;
    });
  }
  const milliseconds = await filled;
  return {
    insertsPerSecond: n / (milliseconds / 1e3),
    longestGapMs,
    searches: searchMs.length,
    searchMs: percentiles(searchMs),
    ...{ probes, found },
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
