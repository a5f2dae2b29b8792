/* Which slots may the search that runs return? All, or those with a bit in the bitmap of a filter. */
import { hasBit } from "../memory/words";

let bits: usize = 0; // 0: all may be returned
let limit: u32 = 0; // slots that the bitmap knows

/** From here on only slots with their bit set pass; 0: all. Per instance: one thread searches one thing at a time. */
export function passOnly(bitmap: usize, slots: u32): void {
  bits = bitmap;
  limit = slots;
}

export function isFiltered(): bool {
  return bits != 0;
}

// @ts-ignore: decorator
@inline
export function passes(slot: u32): bool {
  return bits == 0 || (slot < limit && hasBit(bits, slot));
}
