/*
 * How long do ops take? Counted in buckets whose bounds grow by √2, in cells that other threads may read: one thread writes, and a
 * reader may see an op in one cell and not yet in another.
 */
import type { Latency } from "./reports.ts";

const FIRST_MS = 0.001;
const STEPS = 2; // buckets per doubling
const BUCKETS = 54; // the last bound is a minute and a half; what takes longer is in the last bucket as well
const SUM = BUCKETS;
const LONGEST = BUCKETS + 1;
/** @internal Cells of 64 bits. */
export const LATENCY_CELLS = BUCKETS + 2;

/** @internal Upper bounds of the buckets. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from(
  { length: BUCKETS },
  (_, i) => FIRST_MS * 2 ** (i / STEPS),
);

/** @internal */
export class Latencies {
  private lastMs = 0;
  private lastAt = 0;

  constructor(private readonly cells: Float64Array = new Float64Array(LATENCY_CELLS)) {}

  add(ms: number, ops = 1): void {
    const { cells } = this;
    const at = ms <= FIRST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / FIRST_MS) * STEPS));
    cells[at] = cells[at]! + ops;
    cells[SUM] = cells[SUM]! + ms * ops;
    if (ms > cells[LONGEST]!) cells[LONGEST] = ms;
    this.lastMs = ms;
    this.lastAt = at;
  }

  /** Counts one more op like the one before. */
  repeat(): void {
    const { cells, lastAt } = this;
    cells[lastAt] = cells[lastAt]! + 1;
    cells[SUM] = cells[SUM]! + this.lastMs;
  }

  /** Of all of them together. */
  static report(all: readonly Latencies[]): Latency {
    const buckets = Array<number>(BUCKETS).fill(0);
    let [sumMs, maxMs] = [0, 0];
    for (const { cells } of all) {
      for (let i = 0; i < BUCKETS; i++) buckets[i]! += cells[i]!;
      sumMs += cells[SUM]!;
      maxMs = Math.max(maxMs, cells[LONGEST]!);
    }
    const count = buckets.reduce((sum, one) => sum + one, 0);
    const quantile = (share: number) => {
      let left = count * share;
      for (const [at, ops] of buckets.entries()) {
        left -= ops;
        if (ops > 0 && left <= 0) return Math.min(maxMs, LATENCY_BOUNDS_MS[at]!);
      }
      return maxMs;
    };
    const meanMs = count === 0 ? 0 : sumMs / count;
    return { count, meanMs, p50Ms: quantile(0.5), p90Ms: quantile(0.9), p99Ms: quantile(0.99), maxMs, buckets };
  }
}
