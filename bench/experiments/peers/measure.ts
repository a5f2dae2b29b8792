// What does one contender need for a build, how well does it search, and how is it saved and loaded? A child process.

import { statSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, type DatasetName, loadDataset, TRUTH_K } from "../../datasets/index.ts";
import { MAIN_EF } from "../../kit/curve.ts";
import { type CurveMeasurement, measureCurve } from "../../kit/searching.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";
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
  /** What several threads have built is searched with MAIN_EF only: searches run on one. */
  curve: CurveMeasurement[];
  saved?: {
    bytes: number;
    saveSeconds: number;
    /** Up to the first hit. */
    loadSeconds?: number;
  };
}

async function measure({ contender: name, set, n, threads }: PeersTask): Promise<PeersMeasurement> {
  const contender = contenders.find((one) => one.name === name);
  if (!contender) throw new Error(`no contender is called ${name}`);
  const data = await loadDataset(set, n);
  using folder = new TemporaryFolder();
  const plan: Plan = { n, dimensions: data.dimensions, threads, path: join(folder.path, "index") };
  const memoryBefore = residentMB();
  const store = await contender.open(plan);
  const cpuBefore = process.cpuUsage();
  const wallSeconds = await timed(() => store.add(data.base));
  const cpu = process.cpuUsage(cpuBefore);
  const memoryMB = residentMB() - memoryBefore;
  const curve = await measureCurve(store, data, threads > 1 ? [MAIN_EF] : (contender.efs ?? EFS));
  const saved = await measureSaving(contender, store, plan, data);
  return {
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    insertsPerSecond: n / wallSeconds,
    ...{ memoryMB, curve, saved },
  };
}

/** Saves and closes the store; a vector of it must be found again. */
async function measureSaving(
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
  if (!ids.includes(0)) throw new Error(`${contender.name} lost a vector when it was saved and loaded`);
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
