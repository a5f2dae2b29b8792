/*
 * How is a thread started in a browser? The build for browsers has this in place of `threads.node.ts`.
 *
 * A browser does not report a Web Worker's end, and `terminate()` returns while it still runs. So each worker holds a
 * lock of the browser (Web Locks) for its life: when this side gets the lock, the worker runs no more, for any reason.
 * The worker gets its first message once it holds the lock.
 */
import type { ThreadFile } from "./places.ts";
import type { Listener, Spawned } from "./threads.node.ts";

export function spawn(_: ThreadFile, { heard, ended }: Listener): Spawned {
  // Bundlers find the file by exactly these words.
  const thread = new Worker(new URL("./edge-worker.js", import.meta.url), { type: "module" });
  const life = crypto.randomUUID();
  const waiting: unknown[] = [];
  let begun = false;
  let failure: Error | null = null;
  const terminate = () => {
    thread.terminate();
    if (begun) return;
    thread.onmessage = null;
    ended(failure);
  };
  thread.onmessage = ({ data }) => {
    if (data !== life) return heard(data);
    begun = true;
    void navigator.locks.request(life, () => ended(failure));
    for (const message of waiting.splice(0)) thread.postMessage(message);
  };
  thread.onerror = (event) => {
    event.preventDefault(); // it is reported as an incident
    failure = new Error(event.message ?? "edge-worker.js could not be loaded from beside the script that starts it");
    terminate();
  };
  thread.postMessage(life);
  return {
    post: (message) => (begun ? thread.postMessage(message) : waiting.push(message)),
    keepAlive: () => {}, // no page waits for its workers
    terminate,
  };
}
