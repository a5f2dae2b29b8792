// What do skewed spaces do to throughput and to the workers' shares, with stealing and without? A child process.

import { open } from "../../../src/index.ts";
import { loadDataset } from "../../datasets/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { deal, shares } from "../../kit/loads.ts";
import { ownRecall } from "../../kit/own-recall.ts";
import { arrive, fillAll, type SkewTask, SPACES } from "../../kit/skewed-fill.ts";
import { sum } from "../../kit/statistics.ts";
import { type Sample, sampleWhile } from "./sampling.ts";

const QUERIES = 100;
const SAMPLE_MS = 25;

export interface SkewMeasurement {
  insertsPerSecond: number;
  /** The largest worker's linked ops over the mean, minus 1. */
  imbalance: number;
  /** Busy time of the least busy worker over that of the busiest. */
  leastBusy: number;
  /** Processor time of the whole process per vector: other programs hardly change it. */
  cpuMicroseconds: number;
  linked: number[];
  /** Time that each worker spent in its slices. */
  busyMs: number[];
  steals: number;
  stolen: number;
  seconds: number;
  /** When the last op was accepted: later than n / rate when the index did not keep up. */
  acceptedSeconds: number;
  /** Partition and ops of each space. */
  spaces: { partition: number; ops: number }[];
  /** Of the largest space, against its exact scan. */
  recall: number;
  samples: Sample[];
}

async function measure({ set, n, workers, load, stealing, rate }: SkewTask): Promise<SkewMeasurement> {
  const { base, queries, dimensions } = await loadDataset(set, n);
  const row = (i: number) => base.subarray(i * dimensions, (i + 1) * dimensions);
  const rows = deal(n, shares(load, SPACES), new Random(SEEDS.skew));
  const opening = performance.now();
  await using index = await open({ dimensions, workers, stealing, ef: 64 });
  const start = performance.now();
  const spent = process.cpuUsage();
  const end = sampleWhile(index, SAMPLE_MS);
  await (rate === undefined ? fillAll(index, rows, row) : arrive(index, rows, row, rate));
  const acceptedSeconds = (performance.now() - start) / 1e3;
  await index.flush();
  const now = performance.now();
  const { user, system } = process.cpuUsage(spent);
  const stats = index.stats();
  const samples = end();
  const linked = stats.workers.map((worker) => worker.linked);
  const busy = stats.workers.map((worker) => worker.busy);
  const mean = sum(linked) / linked.length;
  return {
    insertsPerSecond: n / ((now - start) / 1e3),
    imbalance: mean === 0 ? 0 : Math.max(...linked) / mean - 1,
    leastBusy: Math.min(...busy) / Math.max(1e-9, ...busy),
    cpuMicroseconds: (user + system) / n,
    linked,
    busyMs: busy.map((share) => share * (now - opening)),
    steals: sum(stats.workers.map(({ steals }) => steals)),
    stolen: sum(stats.workers.map(({ stolen }) => stolen)),
    seconds: (now - start) / 1e3,
    acceptedSeconds,
    spaces: rows.map((own, i) => ({
      partition: stats.spaces.find(({ name }) => name === `space ${i}`)?.partition ?? 0,
      ops: own.length,
    })),
    recall: await ownRecall(index.space("space 0"), queries, dimensions, QUERIES),
    samples,
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
