/*
 * How is a damaged byte in a frame noticed on every runtime? By xxHash64 (Y. Collet, https://xxhash.com, seed 0) over
 * the bytes in the intake: 32 bytes a round in four sums, then the rest in eights, fours and ones.
 */
import { X_VECTORS } from "../layout";
import { base, info64 } from "../memory/scratch";

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

function round(sum: u64, input: u64): u64 {
  return rotl<u64>(sum + input * P2, 31) * P1;
}

function merge(hash: u64, sum: u64): u64 {
  return (hash ^ round(0, sum)) * P1 + P4;
}

/** X_INFO[0], [1]: xxHash64 of the first `bytes` of the intake, low word first. */
export function hashIntake(bytes: u32): void {
  let at = base + X_VECTORS;
  const end = at + bytes;
  let hash: u64 = P5;
  if (bytes >= 32) {
    let a = P1 + P2;
    let b = P2;
    let c: u64 = 0;
    let d: u64 = 0 - P1;
    for (; at + 32 <= end; at += 32) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  }
  hash += bytes;
  for (; at + 8 <= end; at += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * P1 + P4;
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * P5), 11) * P1;
  hash ^= hash >> 33;
  hash *= P2;
  hash ^= hash >> 29;
  hash *= P3;
  hash ^= hash >> 32;
  info64(0, hash);
}
