/*
 * Where do the files lie that this package compiles and starts threads from? This is for a checkout: a build has another
 * module in place of this one, which `.ci/bundle.ts` writes.
 */

const THREADS = {
  worker: "../workers/worker.ts",
  "journal-thread": "../storage/threads/journal-thread.ts",
  "snapshot-thread": "../storage/threads/snapshot-thread.ts",
};

export type ThreadFile = keyof typeof THREADS;
export type CoreFile = `core.${"release" | "debug"}.${"relaxed" | "baseline"}${"" | ".unshared" | ".ordered"}.wasm`;

/** An address or a path. */
export function placeOfThread(file: ThreadFile): URL | string {
  return new URL(THREADS[file], import.meta.url);
}

/** An address or a path. */
export function placeOfCore(file: CoreFile): URL | string {
  return new URL(`../../build/${file}`, import.meta.url);
}
