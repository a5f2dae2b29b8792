/* Is a thread that ended replaced? Yes, unless it keeps ending without having done any work. */

const MOST_WITHOUT_WORK = 5;

/** Of one thread and its replacements. */
export class Restarts {
  count = 0;
  private workAtStart = 0;
  /** Ends in a row with no work before them. */
  private idle = 0;

  /** `workDone`: a count that grows when the thread works. */
  constructor(private readonly workDone: () => number) {}

  /** Call it when the thread, or a replacement, starts. */
  started(): void {
    this.workAtStart = this.workDone();
  }

  /** Call it when the thread has ended. Returns whether to replace it. */
  ended(): boolean {
    this.idle = this.workDone() > this.workAtStart ? 0 : this.idle + 1;
    if (this.idle > MOST_WITHOUT_WORK) return false;
    this.count++;
    return true;
  }
}
