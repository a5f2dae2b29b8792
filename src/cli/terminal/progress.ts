/* How far is a long task? A bar on stderr, if that is a terminal. */
import { SingleBar } from "cli-progress";

const WIDTH = 30;

export class Progress {
  private bar: SingleBar | null = null;
  private done = 0;

  /** Ends the current bar and begins one of `total` units. */
  start(what: string, total: number): void {
    this.stop();
    if (!process.stderr.isTTY || total <= 0) return;
    const format = `${what.padEnd(WIDTH)} {bar} {percentage} %  {eta_formatted}`;
    this.bar = new SingleBar({ stream: process.stderr, format, barsize: WIDTH, clearOnComplete: true });
    this.bar.start(total, 0);
    this.done = 0;
  }

  to(done: number): void {
    this.done = done;
    this.bar?.update(done);
  }

  by(more: number): void {
    this.to(this.done + more);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
