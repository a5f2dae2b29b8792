/* How does a thread let its event loop run in the middle of long work? */

/** Resolves in a later turn of the event loop: timers, messages and sockets come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls `step` until it answers false, letting the event loop run after every `sliceMs`. */
export async function inSlices(step: () => boolean, sliceMs: number): Promise<void> {
  let end = performance.now() + sliceMs;
  while (step()) {
    if (performance.now() < end) continue;
    await nextTurn();
    end = performance.now() + sliceMs;
  }
}
