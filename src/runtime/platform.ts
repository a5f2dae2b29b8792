/* What does the runtime offer? Runtimes differ in runtime/ and nowhere else; storage/ and cli/ are for Bun alone. */
const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };

/** Whether threads can share memory, and wait for it to change without blocking their event loops. */
export const canShare =
  typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false && "waitAsync" in Atomics;

/** Whether there are `node:worker_threads`, or Web Workers that share memory and whose end can be noticed. */
export const canStartThreads =
  canShare &&
  ((typeof process !== "undefined" && Boolean(process.versions?.node)) ||
    (crossOriginIsolated === true && typeof Worker === "function" && "locks" in navigator));

/** Whether an index can be kept in a folder: that takes Bun's SQLite. */
export const canKeepFolders = typeof Bun !== "undefined";

/** xxHash64 as the runtime computes it, if it can. */
export const xxHash64 = typeof Bun === "undefined" ? null : (bytes: Uint8Array): bigint => Bun.hash.xxHash64(bytes);

/**
 * Whether the processor is known to show a thread's stores to all others in their order, as x86 does. HNSW_WORKERS_ORDERED=1:
 * as if it were not known, so that what other processors run is tested on x86.
 */
export const keepsOrder =
  typeof process !== "undefined" &&
  (process.arch === "x64" || process.arch === "ia32") &&
  process.env?.HNSW_WORKERS_ORDERED !== "1";

/** Cores that this process may use, as far as it knows. Node has no `navigator` before version 21. */
export function cores(): number {
  const os = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:os");
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Milliseconds on a clock that all threads of a process share. */
export function commonTime(): number {
  return performance.timeOrigin + performance.now();
}

/** Shows a warning to the person who runs the program; never throws. */
export function warn(message: string): void {
  if (typeof process !== "undefined" && process.emitWarning) process.emitWarning(message, "HnswWorkersWarning");
  else console.warn(`hnsw-workers: ${message}`);
}
