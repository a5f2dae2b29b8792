/*
 * How does a member know a number that no acknowledged message is above? It writes a message of its own, without ops.
 *
 * The leader's word for the last number is not enough: one that was just elected may not have applied all of its own log, and
 * one that was cut off may not know yet that it is none any more. But a majority has a message before it is acknowledged, and
 * the order of what a majority has never changes. So what was acknowledged before the barrier was sent has a lower number.
 */
import { encodeBarrier } from "../ops/group.ts";
import { type ClusterLog, PublishFailure } from "./log.ts";

const ATTEMPT_MS = 5_000;
const AGAIN_MS = 100;

export class Barrier {
  private running: Promise<number> | null = null;
  private next: Promise<number> | null = null;
  private isClosed = false;

  constructor(
    private readonly log: Pick<ClusterLog, "publish" | "shape">,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Resolves to a number of the log: what was acknowledged before the call, to whichever member, is below it. Calls that come
   * while a barrier is on its way share the next. Rejects with PublishFailure.
   */
  pass(): Promise<number> {
    this.next ??= (this.running ?? Promise.resolve(0))
      .catch(() => {})
      .then(() => {
        this.running = this.next;
        this.next = null;
        return this.send();
      });
    return this.next;
  }

  /** Nothing is tried again from then on. */
  close(): void {
    this.isClosed = true;
  }

  private async send(): Promise<number> {
    const end = performance.now() + this.timeoutMs;
    const message = encodeBarrier(this.log.shape.incarnation);
    for (;;) {
      try {
        // Without an id: a copy of it is as good, and later.
        return await this.log.publish(0, message, undefined, Math.min(ATTEMPT_MS, this.timeoutMs));
      } catch (error) {
        const isFull = error instanceof PublishFailure && error.isFull;
        if (isFull || this.isClosed || performance.now() > end) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
