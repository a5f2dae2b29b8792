/*
 * When is an op durable, for the thread that waits for it? Ops of a partition become durable in their order, so each
 * handle keeps one line of promises per partition and settles them from the front.
 */
import { HnswError, messageOf } from "../errors.ts";
import { Patience } from "../runtime/event-loop.ts";
import type { JournalBoard } from "./board.ts";

interface Waiting {
  sequence: number;
  resolve: () => void;
  reject: (error: HnswError) => void;
}

export class Acknowledgements {
  private readonly board: JournalBoard;
  private readonly timeoutMs: number;
  private readonly lines: Waiting[][];
  private pumping = false;

  constructor(board: JournalBoard, partitions: number, timeoutMs: number) {
    this.board = board;
    this.timeoutMs = timeoutMs;
    this.lines = Array.from({ length: partitions }, () => []);
  }

  /** Resolves once that op is on the disk. Rejects with JOURNAL_UNCERTAIN when the disk refused: it stays accepted. */
  wait(partition: number, sequence: number): Promise<void> {
    if (this.board.durable(partition) >= sequence) return Promise.resolve();
    const { reason } = this.board;
    if (reason !== null) return Promise.reject(uncertain(reason));
    return new Promise((resolve, reject) => {
      this.lines[partition]!.push({ sequence, resolve, reject });
      if (!this.pumping) void this.pump();
    });
  }

  /** Whatever goes wrong, each promise settles and the pump goes on: what a round throws refuses those that wait. */
  private async pump(): Promise<void> {
    this.pumping = true;
    const patience = new Patience(this.timeoutMs);
    while (this.lines.some((line) => line.length > 0)) {
      try {
        await this.round(patience);
      } catch (error) {
        this.refuse(messageOf(error));
      }
    }
    this.pumping = false;
  }

  private async round(patience: Patience): Promise<void> {
    const seen = this.board.moved;
    if (!this.settle()) return;
    if (patience.isOver) return this.refuse(`nothing was written for ${this.timeoutMs} ms`);
    await this.board.waitForMove(seen, patience.stepMs);
    if (this.board.moved !== seen) patience.renew();
  }

  /** Settles what can be settled. Returns whether any promises are left. */
  private settle(): boolean {
    let left = 0;
    for (const [partition, line] of this.lines.entries()) {
      const durable = this.board.durable(partition);
      let settled = 0;
      while (settled < line.length && line[settled]!.sequence <= durable) line[settled++]!.resolve();
      line.splice(0, settled);
      left += line.length;
    }
    const { reason } = this.board;
    if (left === 0 || reason === null) return left > 0;
    this.refuse(reason);
    return false;
  }

  private refuse(why: string): void {
    for (const line of this.lines) for (const { reject } of line.splice(0)) reject(uncertain(why));
  }
}

function uncertain(why: string): HnswError {
  const what = "The op is accepted and searches see it, but it is not known to be on the disk";
  const then = "It is written again, under the same number, as soon as the disk takes it; then `flush` resolves";
  return new HnswError("JOURNAL_UNCERTAIN", `${what} (${why}). ${then}.`);
}
