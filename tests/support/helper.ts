/* How does a test have another thread work on its index? By jobs, each with one result. */
import { Worker } from "node:worker_threads";
import type { AttachTicket, Key } from "../../src/index.ts";

export type Job =
  /** Adds `versions` new versions of a key, version v at a distance of v × 2⁻²⁰. Returns how many. */
  | { kind: "replace"; space: string; key: Key; vector: Float32Array; versions: number }
  /** Adds vectors, one call each, searching for every 50th. Returns how many of those searches found it. */
  | { kind: "add"; space: string; keys: Key[]; vectors: Float32Array }
  /** Searches for each vector. Returns the nearest key of each. */
  | { kind: "search"; space: string; vectors: Float32Array }
  | { kind: "close" };

export interface Reply {
  result?: unknown;
  /** The code of the error, or what it says. */
  failed?: string;
}

/** Another thread that has attached itself to an index. */
export class Helper implements AsyncDisposable {
  private readonly thread = new Worker(new URL("./helper-thread.ts", import.meta.url));
  private readonly waiting: { resolve: (result: unknown) => void; reject: (error: Error) => void }[] = [];

  constructor(ticket: AttachTicket) {
    this.thread.on("message", ({ result, failed }: Reply) => {
      const first = this.waiting.shift();
      if (failed === undefined) first?.resolve(result);
      else first?.reject(new Error(failed));
    });
    this.thread.on("error", (error: Error) => {
      for (const { reject } of this.waiting.splice(0)) reject(error);
    });
    this.thread.postMessage(ticket);
  }

  /** Jobs are done one after the other. Rejects with the code of what went wrong as the message. */
  run(job: Job): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.thread.postMessage(job);
    });
  }

  /** Closes the thread's handle and ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.run({ kind: "close" }).catch(() => {});
    await this.thread.terminate();
  }
}
