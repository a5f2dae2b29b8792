// What does it run on, and which cores may it use?

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  platform: string;
  bun: string;
  /** Load average of the last minute: well above what the suite itself runs, other programs used the cores as well. */
  load: number;
  /** Without `taskset` every child may run anywhere. */
  pinning: boolean;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    bun: Bun.version,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
    pinning: Bun.which("taskset") !== null,
  };
}

/** Two if there are two: one for the worker that links, one for the thread that adds. */
export function twoCores(): number {
  return Math.min(2, allowedCores().length);
}

/** Numbers of the cores this process may use: a container's need not begin at 0. */
export function allowedCores(): number[] {
  const everyCore = Array.from({ length: availableParallelism() }, (_, i) => i);
  if (process.platform !== "linux") return everyCore;
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (!list) return everyCore;
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
