// What is it worth that a space stays with its worker? The core alone, without the index's loop: every batch is linked by
// its home's worker, or by any. A child process.

import { Worker } from "node:worker_threads";
import { bestVariant, compileCore, Seat } from "../../src/core.ts";
import { type DatasetName, loadDataset } from "../datasets/index.ts";

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
  dimensions: number;
  seat: number;
  worker: number;
  workers: number;
  batch: number;
  assignment: Assignment;
}

async function measure({ set, n, spaces, workers, batch, assignment }: LocalityTask): Promise<LocalityMeasurement> {
  const { base, dimensions } = await loadDataset(set, n);
  const module = await compileCore("release", bestVariant());
  const seat = Seat.create(
    module,
    {
      ...{ dimensions, metric: "cosine", M: 16, efConstruction: 32, seed: 1, crossover: 0, maxPending: 1e6 },
      ...{ budget: 2 ** 32 - 2 * 65536, neverCodes: false },
    },
    0,
    true,
  );
  const per = Math.floor(n / spaces);
  for (let space = 0; space < spaces; space++) {
    seat.core.openSpace(seat.putKey(`space ${space}`), space % workers, 1);
    const [address, incarnation] = [seat.infoAt(0), seat.infoAt(1)];
    for (let row = space * per; row < (space + 1) * per; row++) {
      seat.putVector(base.subarray(row * dimensions, (row + 1) * dimensions), 0);
      if (seat.core.add(address, incarnation, seat.putKey(row), 0, 0) < 0) throw new Error(`row ${row} was refused`);
    }
  }
  const threads = Array.from({ length: workers }, (_, worker) => {
    const start = { module, memory: seat.memory, dimensions, seat: worker + 1, worker, workers, batch, assignment };
    return new Worker(new URL("./locality-worker.ts", import.meta.url), { workerData: start });
  });
  const heard = (thread: Worker) => new Promise((resolve) => thread.once("message", resolve));
  await Promise.all(threads.map(heard)); // all are ready
  const spent = process.cpuUsage();
  const start = performance.now();
  for (const thread of threads) thread.postMessage("go");
  await Promise.all(threads.map(heard)); // all are done
  const { user, system } = process.cpuUsage(spent);
  const seconds = (performance.now() - start) / 1e3;
  seat.core.partitionInfo();
  const mib = seat.infoAt(0) / 2 ** 20;
  for (const thread of threads) await thread.terminate();
  return { linkMicroseconds: (user + system) / (per * spaces), opsPerSecond: (per * spaces) / seconds, mib };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
