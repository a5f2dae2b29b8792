/* Does a caller ask too often? Each has a bucket that refills; a request takes one token out of it. */
import { Refusal } from "./refusals.ts";

const MOST_CALLERS = 10_000;

export class Rates {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  /** `perSecond` null: as often as they like. A caller may save up as many as two seconds bring. */
  constructor(private readonly perSecond: number | null) {}

  /** Throws Refusal. */
  take(caller: string, now = performance.now()): void {
    if (this.perSecond === null) return;
    const most = Math.max(1, this.perSecond * 2);
    const { tokens, at } = this.buckets.get(caller) ?? { tokens: most, at: now };
    const left = Math.min(most, tokens + ((now - at) / 1000) * this.perSecond);
    this.buckets.delete(caller); // those who asked last come last
    this.buckets.set(caller, { tokens: left < 1 ? left : left - 1, at: now });
    if (this.buckets.size > MOST_CALLERS) this.buckets.delete(this.buckets.keys().next().value!);
    if (left >= 1) return;
    const seconds = Math.ceil((1 - left) / this.perSecond);
    throw new Refusal(429, "Too many requests: this key may ask less often", { "retry-after": `${seconds}` });
  }
}
