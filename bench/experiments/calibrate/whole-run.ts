// What happens in a whole run that the simulator then has to repeat? A skewed load on workers that are warm, with what the
// kernel says about their threads. A child process.

import { open } from "../../../src/index.ts";
import { loadDataset } from "../../datasets/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { namesOnHomes } from "../../kit/homes.ts";
import { deal, shares } from "../../kit/loads.ts";
import { arrive, fillAll, type SkewTask, SPACES } from "../../kit/skewed-fill.ts";
import { sum } from "../../kit/statistics.ts";
import { since, workerThreads } from "../../kit/threads.ts";
import { warmUp } from "../../kit/warm-up.ts";
import { type CostSample, sampleCosts } from "./op-costs.ts";

const WARM = 3000; // vectors of each worker

export interface WholeRun {
  seconds: number;
  /** Of all workers: processor time, and how long they were ready without a core to run on. */
  workedSeconds: number;
  waitedSeconds: number;
  linked: number[];
  steals: number;
  stolen: number;
  /** Partition and ops of each space. */
  spaces: { partition: number; ops: number }[];
  samples: CostSample[];
}

async function measure({ set, n, workers, load, stealing, rate }: SkewTask): Promise<WholeRun> {
  const { base, dimensions } = await loadDataset(set, n);
  const row = (i: number) => base.subarray(i * dimensions, (i + 1) * dimensions);
  const rows = deal(n, shares(load, SPACES), new Random(SEEDS.skew));
  await using index = await open({ dimensions, workers, stealing, ef: 64 });
  const names = await namesOnHomes(index, workers, workers);
  await warmUp(index, base.subarray(0, Math.min(WARM, n) * dimensions), names);
  const before = index.stats().workers;
  const threads = workerThreads();
  const end = sampleCosts(index);
  const start = performance.now();
  await (rate === undefined ? fillAll(index, rows, row) : arrive(index, rows, row, rate));
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  const times = since(threads);
  const samples = end();
  const stats = index.stats();
  const grown = (figure: "linked" | "steals" | "stolen") =>
    stats.workers.map((worker, i) => worker[figure] - before[i]![figure]);
  const partitions = new Map(stats.spaces.map(({ name, partition }) => [name, partition]));
  return {
    seconds,
    workedSeconds: sum(times.map(({ ranMs }) => ranMs)) / 1e3,
    waitedSeconds: sum(times.map(({ waitedMs }) => waitedMs)) / 1e3,
    ...{ linked: grown("linked"), steals: sum(grown("steals")), stolen: sum(grown("stolen")) },
    spaces: rows.map((own, i) => ({ partition: partitions.get(`space ${i}`) ?? 0, ops: own.length })),
    samples,
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
