// What came of a simulation? Counts, shares and latencies, from the end of its warm-up on.

import type { Figure } from "../../src/workers/control.ts";
import type { Claim } from "./queues.ts";

const FINEST_MS = 0.01;
const STEP = Math.log(1.02); // a percentile is right within 2 %

/** How often each number of milliseconds occurred, in cells that grow by 2 %. */
export class Histogram {
  private readonly cells = new Float64Array(1200);
  private total = 0;
  private most = 0;

  add(ms: number, times: number): void {
    const cell = ms <= FINEST_MS ? 0 : Math.min(this.cells.length - 1, Math.ceil(Math.log(ms / FINEST_MS) / STEP));
    this.cells[cell] = this.cells[cell]! + times;
    this.total += times;
    this.most = Math.max(this.most, ms);
  }

  get count(): number {
    return this.total;
  }

  get max(): number {
    return this.most;
  }

  /** The value that the given share of all does not exceed; 0 when there are none. */
  at(share: number): number {
    let left = share * this.total;
    for (let cell = 0; cell < this.cells.length; cell++) {
      left -= this.cells[cell]!;
      if (left <= 0) return this.total === 0 ? 0 : Math.min(this.most, FINEST_MS * Math.exp(cell * STEP));
    }
    return this.most;
  }
}

export interface WorkerRecord {
  linked: number;
  /** By the clock; without waiting for a core; and what the same ops cost a worker that is alone. */
  busyMs: number;
  workedMs: number;
  aloneMs: number;
  batches: number;
  steals: number;
  stolen: number;
}

/** Own batches by what waited when they were claimed: at most `lowDepth`, between, from `highDepth` on; and stolen ones. */
export type Depth = "low" | "between" | "high" | "stolen";

export class Records {
  workers: WorkerRecord[];
  /** From acceptance until an op was linked. */
  latency = new Histogram();
  /** From claiming a batch until its last op was linked. */
  batches = { low: new Histogram(), between: new Histogram(), high: new Histogram(), stolen: new Histogram() };
  private readonly lowDepth: number;
  private readonly highDepth: number;
  private readonly onPark: ((worker: number) => void) | null;

  constructor(
    count: number,
    { lowDepth, highDepth }: { lowDepth: number; highDepth: number },
    onPark: ((worker: number) => void) | null = null,
  ) {
    this.workers = Array.from({ length: count }, nothing);
    this.lowDepth = lowDepth;
    this.highDepth = highDepth;
    this.onPark = onPark;
  }

  /** Forgets everything: the warm-up is over. */
  reset(): void {
    this.workers = this.workers.map(nothing);
    this.latency = new Histogram();
    this.batches = { low: new Histogram(), between: new Histogram(), high: new Histogram(), stolen: new Histogram() };
  }

  /** What the loop counts when it claims; what it links is counted by `slice`, when the time for it is over. */
  count(worker: number, figure: Figure, by: number): void {
    if (figure === "batches" || figure === "steals" || figure === "stolen") this.workers[worker]![figure] += by;
  }

  slice(worker: number, ops: number, busyMs: number, workedMs: number, aloneMs: number): void {
    const record = this.workers[worker]!;
    record.linked += ops;
    record.busyMs += busyMs;
    record.workedMs += workedMs;
    record.aloneMs += aloneMs;
  }

  linked(claim: Claim, ops: number, now: number): void {
    let left = ops;
    while (left > 0) {
      const run = claim.arrivals[0]!;
      const part = Math.min(left, run[1]);
      this.latency.add(now - run[0], part);
      left -= part;
      run[1] -= part;
      if (run[1] === 0) claim.arrivals.shift();
    }
  }

  batchDone(depth: number, ops: number, ms: number, stolen: boolean): void {
    const own: Depth = depth <= this.lowDepth ? "low" : depth >= this.highDepth ? "high" : "between";
    this.batches[stolen ? "stolen" : own].add(ms, ops);
  }

  /** `ms`: processor time of parking and of waking again. */
  parked(worker: number, ms: number): void {
    this.workers[worker]!.workedMs += ms;
    this.onPark?.(worker);
  }
}

function nothing(): WorkerRecord {
  return { linked: 0, busyMs: 0, workedMs: 0, aloneMs: 0, batches: 0, steals: 0, stolen: 0 };
}
