/*
 * How does a reader of several spaces find each point once, while points move from one to another? Readers go together; a move
 * waits until those that have begun are done, and those that come later wait for it.
 */
export class Gate {
  private readonly readers = new Set<Promise<unknown>>();
  private moves: Promise<unknown> = Promise.resolve();

  /** `work` must not wait for a move. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    for (let seen: unknown = null; seen !== this.moves; ) {
      seen = this.moves;
      await this.moves;
    }
    const done = work();
    const ended = done.then(
      () => {},
      () => {},
    );
    this.readers.add(ended);
    try {
      return await done;
    } finally {
      this.readers.delete(ended);
    }
  }

  move<T>(work: () => Promise<T>): Promise<T> {
    const done = Promise.all([this.moves, ...this.readers]).then(work);
    this.moves = done.catch(() => {});
    return done;
  }
}
