/*
 * When does a member look whether a snapshot is due? Once about `snapshotAfterBytes` were applied since it last looked. What it does then
 * comes one after the other.
 */
import { messageOf } from "../../errors.ts";

/** Snapshots that are kept of each part. */
export const KEPT = 2;

export abstract class Keeper {
  private bytes = 0;
  private nextAt: number;
  private running: Promise<unknown> | null = null;
  protected isStopped = false;

  constructor(
    private readonly afterBytes: number,
    private readonly report: (message: string) => void,
  ) {
    this.nextAt = this.jittered();
  }

  /** Takes one of what is applied by now. */
  abstract take(): Promise<unknown>;

  /** Takes one, unless other members have been quicker. */
  protected abstract takeIfDue(): Promise<void>;

  /** A message of that many bytes was applied. */
  applied(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < this.nextAt || this.running !== null || this.isStopped) return;
    this.countAgain();
    this.takeIfDue().catch((error) => this.report(`no snapshot could be taken: ${messageOf(error)}`));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running?.catch(() => {});
  }

  protected countAgain(): void {
    this.bytes = 0;
    this.nextAt = this.jittered();
  }

  /** Begins when what runs has ended. */
  protected inTurn<T>(work: () => Promise<T>): Promise<T> {
    const running = (this.running ?? Promise.resolve())
      .catch(() => {})
      .then(work)
      .finally(() => {
        if (this.running === running) this.running = null;
      });
    this.running = running;
    return running;
  }

  /** Members do not all look at once. */
  private jittered(): number {
    return this.afterBytes * (1 + Math.random() / 4);
  }
}
