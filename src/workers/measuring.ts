/* How does a worker measure recall beside its linking? A slice between any two of its steps, one space after the other. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { type Measurement, measure } from "../recall/measure.ts";
import type { FromWorker, MeasureMessage } from "./protocol.ts";
import { repairOwn } from "./seats.ts";

const SLICE_MS = 2;

export class Measuring {
  private current: { message: MeasureMessage; steps: Measurement; ms: number } | null = null;

  /** `queue`: what is to be measured; `worked`: hears of the time that it takes. */
  constructor(
    private readonly seats: readonly Seat[],
    private readonly queue: MeasureMessage[],
    private readonly worked: (ms: number) => void,
  ) {}

  /** Whether a step would go on with something. */
  get hasMore(): boolean {
    return this.current !== null || this.queue.length > 0;
  }

  /** Measures for a slice. Returns what to report once a measurement has ended. */
  step(): FromWorker | null {
    const message = this.current?.message ?? this.queue.shift();
    if (message === undefined) return null;
    const seat = this.seats[message.partition]!;
    this.current ??= { message, steps: measure(seat, message.space, message.job), ms: 0 };
    const { current } = this;
    const start = performance.now();
    let now = start;
    try {
      let isDone = false;
      for (; !isDone && now - start < SLICE_MS; now = performance.now())
        isDone = current.steps.next(current.ms).done === true;
      this.took(now - start);
      if (!isDone) return null;
      this.current = null;
      calls.endMeasure(seat);
      return { type: "measured", id: message.id, ms: current.ms };
    } catch (trap) {
      this.current = null;
      repairOwn([seat]);
      calls.endMeasure(seat); // after the repair, as it takes a lock that the trap may have left
      return { type: "failed", id: message.id, message: String(trap) };
    }
  }

  private took(ms: number): void {
    this.current!.ms += ms;
    this.worked(ms);
  }
}
