/* How does a thread of this package start, say that it is ready, and end? Workers and the journal's two alike. */
import { HnswError, type HnswErrorCode } from "./errors.ts";
import { type Listener, type Spawned, spawn, type ThreadFile } from "./spawning.ts";

const START_MS = 20_000;

/** What a thread says that can't begin. */
export interface RefusedMessage {
  type: "refused";
  code: HnswErrorCode;
  message: string;
}

export interface Thread extends Spawned {
  /** Resolves when it is ready. Rejects with what it refused to begin for, TIMEOUT, or INTERNAL when it ended before. */
  readonly ready: Promise<void>;
  /** Resolves when it runs no more. */
  readonly end: Promise<void>;
}

/** Starts a thread with its first message. `called`: as errors call it. Its other messages than "ready" are passed on. */
export function startThread(file: ThreadFile, called: string, start: unknown, listener: Listener): Thread {
  let spawned!: Spawned;
  let over!: () => void;
  const end = new Promise<void>((resolve) => {
    over = resolve;
  });
  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new HnswError("TIMEOUT", `${called} was not ready after ${START_MS / 1000} s.`));
    }, START_MS);
    spawned = spawn(file, {
      heard(message) {
        if ((message as { type: string }).type === "ready") {
          clearTimeout(late);
          spawned.keepAlive(false);
          resolve();
        } else if ((message as { type: string }).type === "refused") {
          clearTimeout(late);
          const { code, message: why } = message as RefusedMessage;
          reject(new HnswError(code, why));
        } else listener.heard(message);
      },
      ended(failure) {
        clearTimeout(late);
        reject(new HnswError("INTERNAL", `${called} ended while it started: ${failure?.message ?? "no reason"}`));
        over();
        listener.ended(failure);
      },
    });
  });
  spawned.post(start);
  return { ...spawned, ready, end };
}

/** Waits for a thread that was asked to end, and ends it by force after `ms`. */
export async function endOf(thread: Thread, ms: number, beforeForce = () => {}): Promise<void> {
  const force = setTimeout(() => {
    beforeForce();
    thread.terminate();
  }, ms);
  await thread.end;
  clearTimeout(force);
}
