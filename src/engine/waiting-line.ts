/*
 * What happens to ops that find no room? They wait in one line per handle, in the order they came, and nothing passes
 * them: an op that would fit waits behind one that does not.
 *
 * An op is a function that tries to get in. It returns DONE, MORE (it used up its slice of time and goes on in a later
 * turn of the event loop), FULL (no room: try again after progress) or BUSY (a lock is taken: try again soon).
 */
import { HnswError } from "../errors.ts";
import { nextTurn, Patience } from "../runtime/event-loop.ts";
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
      if (this.failure) return reject(this.failure); // the attempt ran code of the caller's, which closed the index
      this.line.push({ attempt, resolve, reject });
      if (this.pumping) return;
      this.pumping = true;
      queueMicrotask(() => void this.pump()); // not on the caller's stack, which may be nearly used up
    });
  }

  /** Refuses every op that waits, and every op that comes. */
  shut(): void {
    this.failure = new HnswError("CLOSED", "The index was closed while the op was waiting for room.");
    for (const { reject } of this.line.splice(0)) reject(this.failure);
  }

  /** Whatever goes wrong, each op settles and the line goes on: what a round throws refuses the first op only. */
  private async pump(): Promise<void> {
    const patience = new Patience(this.timeoutMs);
    for (let first = this.line[0]; first !== undefined; first = this.line[0]) {
      try {
        if (await this.moves(patience)) patience.renew();
        else if (patience.isOver) this.refuse(first, timeout(this.timeoutMs)); // the next has waited as long: it gets one try
      } catch (error) {
        this.refuse(first, error);
      }
    }
    this.pumping = false;
  }

  /** Tries the first op and, where there is no room, waits a little. Resolves to whether anything moved. */
  private async moves(patience: Patience): Promise<boolean> {
    if (this.control.closed) this.shut();
    if (this.line.length === 0) return true;
    const seen = this.control.progress;
    const outcome = this.tryFirst();
    if (outcome === DONE) return true;
    if (outcome === MORE || this.help()) {
      await nextTurn();
      return true;
    }
    if (patience.isOver) return false;
    await this.control.waitForProgress(seen, outcome === BUSY ? 1 : patience.stepMs); // progress ends it at once
    return this.control.progress !== seen;
  }

  private refuse(op: Waiting, error: unknown): void {
    if (this.line[0] === op) this.line.shift();
    op.reject(error);
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
