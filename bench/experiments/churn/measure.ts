// What is left of a space when most of it is deleted? Memory against a fresh build, recall, and searches during it.

import { open, type VectorIndex } from "../../../src/index.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { ownRecall } from "../../kit/own-recall.ts";
import { keysUpTo } from "../../kit/rows.ts";

const KEPT_OF_10 = 1;
const QUERIES = 200;
const DEADLINE_MS = 120_000;

export interface ChurnTask {
  set: DatasetName;
  n: number;
}

export interface ChurnMeasurement {
  /** Bytes in use after the deletes, and those of an index that got only the remaining vectors. */
  bytes: number;
  freshBytes: number;
  secondsToSettle: number;
  recall: number;
  freshRecall: number;
  searches: number;
  longestSearchMs: number;
  /** Searches during compaction that gave fewer than k hits, or one that was deleted. */
  wrong: number;
}

async function measure({ set, n }: ChurnTask): Promise<ChurnMeasurement> {
  const { base, queries, dimensions, queryCount } = await loadDataset(set, n);
  const row = (i: number) => base.subarray(i * dimensions, (i + 1) * dimensions);
  const all = keysUpTo(n);
  const isKept = (key: number) => key % 10 < KEPT_OF_10;
  const kept = all.filter(isKept);

  const fresh = await open({ dimensions, workers: 1, partitions: 1 });
  await fresh.space("s").addMany(kept, kept.map(row));
  await fresh.flush();
  const freshRecall = await ownRecall(fresh.space("s"), queries, dimensions, QUERIES);
  const freshBytes = fresh.stats().bytes.used;
  await fresh.close();

  await using index = await open({ dimensions, workers: 1, partitions: 1 });
  const space = index.space("s");
  await space.addMany(all, base);
  await index.flush();
  await ownRecall(space, queries, dimensions, QUERIES); // warm: the first searches of a thread run while they are compiled
  let [searches, longestSearchMs, wrong] = [0, 0, 0];
  let running = true;
  const gone = new Set<number>();
  const searching = (async () => {
    while (running) {
      const goneBefore = new Set(gone);
      const query = queries.subarray((searches % queryCount) * dimensions, ((searches % queryCount) + 1) * dimensions);
      const before = performance.now();
      const hits = await space.search(query);
      longestSearchMs = Math.max(longestSearchMs, performance.now() - before);
      if (hits.length < 10 || hits.some(({ key }) => goneBefore.has(key as number))) wrong++;
      searches++;
      await Bun.sleep(1);
    }
  })();
  const start = performance.now();
  for (const key of all) {
    if (isKept(key)) continue;
    await space.delete(key);
    gone.add(key);
    if (key % 64 === 0) await Bun.sleep(0);
  }
  await settled(index);
  const secondsToSettle = (performance.now() - start) / 1e3;
  running = false;
  await searching;
  const recall = await ownRecall(space, queries, dimensions, QUERIES);
  const bytes = index.stats().bytes.used;
  return { bytes, freshBytes, secondsToSettle, recall, freshRecall, searches, longestSearchMs, wrong };
}

/** Waits, without a call that would compact, until there is nothing left to give back. */
async function settled(index: VectorIndex): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  let before = 0;
  for (;;) {
    await Bun.sleep(200);
    const { spaces, bytes } = index.stats();
    if (
      bytes.used === before &&
      spaces.every(({ dead, live, pending }) => (dead < 64 || 5 * dead <= live + dead) && pending === 0)
    )
      return;
    before = bytes.used;
    if (performance.now() > end) throw new Error(`not compacted after ${DEADLINE_MS / 1e3} s`);
  }
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
