// What happens next? A virtual clock: events in the order of their time, and of their creation where times are equal.

type Run = () => void;

export class Events {
  /** Milliseconds since the start. */
  now = 0;
  // A binary heap in three arrays: time, order, what to do.
  private readonly times: number[] = [];
  private readonly orders: number[] = [];
  private readonly runs: Run[] = [];
  private made = 0;

  at(time: number, run: Run): void {
    if (!(time >= this.now)) throw new Error(`an event at ${time} ms, but it is ${this.now} ms already`);
    this.times.push(time);
    this.orders.push(this.made++);
    this.runs.push(run);
    for (let i = this.times.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (this.before(parent, i)) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  after(ms: number, run: Run): void {
    this.at(this.now + ms, run);
  }

  /** Moves the clock to the next event and runs it; false when there is none up to `end`. */
  step(end = Number.POSITIVE_INFINITY): boolean {
    if (this.times.length === 0 || this.times[0]! > end) return false;
    const last = this.times.length - 1;
    this.swap(0, last);
    this.now = this.times.pop()!;
    this.orders.pop();
    const run = this.runs.pop()!;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= last) break;
      const child = left + 1 < last && this.before(left + 1, left) ? left + 1 : left;
      if (this.before(i, child)) break;
      this.swap(i, child);
      i = child;
    }
    run();
    return true;
  }

  private before(a: number, b: number): boolean {
    const difference = this.times[a]! - this.times[b]!;
    return difference < 0 || (difference === 0 && this.orders[a]! < this.orders[b]!);
  }

  private swap(a: number, b: number): void {
    for (const list of [this.times, this.orders, this.runs] as unknown[][]) [list[a], list[b]] = [list[b], list[a]];
  }
}
