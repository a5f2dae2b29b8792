// What does one contender need for one build, how well does the graph answer, and how is it kept? A child process.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dataset, type DatasetName, loadDataset, TRUTH_K } from "../../datasets/index.ts";
import { MAIN_EF } from "../../kit/curve.ts";
import { type CurveMeasurement, measureCurve } from "../../kit/searching.ts";
import type { Contender, Plan, Store } from "../../peers/contender.ts";
import { contenders } from "../../peers/index.ts";

const EFS = [10, 16, 24, 32, 48, 64, 96, 128, 192];

export interface PeersTask {
  contender: string;
  set: DatasetName;
  n: number;
  threads: number;
}

export interface PeersMeasurement {
  /** User and system time of all threads of the process, while inserting. */
  cpuSeconds: number;
  insertsPerSecond: number;
  /** Growth of the resident set from before the empty index to the linked one, after a collection. */
  memoryMB: number;
  /** What was built by several threads is searched with MAIN_EF only: searches run on one. */
  curve: CurveMeasurement[];
  saved?: {
    bytes: number;
    saveSeconds: number;
    /** Up to the first answer. */
    loadSeconds?: number;
  };
}

async function measure({ contender: name, set, n, threads }: PeersTask): Promise<PeersMeasurement> {
  const contender = contenders.find((one) => one.name === name);
  if (!contender) throw new Error(`no contender is called ${name}`);
  const data = await loadDataset(set, n);
  const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-peers-"));
  try {
    const plan: Plan = { n, dimensions: data.dimensions, threads, path: join(folder, "index") };
    const memoryBefore = residentMB();
    const store = await contender.open(plan);
    const cpuBefore = process.cpuUsage();
    const wallSeconds = await timed(() => store.add(data.base));
    const cpu = process.cpuUsage(cpuBefore);
    const memoryMB = residentMB() - memoryBefore;
    const curve = await measureCurve(store, data, threads > 1 ? [MAIN_EF] : (contender.efs ?? EFS));
    const saved = await measureKeeping(contender, store, plan, data);
    return {
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      insertsPerSecond: n / wallSeconds,
      ...{ memoryMB, curve, saved },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Saves and closes the store; a vector of it must be found again. */
async function measureKeeping(
  contender: Contender,
  store: Store,
  plan: Plan,
  data: Dataset,
): Promise<PeersMeasurement["saved"]> {
  if (!store.save) {
    await store.close();
    return undefined;
  }
  const saveSeconds = await timed(() => store.save?.());
  await store.close();
  const { size: bytes } = statSync(plan.path);
  if (!contender.load) return { bytes, saveSeconds };
  const start = performance.now();
  const loaded = await contender.load(plan);
  const ids = await loaded.search(data.base.subarray(0, plan.dimensions), TRUTH_K);
  const loadSeconds = (performance.now() - start) / 1e3;
  await loaded.close();
  if (!ids.includes(0)) throw new Error(`${contender.name} has lost a vector by saving and loading`);
  return { bytes, saveSeconds, loadSeconds };
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1e3;
}

function residentMB(): number {
  Bun.gc(true);
  return process.memoryUsage().rss / 1e6;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
