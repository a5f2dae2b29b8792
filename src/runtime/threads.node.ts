/* How is a thread started where there is node:worker_threads? `threads.web.ts` is the same for browsers. */
import { Worker } from "node:worker_threads";
import { isOneFile } from "./own-file.ts";

/** The threads' entries in a checkout; a build has them all in one folder. */
const ENTRIES = {
  worker: "../workers/worker.ts",
  "journal-thread": "../storage/threads/journal-thread.ts",
  "snapshot-thread": "../storage/threads/snapshot-thread.ts",
};

export type ThreadFile = keyof typeof ENTRIES;

export interface Listener {
  heard(message: unknown): void;
  /** It runs no more, for any reason. */
  ended(failure: Error | null): void;
}

export interface Spawned {
  post(message: unknown): void;
  /** Whether the process stays alive as long as the thread. */
  keepAlive(yes: boolean): void;
  terminate(): void;
}

export function spawn(file: ThreadFile, { heard, ended }: Listener): Spawned {
  const thread = new Worker(urlOf(file), { execArgv: [] }); // Node's flags are meant for the program's own threads
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

/** In the package: the file beside the bundle that holds this module. */
function urlOf(file: ThreadFile): URL {
  // A program of one file has this module at its root, and the files that it was built with under their paths.
  if (isOneFile) return new URL(`./node_modules/hnsw-workers/build/${file}.js`, import.meta.url);
  return new URL(import.meta.url.endsWith(".ts") ? ENTRIES[file] : `./${file}.js`, import.meta.url);
}
