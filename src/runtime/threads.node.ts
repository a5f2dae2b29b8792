/* How is a thread started where there is node:worker_threads? `web-spawning.ts` is the same for browsers. */
import { Worker } from "node:worker_threads";
import { isOneFile } from "./platform.ts";

/** The threads' entries as a checkout has them; a build has them all in one folder. */
const ENTRIES = {
  worker: "../workers/worker.ts",
  "journal-thread": "../storage/log/journal-thread.ts",
  "snapshot-thread": "../storage/snapshots/snapshot-thread.ts",
};

export type ThreadFile = keyof typeof ENTRIES;

/** Who is told what a thread does. */
export interface Listener {
  heard(message: unknown): void;
  /** It runs no more, whatever the cause. */
  ended(failure: Error | null): void;
}

export interface Spawned {
  post(message: unknown): void;
  /** Whether the process waits for its end. */
  keepAlive(yes: boolean): void;
  terminate(): void;
}

export function spawn(file: ThreadFile, { heard, ended }: Listener): Spawned {
  const thread = new Worker(urlOf(file), { execArgv: [] }); // flags of Node are for the program, not for us
  let failure: Error | null = null;
  thread.on("message", heard);
  thread.on("error", (error: Error) => {
    failure = error;
  });
  thread.on("exit", () => ended(failure));
  return {
    post: (message) => thread.postMessage(message),
    keepAlive: (yes) => (yes ? thread.ref() : thread.unref()),
    terminate: () => void thread.terminate(),
  };
}

/** In the package, the file beside the bundle that this one is part of. */
function urlOf(file: ThreadFile): URL {
  // A program of one file has this one at its root, and those it was built with by their paths.
  if (isOneFile) return new URL(`./node_modules/hnsw-workers/build/${file}.js`, import.meta.url);
  return new URL(import.meta.url.endsWith(".ts") ? ENTRIES[file] : `./${file}.js`, import.meta.url);
}
