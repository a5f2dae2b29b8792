/*
 * Which partitions has this member, and may they be read or dropped?
 *
 *   absent ──► loading ──► served ──► leaving ──► absent        what is served or leaving is applied
 *
 * A read holds what it reads: a partition is emptied only when no read is in it any more.
 */

type State = "absent" | "loading" | "served" | "leaving";

/** Reads in a partition, from the time at which it is served until it is dropped. */
interface Reads {
  count: number;
  /** Called when the last has ended. */
  onEnd: (() => void) | null;
}

export class Holdings {
  private readonly states: State[];
  private readonly reads: Reads[];

  /** `all`: this member has every partition, for good. */
  constructor(
    partitions: number,
    readonly all: boolean,
  ) {
    this.states = Array.from({ length: partitions }, () => (all ? "served" : "absent"));
    this.reads = this.states.map(() => ({ count: 0, onEnd: null }));
  }

  stateOf(partition: number): State {
    return this.states[partition]!;
  }

  serves(partition: number): boolean {
    return this.states[partition] === "served";
  }

  /** Whether ops of the log change what is here. */
  applies(partition: number): boolean {
    return this.serves(partition) || this.states[partition] === "leaving";
  }

  /** Of all that may be read. */
  get served(): number[] {
    return this.states.flatMap((state, partition) => (state === "served" ? [partition] : []));
  }

  /** Begins a read; what ends it. Null where the partition is not served. */
  read(partition: number): (() => void) | null {
    if (!this.serves(partition)) return null;
    const reads = this.reads[partition]!;
    reads.count++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--reads.count === 0) reads.onEnd?.();
    };
  }

  loads(partition: number): void {
    this.states[partition] = "loading";
  }

  serve(partition: number): void {
    this.states[partition] = "served";
  }

  /** No read begins there any more; resolves when the last has ended, or after `ms`. */
  async leave(partition: number, ms: number): Promise<void> {
    this.states[partition] = "leaving";
    const reads = this.reads[partition]!;
    if (reads.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    reads.onEnd = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    reads.onEnd = null;
  }

  lacks(partition: number): void {
    this.states[partition] = "absent";
    this.reads[partition] = { count: 0, onEnd: null };
  }
}
