/* How does a thread let its event loop run in the middle of long work? */
import { hearsItself } from "./platform.ts";

const later: (then: () => void) => void =
  typeof setImmediate === "function" ? (then) => void setImmediate(then) : byMessage();

/** Browsers clamp timers to 4 ms; a message to oneself comes at once, after those that came before. */
function byMessage(): (then: () => void) => void {
  if (!hearsItself) return (then) => void setTimeout(then, 0);
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return (then) => {
    waiting.push(then);
    port2.postMessage(0);
  };
}

/** Resolves in a later turn of the event loop: timers, messages and sockets come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}

const SLICE_MS = 2;

/** Long work in slices of 2 ms: `if (slice.isOver) await slice.next()` wherever one may end. */
export class Slice {
  private end = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.end;
  }

  /** Lets the event loop run, then begins the next one. */
  async next(): Promise<void> {
    await nextTurn();
    this.end = performance.now() + SLICE_MS;
  }
}
