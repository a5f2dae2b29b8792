/*
 * Are these bytes a key, or the name of a space, as src/values/keys.ts encodes it? In no other way: two encodings of
 * one key would be two keys that look the same.
 */
import {
  KEY_LENGTH, MAX_KEY_BYTES, MAX_NAME_BYTES, TAG_BIGINT, TAG_INTEGER, TAG_UTF16, TAG_UTF8,
} from "../layout";
import { isUtf8 } from "../memory/utf8";

const LARGEST_INTEGER: i64 = 9007199254740991; // 2^53 − 1

/** Whether the bytes at `at` are those of a key with that header. They are all there. */
export function isKey(header: u32, at: usize): bool {
  const length = header & KEY_LENGTH;
  switch (header >>> 24) {
    case TAG_INTEGER: {
      if (length != 8) return false;
      const value = load<i64>(at);
      return value >= -LARGEST_INTEGER && value <= LARGEST_INTEGER;
    }
    case TAG_BIGINT: return isBigint(at, length);
    default: return isText(header, at, MAX_KEY_BYTES);
  }
}

/** Whether they are those of a string, as all names of spaces are. */
export function isName(header: u32, at: usize): bool {
  return isText(header, at, MAX_NAME_BYTES);
}

function isText(header: u32, at: usize, most: u32): bool {
  const length = header & KEY_LENGTH;
  if (length == 0 || length > most) return false;
  const tag = header >>> 24;
  return tag == TAG_UTF8 ? isUtf8(at, at + length) : tag == TAG_UTF16 && isNoUtf8(at, length);
}

/** A sign, then a magnitude that has no empty byte at its upper end, unless it is 0. */
function isBigint(at: usize, length: u32): bool {
  if (length < 2 || length > MAX_KEY_BYTES || load<u8>(at) > 1) return false;
  return load<u8>(at + length - 1) != 0 || (length == 2 && load<u8>(at) == 0);
}

/** Strings are stored in their own units only when they have no UTF-8: with half of a surrogate pair. */
function isNoUtf8(at: usize, length: u32): bool {
  if (length & 1) return false;
  for (let i: u32 = 0; i < length; i += 2) {
    const unit: u32 = load<u16>(at + i);
    if ((unit & 0xf800) != 0xd800) continue;
    if (unit >= 0xdc00 || i + 4 > length || (<u32>load<u16>(at + i + 2) & 0xfc00) != 0xdc00) return true;
    i += 2;
  }
  return false;
}
