/* How does work in the background go on while a program uses an index, and end with it? */
import { letGo } from "../runtime/event-loop.ts";
import type { Handle } from "./handle.ts";

/**
 * Does `work` every `everyMs` milliseconds, one after the other, while the program can reach the handle and has it open. What
 * it rejects with is dropped: it is tried again. `work` must not refer to the handle itself.
 */
export function whileInUse(handle: Handle, everyMs: number, work: (handle: Handle) => Promise<unknown>): void {
  const reachable = new WeakRef(handle);
  let isAtWork = false;
  const timer = setInterval(async () => {
    const handle = reachable.deref();
    if (handle === undefined || handle.isClosed) return clearInterval(timer);
    if (isAtWork) return;
    isAtWork = true;
    await work(handle).catch(() => {});
    isAtWork = false;
  }, everyMs);
  letGo(timer);
}
