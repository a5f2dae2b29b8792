// How fast do threads insert into one index behind one mutex? Each takes it for every vector and holds it until the
// vector is linked, as in a program with several threads and an index made for one. The core is ours all the same.

import { Worker } from "node:worker_threads";
import { openWith } from "../../../src/api/open.ts";
import { bestVariant, compileCore } from "../../../src/core/build.ts";
import type { Seat } from "../../../src/core/seat.ts";
import type { SpaceAt } from "../../../src/core/spaces.ts";
import type { Dataset } from "../../datasets/index.ts";
import { heard } from "../../kit/bare-core.ts";
import { ownRecall } from "../../kit/own-recall.ts";
import { Mutex } from "./mutex.ts";

/** What a thread is started with. */
export interface MutexStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  seat: number;
  dimensions: number;
  /** The vectors of all threads. */
  base: Float32Array;
  mutex: Mutex["word"];
  /** Row that is inserted next; the mutex guards it. */
  next: Int32Array;
}

/** The space into which the threads insert the first `rows` rows. */
export interface MutexTask {
  space: SpaceAt;
  rows: number;
}

interface Threads {
  /** Resolves to how many vectors each thread inserted. */
  fill(space: SpaceAt, rows: number): Promise<number[]>;
  stop(): Promise<void>;
}

/** `counts`: vectors that the code is compiled with before the clock starts, and queries that recall is measured with. */
export async function measureOneMutex(
  { n, base, queries, dimensions }: Dataset,
  threadCount: number,
  counts: { warm: number; queries: number },
) {
  // The thread that opens the index does not insert.
  const opened = await openWith({ dimensions, workers: 0, partitions: 1, flatBelow: 0 }, {});
  await using index = opened.index;
  const threads = await startThreads(threadCount, opened.seats[0]!, base);
  const fill = async (name: string, rows: number) => {
    const linked = await threads.fill(opened.handle.make(name) as SpaceAt, rows);
    await index.flush();
    return linked;
  };
  await fill("warm", Math.min(counts.warm, n));
  const start = performance.now();
  const linked = await fill("shared", n);
  const seconds = (performance.now() - start) / 1e3;
  const recall = await ownRecall(index.space("shared"), queries, dimensions, counts.queries);
  await threads.stop();
  return { insertsPerSecond: n / seconds, recall, linked, steals: 0 };
}

async function startThreads(count: number, opener: Seat, vectors: Float32Array): Promise<Threads> {
  const base = new Float32Array(new SharedArrayBuffer(vectors.byteLength));
  base.set(vectors);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const { memory, dimensions } = opener;
  const start = { module: await compileCore("release", bestVariant()), memory, dimensions, base, next };
  const mutex = new Mutex().word;
  const members = Array.from({ length: count }, (_, thread) => {
    const workerData: MutexStart = { ...start, mutex, seat: opener.number + 1 + thread };
    return new Worker(new URL("./one-mutex-worker.ts", import.meta.url), { workerData });
  });
  await Promise.all(members.map(heard<"ready">)); // all are ready
  return {
    async fill({ address, incarnation }, rows) {
      const space = { address, incarnation };
      next[0] = 0;
      for (const member of members) member.postMessage({ space, rows } satisfies MutexTask);
      return await Promise.all(members.map(heard<number>));
    },
    async stop() {
      for (const member of members) await member.terminate();
    },
  };
}
