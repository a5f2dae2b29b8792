/*
 * How are keys hashed? For tables with a secret of the partition, so that colliding keys cannot be chosen; for the
 * assignment of spaces to partitions without one, since every runtime and every export has to agree on it.
 */
import { KEY_LENGTH } from "../layout";
import { mix, secret0, secret1 } from "./settings";

let v0: u64 = 0, v1: u64 = 0, v2: u64 = 0, v3: u64 = 0;

/** SipHash-1-3 (Aumasson & Bernstein, 2012) of an encoded key, its upper half; the tag is part of the key. */
export function hashKey(bytes: usize, header: u32): u32 {
  const length = header & KEY_LENGTH;
  v0 = secret0 ^ 0x736f6d6570736575;
  v1 = secret1 ^ 0x646f72616e646f6d;
  v2 = secret0 ^ 0x6c7967656e657261;
  v3 = secret1 ^ 0x7465646279746573;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) absorb(load<u64>(bytes + i));
  let tail: u64 = 0;
  for (let shift: u64 = 0; i < length; i++, shift += 8) tail |= <u64>load<u8>(bytes + i) << shift;
  absorb(tail ^ (<u64>length << 56)); // the length modulo 256, as the paper has it
  absorb(header);
  v2 ^= 0xff;
  sipRound();
  sipRound();
  sipRound();
  return <u32>((v0 ^ v1 ^ v2 ^ v3) >>> 32);
}

// @ts-ignore: decorator
@inline
function absorb(word: u64): void {
  v3 ^= word;
  sipRound();
  v0 ^= word;
}

// @ts-ignore: decorator
@inline
function sipRound(): void {
  let a = v0 + v1, b = rotl<u64>(v1, 13) ^ a, c = v2 + v3, d = rotl<u64>(v3, 16) ^ c;
  a = rotl<u64>(a, 32);
  c += b;
  b = rotl<u64>(b, 17) ^ c;
  v2 = rotl<u64>(c, 32);
  a += d;
  v3 = rotl<u64>(d, 21) ^ a;
  v0 = a;
  v1 = b;
}

/** MurmurHash3 x86_32 of an encoded name: chooses its partition and home. Anybody can compute it. */
export function hashName(bytes: usize, header: u32): u32 {
  const length = header & KEY_LENGTH;
  let h: u32 = header >>> 24;
  let i: u32 = 0;
  for (; i + 4 <= length; i += 4) h = murmurRound(h, load<u32>(bytes + i));
  let tail: u32 = 0;
  for (let shift: u32 = 0; i < length; i++, shift += 8) tail |= <u32>load<u8>(bytes + i) << shift;
  return mix(murmurRound(h, tail) ^ length);
}

function murmurRound(h: u32, k: u32): u32 {
  k *= 0xcc9e2d51;
  k = rotl<u32>(k, 15);
  k *= 0x1b873593;
  return rotl<u32>(h ^ k, 13) * 5 + 0xe6546b64;
}
