/* How is a thread started where there is node:worker_threads? `threads.web.ts` is the same for browsers. */
import { Worker } from "node:worker_threads";
import { placeOfThread, type ThreadFile } from "./places.ts";

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
  const thread = new Worker(placeOfThread(file), { execArgv: [] }); // Node's flags are meant for the program's own threads
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
