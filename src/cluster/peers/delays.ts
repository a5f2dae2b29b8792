/* How long does a reply take? The time after which few of the last ones had not come: then another replica is asked as well. */

const KEPT = 128;
const FIRST_MS = 50;
const SHORTEST_MS = 5;
const LONGEST_MS = 1_000;

export class Delays {
  private readonly last: number[] = [];
  private next = 0;

  took(ms: number): void {
    this.last[this.next] = ms;
    this.next = (this.next + 1) % KEPT;
  }

  /** The 95th percentile of the last ones, from 5 ms to 1 s. */
  get hedgeMs(): number {
    if (this.last.length < 20) return FIRST_MS;
    const sorted = [...this.last].sort((a, b) => a - b);
    return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, sorted[Math.floor(sorted.length * 0.95)]!));
  }
}
