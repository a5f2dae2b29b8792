/*
 * What is done with a few words at once? They are copied, cleared and compared, four at a time: `memory.copy` is a call
 * out of the core, and dear for so little; and `memory.fill` is not safe where threads compile each other's code anew
 * (`clearWords`).
 */

/** Copies `count` words of 4 bytes. */
// @ts-ignore: decorator
@inline
export function copyWords(to: usize, from: usize, count: u32): void {
  const end = from + (<usize>count << 2);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from));
}

/**
 * Clears `count` words, a multiple of 16.
 *
 * In place of `memory.fill`, which Bun 1.4.5 answers with "Out of bounds memory access" now and then, within bounds, when
 * two threads run a function of one module while its engine moves to its top tier: in 1 of 600 starts of two workers,
 * in none of 4,000 with that tier off, with one thread, or with this loop (2026-11-28, tests/core/cold-threads.test.ts).
 */
// @ts-ignore: decorator
@inline
export function clearWords(at: usize, count: u32): void {
  const none = i32x4.splat(0);
  for (const end = at + (<usize>count << 2); at < end; at += 64) {
    v128.store(at, none);
    v128.store(at, none, 16);
    v128.store(at, none, 32);
    v128.store(at, none, 48);
  }
}

/** Whether each of `count` words is below a limit. */
export function allBelow(at: usize, count: u32, limit: u32): bool {
  const limits = i32x4.splat(limit);
  const end = at + (<usize>count << 2);
  for (; at + 16 <= end; at += 16) if (!i32x4.all_true(i32x4.lt_u(v128.load(at), limits))) return false;
  for (; at < end; at += 4) if (load<u32>(at) >= limit) return false;
  return true;
}
