/*
 * How are words, bytes and bits copied, cleared and compared? By these loops, never by the instructions `memory.copy`
 * and `memory.fill`: asconfig.json disables them.
 *
 * Bun 1.4.5 keeps a memory's size in each instance, for those two and `memory.size` in its top tier. An instance that
 * is created while another thread grows the memory keeps the old size until the next growth, and every copy or fill in
 * the new part traps with "Out of bounds memory access". Ordinary loads and stores don't use that size, and
 * `memory.grow` returns the true one (2026-11-28, tests/core/memory/words.test.ts).
 */

/** Copies `count` words of 4 bytes between places that do not overlap. */
export function copyWords(to: usize, from: usize, count: u32): void {
  const end = from + (<usize>count << 2);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from));
}

/** Copies `count` bytes between places that do not overlap. */
export function copyBytes(to: usize, from: usize, count: u32): void {
  const end = from + count;
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from++, to++) store<u8>(to, load<u8>(from));
}

/** Clears `count` bytes. */
export function clearBytes(at: usize, count: u32): void {
  const none = i32x4.splat(0);
  const end = at + count;
  for (; at + 64 <= end; at += 64) {
    v128.store(at, none);
    v128.store(at, none, 16);
    v128.store(at, none, 32);
    v128.store(at, none, 48);
  }
  for (; at < end; at++) store<u8>(at, 0);
}

/** Whether each of `count` words is below a limit. */
export function allBelow(at: usize, count: u32, limit: u32): bool {
  const limits = i32x4.splat(limit);
  const end = at + (<usize>count << 2);
  for (; at + 16 <= end; at += 16) if (!i32x4.all_true(i32x4.lt_u(v128.load(at), limits))) return false;
  for (; at < end; at += 4) if (load<u32>(at) >= limit) return false;
  return true;
}

/** Whether one of `count` words is `word`. */
export function contains(at: usize, count: u32, word: u32): bool {
  const words = i32x4.splat(word);
  const end = at + (<usize>count << 2);
  for (; at + 16 <= end; at += 16) if (v128.any_true(i32x4.eq(v128.load(at), words))) return true;
  for (; at < end; at += 4) if (load<u32>(at) == word) return true;
  return false;
}

/** `bytes`, rounded up to whole words. */
export function padded(bytes: u32): u32 {
  return (bytes + 3) & ~3;
}

/** Whether bit `i` of the bits at `bits` is set. */
export function hasBit(bits: usize, i: u32): bool {
  return (load<u8>(bits + (i >>> 3)) & (1 << (i & 7))) != 0;
}

export function setBit(bits: usize, i: u32): void {
  const byte = bits + (i >>> 3);
  store<u8>(byte, <u8>(<u32>load<u8>(byte) | (1 << (i & 7))));
}

/** Puts `value` at the head of a chain that several threads push on; `next` is where its link to the old head goes. */
export function push(head: usize, value: u32, next: usize): void {
  while (true) {
    const first = atomic.load<u32>(head);
    store<u32>(next, first);
    if (atomic.cmpxchg<u32>(head, first, value) == first) break;
  }
}

export function clearBit(bits: usize, i: u32): void {
  const byte = bits + (i >>> 3);
  store<u8>(byte, <u8>(<u32>load<u8>(byte) & ~(1 << (i & 7))));
}
