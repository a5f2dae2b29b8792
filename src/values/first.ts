/* Which few of many come first in an order? A heap whose root is the last of them: most of the others are compared with it alone. */
export class First<T> {
  private readonly heap: T[] = [];

  /** `isBefore`: a strict order; of two that are equal either may stay. */
  constructor(
    private readonly most: number,
    private readonly isBefore: (a: T, b: T) => boolean,
  ) {}

  offer(one: T): void {
    const { heap, most } = this;
    if (heap.length < most) {
      heap.push(one);
      this.rise(heap.length - 1);
    } else if (most > 0 && this.isBefore(one, heap[0]!)) {
      heap[0] = one;
      this.sink();
    }
  }

  /** All that stayed, in no order. */
  get kept(): readonly T[] {
    return this.heap;
  }

  /** All that stayed, in order: they are taken out. */
  sorted(): T[] {
    return this.takeBehind(0);
  }

  /** Those behind the first `skip`, in order: they are taken out. */
  takeBehind(skip: number): T[] {
    const taken: T[] = [];
    while (this.heap.length > skip) taken.push(this.takeLast());
    return taken.reverse();
  }

  private takeLast(): T {
    const { heap } = this;
    const last = heap[0]!;
    const moved = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = moved;
      this.sink();
    }
    return last;
  }

  private rise(at: number): void {
    for (let i = at; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.isBefore(this.heap[parent]!, this.heap[i]!)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  private sink(): void {
    for (let i = 0; ; ) {
      let last = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.heap.length && this.isBefore(this.heap[last]!, this.heap[child]!)) last = child;
      }
      if (last === i) return;
      this.swap(i, last);
      i = last;
    }
  }

  private swap(i: number, j: number): void {
    const kept = this.heap[i]!;
    this.heap[i] = this.heap[j]!;
    this.heap[j] = kept;
  }
}
