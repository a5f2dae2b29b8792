// What do skewed spaces do to throughput and to the workers' shares, with stealing and without? A child process.

import { open } from "../../src/index.ts";
import { type DatasetName, loadDataset } from "../datasets/index.ts";
import { Random } from "../datasets/random.ts";
import { ownRecall } from "./own-recall.ts";

export const SPACES = 20;
const QUERIES = 100;
const SEED = 20;
const SLICE = 1000; // vectors of one addMany: every space has one under way at any time

/** How the vectors are spread over the spaces. */
export type Load = "even" | "one half" | "zipf 1.0" | "zipf 1.5";

export interface SkewTask {
  set: DatasetName;
  n: number;
  workers: number;
  load: Load;
  stealing: boolean;
}

export interface SkewMeasurement {
  insertsPerSecond: number;
  /** The largest worker's linked ops over the mean, minus 1. */
  imbalance: number;
  /** Busy time of the least busy worker over that of the busiest. */
  leastBusy: number;
  linked: number[];
  steals: number;
  stolen: number;
  seconds: number;
  /** Of the largest space, against its exact scan. */
  recall: number;
}

/** Relative size of each space, largest first. */
function weights(load: Load): number[] {
  const rank = Array.from({ length: SPACES }, (_, i) => i + 1);
  if (load === "even") return rank.map(() => 1);
  if (load === "one half") return rank.map((r) => (r === 1 ? SPACES - 1 : 1));
  const exponent = load === "zipf 1.0" ? 1 : 1.5;
  return rank.map((r) => r ** -exponent);
}

async function measure({ set, n, workers, load, stealing }: SkewTask): Promise<SkewMeasurement> {
  const { base, queries, dimensions } = await loadDataset(set, n);
  const sizes = weights(load);
  const total = sizes.reduce((sum, size) => sum + size);
  const rows = deal(
    n,
    sizes.map((size) => size / total),
  );
  await using index = await open({ dimensions, workers, stealing: { enabled: stealing } });
  const start = performance.now();
  await Promise.all(
    rows.map(async (own, i) => {
      const space = index.space(`space ${i}`);
      for (let from = 0; from < own.length; from += SLICE) {
        const slice = own.slice(from, from + SLICE);
        await space.addMany(
          slice,
          slice.map((row) => base.subarray(row * dimensions, (row + 1) * dimensions)),
        );
      }
    }),
  );
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  const stats = index.stats().workers;
  const linked = stats.map((worker) => worker.linked);
  const busy = stats.map((worker) => worker.busy);
  const mean = linked.reduce((sum, ops) => sum + ops) / linked.length;
  return {
    insertsPerSecond: n / seconds,
    imbalance: mean === 0 ? 0 : Math.max(...linked) / mean - 1,
    leastBusy: Math.min(...busy) / Math.max(1e-9, ...busy),
    linked,
    steals: stats.reduce((sum, worker) => sum + worker.steals, 0),
    stolen: stats.reduce((sum, worker) => sum + worker.stolen, 0),
    seconds,
    recall: await ownRecall(index.space("space 0"), queries, dimensions, QUERIES),
  };
}

/** Rows 0 to n − 1 dealt to the spaces at random, by their shares. */
function deal(n: number, shares: number[]): number[][] {
  const random = new Random(SEED);
  const rows: number[][] = shares.map(() => []);
  for (let row = 0; row < n; row++) {
    let left = random.below(2 ** 30) / 2 ** 30;
    let space = 0;
    while (space < shares.length - 1 && left >= (shares[space] as number)) left -= shares[space++] as number;
    (rows[space] as number[]).push(row);
  }
  return rows;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
