/* What does a partition's log make of it besides entries? The time, and which groups of which writers it holds. */

/** As JSON keeps it. */
export interface SavedState {
  time: number;
  last: number;
  count: number;
  writers: [id: string, number: number, time: number][];
}

/** A writer gives up a group long before. */
const FORGET_MS = 3_600_000;
const FORGET_ABOVE = 256;

export class PartitionLogState {
  /** The largest time of a message, milliseconds since 1970: ops see what has expired by it, not by a clock. */
  time = 0;
  /** Number of its last message of any kind, and how many there were. */
  last = 0;
  count = 0;
  private readonly writers = new Map<string, { number: number; time: number }>();

  /** Throws what makes no sense. */
  static from({ time, last, count, writers }: SavedState): PartitionLogState {
    const state = new PartitionLogState();
    const isNumber = (value: unknown) => typeof value === "number" && value >= 0;
    if (![time, last, count].every(isNumber) || !Array.isArray(writers)) {
      throw new Error("a partition has no time, no messages or no writers");
    }
    Object.assign(state, { time, last, count });
    for (const [id, number, last] of writers) {
      if (!/^[0-9a-f]{32}$/.test(id) || !isNumber(number) || !isNumber(last))
        throw new Error("a writer makes no sense");
      state.writers.set(id, { number, time: last });
    }
    return state;
  }

  saved(): SavedState {
    const { time, last, count } = this;
    return { time, last, count, writers: Array.from(this.writers, ([id, { number, time }]) => [id, number, time]) };
  }

  /** A message has come. The time moves with every one, also one that is left out. */
  at(time: number, number: number): void {
    this.time = Math.max(this.time, time);
    this.last = number;
    this.count++;
  }

  /** Whether the same messages have come. */
  isAsFarAs({ last, count, writers }: PartitionLogState): boolean {
    if (last !== this.last || count !== this.count || writers.size !== this.writers.size) return false;
    return Array.from(writers).every(([id, { number }]) => this.writers.get(id)?.number === number);
  }

  /** Whether a writer's group is new; if so, it and those before are not from then on. */
  isNew(writer: string, number: number): boolean {
    const known = this.writers.get(writer);
    if (known !== undefined && number <= known.number) return false;
    this.writers.set(writer, { number, time: this.time });
    if (known === undefined && this.writers.size > FORGET_ABOVE) this.forget();
    return true;
  }

  /** Nothing but the log decides: all replicas forget alike. */
  private forget(): void {
    for (const [writer, { time }] of this.writers) if (time < this.time - FORGET_MS) this.writers.delete(writer);
  }
}
