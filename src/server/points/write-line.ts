/*
 * In which order do writes of a collection happen? In that in which they came. Those that depend on nothing but themselves go
 * to the index one behind the other, without waiting for the disk in between; one that reads first has the line for itself.
 */
export class WriteLine {
  /** The last one that had the line for itself. */
  private alone: Promise<unknown> = Promise.resolve();
  private readonly beside = new Set<Promise<unknown>>();

  /** `work` must hand its writes to the index before it waits for anything but them. */
  together<T>(work: () => Promise<T>): Promise<T> {
    const done = this.alone.then(work);
    const ended = done.then(
      () => {},
      () => {},
    );
    this.beside.add(ended);
    void ended.then(() => this.beside.delete(ended));
    return done;
  }

  byItself<T>(work: () => Promise<T>): Promise<T> {
    const done = Promise.all([this.alone, ...this.beside]).then(work);
    this.alone = done.catch(() => {});
    return done;
  }
}
