// How long did each worker thread run, and how long was it ready without a core to run on? From the kernel; Linux only.

import { readdirSync, readFileSync } from "node:fs";
import { allowedCores } from "./machine.ts";

export interface ThreadTimes {
  thread: number;
  ranMs: number;
  /** Ready, but another thread had the core. */
  waitedMs: number;
}

const TASKS = "/proc/self/task";

/** Pins each worker thread to a core of its own, as far as there are cores. */
export function pinWorkers(): void {
  const cores = allowedCores();
  for (const [i, thread] of threadNumbers().entries()) {
    Bun.spawnSync(["taskset", "-cp", `${cores[i % cores.length]}`, `${thread}`]);
  }
}

/** Of every worker thread since it started, in the order in which they were started. */
export function workerThreads(): ThreadTimes[] {
  return threadNumbers().map(timesOf);
}

/** What was added to each since. */
export function since(before: ThreadTimes[]): ThreadTimes[] {
  return before.map(({ thread, ranMs, waitedMs }) => {
    const now = timesOf(thread);
    return { thread, ranMs: now.ranMs - ranMs, waitedMs: now.waitedMs - waitedMs };
  });
}

function timesOf(thread: number): ThreadTimes {
  const [ran = 0, waited = 0] = readFileSync(`${TASKS}/${thread}/schedstat`, "utf8").split(" ").map(Number);
  return { thread, ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}

function threadNumbers(): number[] {
  const numbers = readdirSync(TASKS).map(Number);
  return numbers.filter(isWorker).toSorted((a, b) => a - b);
}

function isWorker(thread: number): boolean {
  try {
    return readFileSync(`${TASKS}/${thread}/comm`, "utf8").trim() === "Worker";
  } catch {
    return false; // one of the engine's own threads, which has just ended
  }
}
