// What is it worth that a space stays with its worker? The core alone, without the link loop: every batch is linked by the
// worker of its home, or by any. A child process.

import { Worker } from "node:worker_threads";
import * as calls from "../../../src/core/calls.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { filledCore, heard } from "../../kit/bare-core.ts";

export type Assignment = "fixed" | "random";

export interface LocalityTask {
  set: DatasetName;
  /** Vectors in all. */
  n: number;
  spaces: number;
  workers: number;
  batch: number;
  assignment: Assignment;
}

export interface LocalityMeasurement {
  /** Processor time of all workers per op. */
  linkMicroseconds: number;
  opsPerSecond: number;
  /** Of the memory that the partition has taken, with everything linked. */
  mib: number;
}

/** What a worker is started with. */
export interface LocalityStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  seat: number;
  worker: number;
  workers: number;
  batch: number;
  assignment: Assignment;
}

async function measure({ set, n, spaces, workers, batch, assignment }: LocalityTask): Promise<LocalityMeasurement> {
  const data = await loadDataset(set, n);
  const per = Math.floor(n / spaces);
  const { module, seat } = await filledCore(data, { spaces, rows: per, workers });
  const threads = Array.from({ length: workers }, (_, worker) => {
    const start = { module, memory: seat.memory, seat: worker + 1, worker, workers, batch, assignment };
    return new Worker(new URL("./locality-worker.ts", import.meta.url), { workerData: start });
  });
  await Promise.all(threads.map(heard)); // all are ready
  const spent = process.cpuUsage();
  const start = performance.now();
  for (const thread of threads) thread.postMessage("go");
  await Promise.all(threads.map(heard)); // all are done
  const { user, system } = process.cpuUsage(spent);
  const seconds = (performance.now() - start) / 1e3;
  const mib = calls.partitionInfo(seat).used / 2 ** 20;
  for (const thread of threads) await thread.terminate();
  return { linkMicroseconds: (user + system) / (per * spaces), opsPerSecond: (per * spaces) / seconds, mib };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
