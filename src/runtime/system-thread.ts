/* Has the thread ended that once said its number? Linux tells; elsewhere it is not known. */

/** Not in Deno, which asks its user before it looks into /proc. */
const fs = typeof process === "undefined" || "Deno" in globalThis ? undefined : process.getBuiltinModule?.("node:fs");

/** The calling thread's number in this process; 0: it is not known. */
export function threadNumber(): number {
  try {
    return Number(fs?.readlinkSync("/proc/thread-self").split("/").at(-1)) || 0;
  } catch {
    return 0;
  }
}

/** Whether the thread of that number has certainly ended. `own`: the number of the calling thread. */
export function hasEnded(thread: number, own: number): boolean {
  const runs = (number: number) => fs?.existsSync(`/proc/self/task/${number}`) !== false;
  return thread !== 0 && own !== 0 && !runs(thread) && runs(own);
}
