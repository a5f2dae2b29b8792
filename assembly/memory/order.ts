/*
 * Which words do threads read without a lock while others write them? A build is for one kind of processor (ORDERED, asconfig.json):
 *
 *   0   for x86, which shows one thread's stores to all others in their order: plain loads and stores of aligned words
 *   1   for processors that may show them in another order, as ARM: atomic ones, in one order for all threads
 *
 * Engines compile an atomic load on x86 to a locked read-modify-write, which takes the cache line away from every other
 * thread: on each hop of a search that cost a fifth of the time with one thread and far more with two. ARM has an
 * instruction for it.
 *
 * A word that goes through these functions leads to others, which were written before it: an id to a vector and its code,
 * a state to lists, the address of a directory to its entries. Whatever else is read without a lock is either published by
 * such a word or by an atomic one (docs/CONCURRENCY.md, "Order"; tests/litmus has each protocol as a litmus test).
 */

/** A word that another thread may be writing. Synchronizes with `publish` of what it reads. */
// @ts-ignore: decorator
@inline
export function published(at: usize): u32 {
  // @ts-ignore: a constant of the build
  return ORDERED ? atomic.load<u32>(at) : load<u32>(at);
}

/** Writes a word that others read by `published`: what was written before it can be seen by them, too. */
// @ts-ignore: decorator
@inline
export function publish(at: usize, word: u32): void {
  // @ts-ignore: a constant of the build
  if (ORDERED) atomic.store<u32>(at, word);
  else store<u32>(at, word);
}
