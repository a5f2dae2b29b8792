/* How does a thread let its event loop run in the middle of long work? */

/** Resolves in a later turn of the event loop: timers, messages and sockets come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
