/* How does a thread of this package start, report that it is ready, and end? Workers and the journal's two alike. */
import { HnswError, type HnswErrorCode } from "../errors.ts";
import { afterPatience } from "./event-loop.ts";
import type { ThreadFile } from "./places.ts";
import { type Listener, type Spawned, spawn } from "./threads.node.ts";

const START_MS = 20_000;

/** What a thread sends that can't begin. */
export interface RefusedMessage {
  type: "refused";
  code: HnswErrorCode;
  message: string;
}

export interface Thread extends Spawned {
  /** Resolves when it is ready. Rejects with its reason if it refused, or TIMEOUT, INTERNAL (it ended), UNSUPPORTED. */
  readonly ready: Promise<void>;
  readonly end: Promise<void>;
}

/** Stands in for a thread that could not be started. */
const NOT_STARTED: Spawned = { post() {}, keepAlive() {}, terminate() {} };

/**
 * Starts a thread with its first message. `called`: its name in errors. Messages other than "ready" and "refused" go to
 * the listener. Never throws: a thread that can't be started ends in a later turn.
 */
export function startThread(file: ThreadFile, called: string, start: unknown, listener: Listener): Thread {
  let spawned = NOT_STARTED;
  let over!: () => void;
  const end = new Promise<void>((resolve) => {
    over = resolve;
  });
  const ready = new Promise<void>((resolve, reject) => {
    const callOff = afterPatience(START_MS, () => {
      reject(new HnswError("TIMEOUT", `${called} was not ready after ${START_MS / 1000} s.`));
    });
    const ended = (failure: Error | null, error: HnswError) => {
      callOff();
      reject(error);
      over();
      listener.ended(failure);
    };
    try {
      spawned = spawn(file, {
        heard(message) {
          const { type } = message as { type: string };
          if (type === "ready") {
            callOff();
            spawned.keepAlive(false);
            resolve();
          } else if (type === "refused") {
            callOff();
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

/** Waits for the end of a thread that was asked to end; ends it by force after `ms`. */
export async function endOf(thread: Thread, ms: number, beforeForce = () => {}): Promise<void> {
  const callOff = afterPatience(ms, () => {
    beforeForce();
    thread.terminate();
  });
  await thread.end;
  callOff();
}
