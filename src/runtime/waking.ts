/* How does a thread with an event loop wait for a word of shared memory to change? */

/**
 * Resolves when `words[word]` is no longer `seen`, or after `ms`. Counts itself in `words[waiters]` meanwhile, so that
 * whoever changes the word knows that somebody is to be notified. Keeps the process alive.
 */
export async function waitForChange(
  words: Int32Array,
  word: number,
  waiters: number,
  seen: number,
  ms: number,
): Promise<void> {
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
