/* Are these bytes UTF-8, as every runtime's decoder takes them without replacing anything? */

/** Whether [at, end) is: no byte too many, no surrogates, nothing cut off. */
export function isUtf8(at: usize, end: usize): bool {
  while (at < end) {
    if (at + 8 <= end && (load<u64>(at) & 0x8080808080808080) == 0) {
      at += 8;
      continue;
    }
    const first: u32 = load<u8>(at);
    if (first < 0x80) {
      at++;
      continue;
    }
    const more: u32 = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3; // bytes that follow
    if (first < 0xc2 || first > 0xf4 || at + more >= end) return false;
    let point: u32 = first & (0x3f >>> more);
    for (let i: u32 = 1; i <= more; i++) {
      const next: u32 = load<u8>(at + i);
      if ((next & 0xc0) != 0x80) return false;
      point = (point << 6) | (next & 0x3f);
    }
    const least: u32 = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000; // fewer bytes would do below it
    if (point < least || point > 0x10ffff || (point & 0xfffff800) == 0xd800) return false;
    at += more + 1;
  }
  return true;
}
