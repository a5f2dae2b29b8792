/*
 * What happens to ops that find no room? They wait in a line of their space, in the order they came, and nothing passes
 * them there: an op that would fit waits behind one that does not. Other spaces' ops do not wait for them.
 *
 * A line exists while ops wait in it. One pump goes round all lines, in slices of time: each line gets its turn in a
 * round, and a round that moved nothing is followed by a rest until something moves.
 *
 * An attempt of an op to get in returns DONE, MORE (it used up its slice of time and goes on in a later turn of the event
 * loop), FULL (no room: try again after progress) or BUSY (a lock is taken: try again soon).
 */
import { HnswError } from "../errors.ts";
import { nextTurn, Patience, Slice } from "../runtime/event-loop.ts";
import type { Latencies } from "../values/latencies.ts";
import type { Control } from "../workers/control.ts";

export const DONE = 0;
export const MORE = 1;
export const FULL = 2;
export const BUSY = 3;
export type Outcome = typeof DONE | typeof MORE | typeof FULL | typeof BUSY;

export interface Op {
  attempt(): Outcome;
  /** It did not get in at once: what its caller may change from here on is copied. */
  keep?(): void;
}

interface Waiting {
  op: Op;
  latency: Latencies | null;
  since: number;
  resolve: () => void;
  reject: (error: unknown) => void;
  next: Waiting | null;
}

/** The ops of one space. */
interface Line {
  space: string;
  first: Waiting | null;
  last: Waiting | null;
  patience: Patience;
  /** The progress of all threads at its last turn. */
  seen: number;
  /** The progress at which its first op found no room; −1: it may find some. */
  fullAt: number;
}

type Progress = Pick<Control, "closed" | "progress" | "waitForProgress">;

const UNSEEN = { seen: -1, fullAt: -1 };
const SETTLED = Promise.resolve();
/**
 * Of ops that get in at once, one in TIMED_EVERY is timed, and the others count like the one before: reading a clock twice takes
 * a tenth of an add.
 */
const TIMED_EVERY = 32;

export class WaitingLines {
  private readonly lines = new Map<string, Line>();
  private pumping = false;
  /** Whether ops without room get another try although no progress was counted. */
  private again = false;
  /** Ends its rest. */
  private ring: () => void = () => {};
  private failure: HnswError | null = null;
  private entered = 0;

  constructor(
    private readonly control: Progress,
    private readonly timeoutMs: number,
    /** Makes progress on the calling thread where there are no workers; true if it did. */
    private readonly help: () => boolean,
  ) {}

  /**
   * Tries an op now if none waits in its space, else puts it at the end. `latency`: where it is counted, from here until it
   * is in. Rejects with what the op throws, or TIMEOUT.
   */
  enter(space: string, op: Op, latency: Latencies | null = null): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    const isTimed = latency !== null && this.entered++ % TIMED_EVERY === 0;
    const start = isTimed ? performance.now() : 0;
    let outcome: Outcome = FULL;
    try {
      if (this.lines.size === 0 || !this.lines.has(space)) {
        outcome = op.attempt();
        if (outcome === DONE) {
          if (isTimed) latency.add(performance.now() - start);
          else latency?.repeat();
          return SETTLED;
        }
      }
      op.keep?.();
    } catch (error) {
      return Promise.reject(error);
    }
    const since = isTimed ? start : performance.now();
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure); // the attempt ran code of the caller's, which closed the index
      this.append(space, { op, latency, since, resolve, reject, next: null });
      if (outcome !== FULL) this.ring();
      if (this.pumping) return;
      this.pumping = true;
      queueMicrotask(() => void this.pump()); // not on the caller's stack, which may be nearly used up
    });
  }

  private append(space: string, last: Waiting): void {
    const line = this.lines.get(space);
    if (line === undefined) {
      this.lines.set(space, { space, first: last, last, patience: new Patience(this.timeoutMs), ...UNSEEN });
    } else {
      line.last!.next = last;
      line.last = last;
    }
  }

  /** Refuses every op that waits, and every op that comes. */
  shut(): void {
    this.failure = new HnswError("CLOSED", "The index was closed while the op was waiting for room.");
    for (const line of this.lines.values()) while (line.first !== null) this.refuseFirst(line, this.failure);
    this.ring();
  }

  /** Whatever goes wrong, each op settles and the lines go on: what a round throws refuses one op only. */
  private async pump(): Promise<void> {
    while (this.lines.size > 0) {
      try {
        await this.round();
      } catch (error) {
        for (const line of this.lines.values()) {
          this.refuseFirst(line, error);
          break;
        }
      }
    }
    this.pumping = false;
  }

  /** Gives each line its turn; where nothing moved, helps or rests a little. */
  private async round(): Promise<void> {
    if (this.control.closed) return this.shut();
    const slice = new Slice();
    const progress = this.control.progress;
    const outcomes = new Set<Outcome>();
    for (const line of [...this.lines.values()]) {
      outcomes.add(this.serve(line, slice, progress));
      if (slice.isOver) await slice.next();
    }
    this.again = outcomes.has(FULL) && this.help();
    if (this.again || outcomes.has(DONE) || outcomes.has(MORE)) await nextTurn();
    else await this.rest(progress, outcomes.has(BUSY) ? 1 : new Patience(this.timeoutMs).stepMs);
  }

  /** Tries a line's ops until one does not get in or the slice is over. Refuses one for which nothing moved too long. */
  private serve(line: Line, slice: Slice, progress: number): Outcome {
    let isOver = line.seen === progress && line.patience.isOver;
    if (line.fullAt === progress && !this.again && !isOver) return FULL; // there is no more room than before
    let moved = line.seen !== progress;
    let outcome: Outcome = DONE;
    while (line.first !== null && outcome === DONE) {
      outcome = this.tryFirst(line, line.first);
      if (outcome === DONE || outcome === MORE) moved = true;
      if (moved) isOver = false;
      if (isOver) {
        this.refuseFirst(line, timeout(this.timeoutMs)); // the next has waited as long: it gets one try
        outcome = DONE;
      }
      if (slice.isOver) break;
    }
    line.fullAt = outcome === FULL ? progress : -1;
    line.seen = progress;
    if (moved) line.patience.renew();
    return outcome;
  }

  /** Until something moves, an op comes that does not wait for that, or a little time has passed. */
  private async rest(progress: number, ms: number): Promise<void> {
    const rung = new Promise<void>((resolve) => {
      this.ring = resolve;
    });
    await Promise.race([this.control.waitForProgress(progress, ms), rung]);
    this.again = true;
  }

  /** DONE: the op has left the line, in or refused. */
  private tryFirst(line: Line, first: Waiting): Outcome {
    try {
      const outcome = first.op.attempt();
      if (outcome !== DONE) return outcome;
      first.latency?.add(performance.now() - first.since);
      this.leave(line, first);
      first.resolve();
    } catch (error) {
      this.leave(line, first);
      first.reject(error);
    }
    return DONE;
  }

  private refuseFirst(line: Line, error: unknown): void {
    const first = line.first!;
    this.leave(line, first);
    first.reject(error);
  }

  private leave(line: Line, first: Waiting): void {
    if (line.first !== first) return; // its attempt closed the index
    line.first = first.next;
    if (line.first === null) this.lines.delete(line.space);
  }
}

export function timeout(ms: number): HnswError {
  const cure = "Look at stats().workers: if none is alive, close the index and open another";
  return new HnswError("TIMEOUT", `No worker made progress for ${ms} ms. ${cure}.`);
}
