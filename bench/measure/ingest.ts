// What does one contender need for one build, and how well does the graph answer? The program of a child process.

import { type DatasetName, loadDataset, TRUTH_K } from "../datasets/index.ts";
import { spread } from "../harness/statistics.ts";
import type { Store } from "../peers/contender.ts";
import { contenders } from "../peers/index.ts";

export const EFS = [32, 48, 64, 96, 128] as const;
/** Where recall is compared. */
export const MAIN_EF = 64;
/** Each over all queries; a pass over 1,000 is short enough for one interruption to spoil it. */
const SEARCH_PASSES = 3;

export interface IngestTask {
  contender: string;
  set: DatasetName;
  n: number;
  threads: number;
}

export interface IngestMeasurement {
  wallSeconds: number;
  /** User and system time of all threads of the process. */
  cpuSeconds: number;
  insertsPerSecond: number;
  /** Growth of the resident set from before the empty index to the linked one, after a collection. */
  memoryMB: number;
  searches: { ef: number; recall: number; searchesPerSecond: number }[];
}

type Queries = Awaited<ReturnType<typeof loadDataset>>;

async function measure(task: IngestTask): Promise<IngestMeasurement> {
  const contender = contenders.find(({ name }) => name === task.contender);
  if (!contender) throw new Error(`no contender is called ${task.contender}`);
  const data = await loadDataset(task.set, task.n);
  const memoryBefore = residentMB();
  const store = await contender.open(task.n, data.dimensions, task.threads);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await store.add(data.base);
  const wallSeconds = (performance.now() - start) / 1e3;
  const cpu = process.cpuUsage(cpuBefore);
  const memoryMB = residentMB() - memoryBefore;
  const searches: IngestMeasurement["searches"] = [];
  for (const ef of EFS) {
    store.setEf(ef);
    // The recall pass comes first and warms the code up for the timed ones.
    const recall = await measureRecall(store, data);
    const rates: number[] = [];
    for (let pass = 0; pass < SEARCH_PASSES; pass++) rates.push(await measureSearchRate(store, data));
    searches.push({ ef, recall, searchesPerSecond: spread(rates).median });
  }
  await store.close();
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  return { wallSeconds, cpuSeconds, insertsPerSecond: task.n / wallSeconds, memoryMB, searches };
}

function residentMB(): number {
  Bun.gc(true);
  return process.memoryUsage().rss / 1e6;
}

/** Share of the true TRUTH_K neighbours among the TRUTH_K answered. */
async function measureRecall(store: Store, data: Queries): Promise<number> {
  let found = 0;
  for (let query = 0; query < data.queryCount; query++) {
    const truth = data.truth.subarray(query * TRUTH_K, (query + 1) * TRUTH_K);
    const ids = await store.search(queryVector(data, query), TRUTH_K);
    found += new Set(ids.slice(0, TRUTH_K)).intersection(new Set(truth)).size;
  }
  return found / (data.queryCount * TRUTH_K);
}

async function measureSearchRate(store: Store, data: Queries): Promise<number> {
  const start = performance.now();
  for (let query = 0; query < data.queryCount; query++) {
    const answer = store.search(queryVector(data, query), TRUTH_K);
    // A synchronous library is called as its users call it, without the price of an await.
    if (answer instanceof Promise) await answer;
  }
  return data.queryCount / ((performance.now() - start) / 1e3);
}

function queryVector(data: Queries, query: number): Float32Array {
  return data.queries.subarray(query * data.dimensions, (query + 1) * data.dimensions);
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
