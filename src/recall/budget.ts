/* How much may measuring take? A share of one core, on average over any ten minutes. Times are milliseconds. */

const WINDOW = 600_000;
const SHARE = 0.01;
/** The most that one measurement may take. */
export const MOST_MS = WINDOW * SHARE;

export class RecallBudget {
  private spent: { at: number; ms: number }[] = [];

  /** What is left at that time. */
  left(now: number): number {
    this.spent = this.spent.filter(({ at }) => now - at < WINDOW);
    return MOST_MS - this.spent.reduce((sum, { ms }) => sum + ms, 0);
  }

  spend(now: number, ms: number): void {
    this.spent.push({ at: now, ms });
  }
}
