/* How does a thread of this package start, say that it is ready, and end? Workers and the journal's two alike. */
import { HnswError, type HnswErrorCode } from "../errors.ts";
import { type Listener, type Spawned, spawn, type ThreadFile } from "./threads.node.ts";

const START_MS = 20_000;

/** What a thread says that can't begin. */
export interface RefusedMessage {
  type: "refused";
  code: HnswErrorCode;
  message: string;
}

export interface Thread extends Spawned {
  /**
   * Resolves when it is ready. Rejects with what it refused to begin for, with TIMEOUT, with INTERNAL when it ended
   * before, with UNSUPPORTED when the runtime did not start it.
   */
  readonly ready: Promise<void>;
  /** Resolves when it runs no more. */
  readonly end: Promise<void>;
}

/** In place of a thread that could not be started. */
const NOBODY: Spawned = { post() {}, keepAlive() {}, terminate() {} };

/**
 * Starts a thread with its first message. `called`: as errors call it. Its other messages than "ready" are passed on.
 * Never throws: one that can't be started ends in a later turn.
 */
export function startThread(file: ThreadFile, called: string, start: unknown, listener: Listener): Thread {
  let spawned = NOBODY;
  let over!: () => void;
  const end = new Promise<void>((resolve) => {
    over = resolve;
  });
  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new HnswError("TIMEOUT", `${called} was not ready after ${START_MS / 1000} s.`));
    }, START_MS);
    const ended = (failure: Error | null, error: HnswError) => {
      clearTimeout(late);
      reject(error);
      over();
      listener.ended(failure);
    };
    try {
      spawned = spawn(file, {
        heard(message) {
          const { type } = message as { type: string };
          if (type === "ready") {
            clearTimeout(late);
            spawned.keepAlive(false);
            resolve();
          } else if (type === "refused") {
            clearTimeout(late);
            const { code, message: why } = message as RefusedMessage;
            reject(new HnswError(code, why));
          } else listener.heard(message);
        },
        ended(failure) {
          const why = `${called} ended while it started: ${failure?.message ?? "no reason"}`;
          ended(failure, new HnswError("INTERNAL", why));
        },
      });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      const why = `${called} could not be started: ${failure.message}`;
      setTimeout(() => ended(failure, new HnswError("UNSUPPORTED", why, { cause: error })));
    }
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
