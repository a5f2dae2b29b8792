/* How do many writes go on at once, but not too many? Each that is added may have to wait for those before. */
const MOST = 256;

export class Pending {
  private waiting: Promise<unknown>[] = [];

  async add(write: Promise<unknown>): Promise<void> {
    write.catch(() => {}); // `done` rejects with it
    this.waiting.push(write);
    if (this.waiting.length >= MOST) await this.done();
  }

  /** Rejects with the first failure. */
  async done(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    await Promise.all(waiting);
  }
}
