// How long does a call keep the event loop waiting? The longest time between two of its turns.

export interface CallGap {
  call: string;
  /** Longest time between two turns of the event loop from the call until its promise settled. */
  gapMs: number;
  /** The most processor time that the thread took between two turns: waiting for a core or the disk does not count. */
  workMs: number;
  tookMs: number;
}

/** Processor time of the calling thread. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e3;
}

export class Meter {
  readonly gaps: CallGap[] = [];

  /** Makes a call, and notes the longest gap while it runs. */
  async call<T>(call: string, work: () => T | Promise<T>): Promise<T> {
    for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve)); // of what was before
    let [gapMs, workMs, running] = [0, 0, true];
    const start = performance.now();
    let [last, lastWork] = [start, workedMs()];
    const look = () => {
      const [now, work] = [performance.now(), workedMs()];
      gapMs = Math.max(gapMs, now - last);
      workMs = Math.max(workMs, work - lastWork);
      [last, lastWork] = [now, work];
      if (running) setImmediate(look);
    };
    setImmediate(look);
    const result = await work();
    look();
    running = false;
    this.gaps.push({ call, gapMs, workMs, tookMs: performance.now() - start });
    return result;
  }
}
