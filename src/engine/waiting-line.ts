/*
 * What happens to ops that find no room? They wait in one line per handle, in the order they came, and nothing passes
 * them: an op that would fit waits behind one that does not.
 *
 * An op is a function that tries to get in. It returns DONE, MORE (it used up its slice of time and goes on in a later
 * turn of the event loop), FULL (no room: try again after progress) or BUSY (a lock is taken: try again soon).
 */
import { HnswError } from "../errors.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import type { Control } from "../workers/control.ts";

export const DONE = 0;
export const MORE = 1;
export const FULL = 2;
export const BUSY = 3;
export type Outcome = typeof DONE | typeof MORE | typeof FULL | typeof BUSY;

interface Waiting {
  attempt: () => Outcome;
  resolve: () => void;
  reject: (error: unknown) => void;
}

type Progress = Pick<Control, "closed" | "progress" | "waitForProgress">;

const SETTLED = Promise.resolve();
export const LOOK_AGAIN_MS = 50; // progress wakes the line at once; this bounds what a lost worker can cost

export class WaitingLine {
  private readonly line: Waiting[] = [];
  private pumping = false;
  private failure: HnswError | null = null;

  constructor(
    private readonly control: Progress,
    private readonly timeoutMs: number,
    /** Makes progress on the calling thread where there are no workers; true if it did. */
    private readonly help: () => boolean,
  ) {}

  /** Tries an op now if none waits, else puts it at the end. Rejects with what the op throws, or TIMEOUT. */
  enter(attempt: () => Outcome): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.line.length === 0) {
      try {
        if (attempt() === DONE) return SETTLED;
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return new Promise((resolve, reject) => {
      this.line.push({ attempt, resolve, reject });
      if (!this.pumping) void this.pump();
    });
  }

  /** Refuses every op that waits, and every op that comes. */
  shut(): void {
    this.failure = new HnswError("CLOSED", "The index was closed while the op was waiting for room.");
    for (const { reject } of this.line.splice(0)) reject(this.failure);
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    let moved = performance.now();
    while (this.line.length > 0) {
      if (this.control.closed) {
        this.shut();
        break;
      }
      const first = this.line[0]!;
      const seen = this.control.progress;
      const outcome = this.tryFirst();
      let moves = outcome === DONE || outcome === MORE || this.help();
      if (outcome !== DONE && moves) await nextTurn();
      if (!moves && performance.now() - moved <= this.timeoutMs) {
        await this.control.waitForProgress(seen, Math.min(outcome === BUSY ? 1 : LOOK_AGAIN_MS, this.timeoutMs));
        moves = this.control.progress !== seen;
      }
      if (moves) moved = performance.now();
      else if (performance.now() - moved > this.timeoutMs && this.line[0] === first) {
        this.line.shift();
        first.reject(timeout(this.timeoutMs)); // the next has waited as long: it gets one try
      }
    }
    this.pumping = false;
  }

  /** DONE: the first op has left the line, in or refused. */
  private tryFirst(): Outcome {
    const { attempt, resolve, reject } = this.line[0]!;
    try {
      const outcome = attempt();
      if (outcome !== DONE) return outcome;
      this.line.shift();
      resolve();
    } catch (error) {
      this.line.shift();
      reject(error);
    }
    return DONE;
  }
}

export function timeout(ms: number): HnswError {
  const cure = "Look at stats().workers: if none is alive, close the index and open another";
  return new HnswError("TIMEOUT", `No worker made progress for ${ms} ms. ${cure}.`);
}
