/* How does a thread let its event loop run in the middle of long work, or while it waits for shared memory to change? */

const later: (then: () => void) => void =
  typeof setImmediate === "function" ? (then) => void setImmediate(then) : byMessage();

/** Browsers clamp timers to 4 ms; a message to oneself comes at once, after those that came before. */
function byMessage(): (then: () => void) => void {
  // Not in isolates: there a channel belongs to the request that made it, and in the next one no message ever comes.
  const isBrowser = "document" in globalThis || typeof Reflect.get(globalThis, "importScripts") === "function";
  if (!isBrowser || typeof MessageChannel === "undefined") return (then) => void setTimeout(then, 0);
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

const SLICE_MS = 2; // not noticed beside a request, and long enough that turns of the event loop cost little

/** Long work in slices of 2 ms: `if (slice.isOver) await slice.next()` wherever one may end. */
export class Slice {
  private end = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.end;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.end = performance.now() + SLICE_MS;
  }
}

/** Runs work that yields wherever a slice of 2 ms may end. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  const slice = new Slice();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (slice.isOver) await slice.next();
  }
}

/** Runs such work in one piece. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

const STEP_MS = 50;

/**
 * How long has a wait lasted in which nothing moved? Counted turn by turn of the event loop, each as one step at most:
 * while a caller blocks the loop, nothing that other threads do can be seen.
 */
export class Patience {
  /** The most that one turn counts. Also when to look again. */
  readonly stepMs: number;
  private waited = 0;
  private last = performance.now();

  constructor(private readonly ms: number) {
    this.stepMs = Math.min(STEP_MS, ms / 4);
  }

  /** Counts the time since the last look. */
  get isOver(): boolean {
    const now = performance.now();
    this.waited += Math.min(now - this.last, this.stepMs);
    this.last = now;
    return this.waited > this.ms;
  }

  /** Something moved. */
  renew(): void {
    this.waited = 0;
    this.last = performance.now();
  }
}

/**
 * Calls `then` after `ms`, counted as by `Patience`. Returns what calls it off. The process stays alive for it, unless
 * `keepsAlive` is false.
 */
export function afterPatience(ms: number, then: () => void, keepsAlive = true): () => void {
  const patience = new Patience(ms);
  const ticks = setInterval(() => {
    if (!patience.isOver) return;
    clearInterval(ticks);
    then();
  }, patience.stepMs);
  if (!keepsAlive) letGo(ticks);
  return () => clearInterval(ticks);
}

/** A timer does not keep the process alive; in browsers none does. */
export function letGo(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}

/** Resolves when `words[word]` is not `seen`, or after `ms`; `words[waiters]` counts it. Keeps the process alive. */
export async function waitForChange(words: Int32Array, word: number, waiters: number, seen: number, ms: number) {
  Atomics.add(words, waiters, 1);
  const wait = Atomics.waitAsync(words, word, seen, ms);
  const keepAlive = setTimeout(() => {}, ms + 1000);
  try {
    if (wait.async) await wait.value;
  } finally {
    clearTimeout(keepAlive);
    Atomics.sub(words, waiters, 1);
  }
}
