/*
 * What is done with a few words at once? They are copied and compared, four at a time: `memory.copy` is a call out of
 * the core, and dear for so little.
 */

/** Copies `count` words of 4 bytes. */
// @ts-ignore: decorator
@inline
export function copyWords(to: usize, from: usize, count: u32): void {
  const end = from + (<usize>count << 2);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from));
}

/** Whether each of `count` words is below a limit. */
export function allBelow(at: usize, count: u32, limit: u32): bool {
  const limits = i32x4.splat(limit);
  const end = at + (<usize>count << 2);
  for (; at + 16 <= end; at += 16) if (!i32x4.all_true(i32x4.lt_u(v128.load(at), limits))) return false;
  for (; at < end; at += 4) if (load<u32>(at) >= limit) return false;
  return true;
}
