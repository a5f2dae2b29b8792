// How fast do some threads insert: into one index behind one mutex, all of them into one space, each into spaces of its
// own, or into 20 spaces with stealing? The same work however many threads there are. The program of a child process.

import { open } from "../../../src/index.ts";
import { type Dataset, type DatasetName, loadDataset } from "../../datasets/index.ts";
import { namesOnHomes } from "../../kit/homes.ts";
import { ownRecall } from "../../kit/own-recall.ts";
import type { Case } from "../../kit/rounds.ts";
import { addRows } from "../../kit/rows.ts";
import { sum } from "../../kit/statistics.ts";
import { warmUp } from "../../kit/warm-up.ts";
import { measureOneMutex } from "./one-mutex.ts";

const WARM = 2000; // vectors before the clock starts: on one core, compiling would take time from the work
const QUERIES = 200;
const SPACES = { "one space": 1, "own spaces": 8, "20 spaces": 20 };

export type ScalingKind = "one mutex" | keyof typeof SPACES;

export interface ScalingTask {
  set: DatasetName;
  /** Vectors in all spaces together. */
  n: number;
  kind: ScalingKind;
  /** Threads that insert: beside the one that adds, but for the mutex, whose threads bring their own vectors. */
  workers: number;
}

export interface ScalingMeasurement {
  insertsPerSecond: number;
  /** Mean over the spaces, each against its own exact scan. */
  recall: number;
  /** Ops that each thread linked. */
  linked: number[];
  steals: number;
}

export interface ScalingCase extends Case<ScalingTask, ScalingMeasurement> {
  /** More workers than cores: they share them. */
  oversubscribed: boolean;
}

async function measure({ set, n, kind, workers }: ScalingTask): Promise<ScalingMeasurement> {
  const data = await loadDataset(set, n);
  if (kind === "one mutex") return await measureOneMutex(data, workers, { warm: WARM, queries: QUERIES });
  return await byWorkers(data, workers, kind);
}

async function byWorkers(data: Dataset, workers: number, kind: keyof typeof SPACES): Promise<ScalingMeasurement> {
  const { base, queries, dimensions, n } = data;
  const count = SPACES[kind];
  const own = { partitions: workers, stealing: { enabled: false } };
  await using index = await open({ dimensions, workers, ef: 64, flatBelow: 0, ...(kind === "own spaces" ? own : {}) });
  await warmUp(index, base.subarray(0, Math.min(WARM, n) * dimensions), ["warm"]);
  const names = await namesOnHomes(index, count, workers);
  const spaces = names.map((name) => index.space(name));
  const per = Math.floor(n / count);
  const before = index.stats().workers;
  const start = performance.now();
  // In slices: the calls of a handle are accepted in order, and no space should wait for all of another's.
  await Promise.all(spaces.map((space, i) => addRows(space, data, i * per, (i + 1) * per)));
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  const stats = index.stats().workers;
  let recall = 0;
  for (const space of spaces) recall += (await ownRecall(space, queries, dimensions, QUERIES)) / count;
  return {
    insertsPerSecond: (per * count) / seconds,
    recall,
    linked: stats.map(({ linked }, worker) => linked - before[worker]!.linked),
    steals: sum(stats.map(({ steals }, worker) => steals - before[worker]!.steals)),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
