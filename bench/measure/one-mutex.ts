// How fast do threads insert into one index behind one mutex? Each takes it for every vector and holds it until the vector
// is linked, as a program does that has several threads and an index made for one. The core is ours all the same.

import { Worker } from "node:worker_threads";
import { bestVariant, compileCore } from "../../src/core.ts";
import type { SpaceRef } from "../../src/handle.ts";
import { openWith } from "../../src/open.ts";
import type { Dataset } from "../datasets/index.ts";
import { Mutex } from "./mutex.ts";
import { ownRecall } from "./own-recall.ts";
import type { ScalingMeasurement } from "./scaling.ts";

/** What a thread is started with. */
export interface MutexStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  seat: number;
  address: number;
  incarnation: number;
  dimensions: number;
  /** Everybody's vectors. */
  base: Float32Array;
  mutex: Mutex["word"];
  /** Row that is inserted next; the mutex guards it. */
  next: Int32Array;
}

/** `queries`: how many of them recall is measured with. */
export async function measureOneMutex(data: Dataset, threads: number, queries: number): Promise<ScalingMeasurement> {
  const { dimensions } = data;
  const opened = await openWith({ dimensions, workers: 0, partitions: 1, flatBelow: 0 }, {});
  await using index = opened.index;
  const { seat, address, incarnation } = opened.handle.find("shared", true) as SpaceRef;
  const base = new Float32Array(new SharedArrayBuffer(data.base.byteLength));
  base.set(data.base);
  const start = {
    ...{ module: await compileCore("release", bestVariant()), memory: seat.memory, address, incarnation, dimensions },
    ...{ base, mutex: new Mutex().word, next: new Int32Array(new SharedArrayBuffer(4)) },
  };
  const members = Array.from({ length: threads }, (_, thread) => {
    const workerData: MutexStart = { ...start, seat: seat.number + 1 + thread };
    return new Worker(new URL("./one-mutex-worker.ts", import.meta.url), { workerData });
  });
  const heard = <Message>(member: Worker) =>
    new Promise<Message>((resolve, reject) => member.once("message", resolve).once("error", reject));
  await Promise.all(members.map(heard)); // all are ready
  const began = performance.now();
  for (const member of members) member.postMessage("go");
  const linked = await Promise.all(members.map(heard<number>)); // all are done
  await index.flush();
  const seconds = (performance.now() - began) / 1e3;
  const recall = await ownRecall(index.space("shared"), data.queries, dimensions, queries);
  for (const member of members) await member.terminate();
  return { insertsPerSecond: data.n / seconds, recall, linked, steals: 0 };
}
