/* How does a key (or a space name) become bytes in shared memory, and read back as the type it was? */
import { MAX_KEY_BYTES, MAX_NAME_BYTES, TAG_BIGINT, TAG_INTEGER, TAG_UTF8, TAG_UTF16 } from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";

/** What names a vector in its space: a non-empty string, a safe integer or a bigint. `1`, `"1"` and `1n` differ. */
export type Key = string | number | bigint;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a key may start with U+FEFF
const SHORT = 48; // characters up to which a loop beats TextEncoder and TextDecoder, measured 2026-11-23

const units: number[] = []; // of the short string being decoded

/** @internal tag << 24 | length in bytes, as the core wants it beside the bytes. */
export type KeyHeader = number;

const SURE = Math.floor(MAX_KEY_BYTES / 3); // characters that never take more than MAX_KEY_BYTES

/** @internal Whether a key is known to be one without encoding it; others may be as well. */
export function isSurelyKey(key: Key): boolean {
  if (typeof key === "string") return key.length > 0 && key.length <= SURE;
  return Number.isSafeInteger(key);
}

/** @internal Writes a key's bytes at `at` and returns its header. Throws BAD_KEY before anything is written. */
export function encodeKey(key: Key, bytes: Uint8Array, at: number): KeyHeader {
  if (typeof key === "string") return encodeString(key, bytes, at, MAX_KEY_BYTES);
  if (typeof key === "number") return encodeInteger(key, bytes, at);
  if (typeof key === "bigint") return encodeBigint(key, bytes, at);
  throw new HnswError("BAD_KEY", `A key must be a string, a safe integer or a bigint, not ${nameOf(key)}.`);
}

/** @internal The same for the name of a space as the core knows it. */
export function encodeName(name: string, bytes: Uint8Array, at: number): KeyHeader {
  return encodeString(name, bytes, at, MAX_NAME_BYTES);
}

function encodeString(key: string, bytes: Uint8Array, at: number, most: number): KeyHeader {
  const length = key.length;
  if (length === 0) throw new HnswError("BAD_KEY", "A key must not be the empty string.");
  if (length <= SHORT) {
    let i = 0;
    for (; i < length; i++) {
      const unit = key.charCodeAt(i);
      if (unit > 127) break;
      bytes[at + i] = unit;
    }
    if (i === length) return (TAG_UTF8 << 24) | length;
  }
  if (length > most) throw tooLong(`${length} characters`);
  // Lone surrogates have no UTF-8: such strings are stored in their own units.
  const encoded = key.isWellFormed() ? encoder.encode(key) : utf16(key);
  if (encoded.length > most) throw tooLong(`${encoded.length} bytes`);
  bytes.set(encoded, at);
  return ((key.isWellFormed() ? TAG_UTF8 : TAG_UTF16) << 24) | encoded.length;
}

function utf16(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length * 2);
  for (let i = 0; i < key.length; i++) {
    bytes[2 * i] = key.charCodeAt(i) & 255;
    bytes[2 * i + 1] = key.charCodeAt(i) >>> 8;
  }
  return bytes;
}

function encodeInteger(key: number, bytes: Uint8Array, at: number): KeyHeader {
  if (!Number.isSafeInteger(key)) {
    throw new HnswError("BAD_KEY", `A number as key must be a safe integer, not ${key}; use a string or a bigint.`);
  }
  const low = key % 0x100000000;
  const high = (key - low) / 0x100000000 + (low < 0 ? -1 : 0);
  for (let i = 0; i < 4; i++) bytes[at + i] = (low >> (8 * i)) & 255;
  for (let i = 0; i < 4; i++) bytes[at + 4 + i] = (high >> (8 * i)) & 255;
  return (TAG_INTEGER << 24) | 8;
}

function encodeBigint(key: bigint, bytes: Uint8Array, at: number): KeyHeader {
  const digits = (key < 0n ? -key : key).toString(16);
  const length = 1 + ((digits.length + 1) >> 1);
  if (length > MAX_KEY_BYTES) throw tooLong(`${length} bytes`);
  bytes[at] = key < 0n ? 1 : 0;
  for (let i = 1, end = digits.length; i < length; i++, end -= 2) {
    bytes[at + i] = Number.parseInt(digits.slice(Math.max(0, end - 2), end), 16);
  }
  return (TAG_BIGINT << 24) | length;
}

/** @internal The key whose bytes lie at `at`. */
export function decodeKey(header: KeyHeader, bytes: Uint8Array, at: number): Key {
  const length = header & 0xffffff;
  switch (header >>> 24) {
    case TAG_UTF8:
      return decodeUtf8(bytes, at, length);
    case TAG_INTEGER: {
      const low = bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x10000 + bytes[at + 3]! * 0x1000000;
      const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
      return high * 0x100000000 + low;
    }
    case TAG_BIGINT: {
      let digits = "";
      for (let i = length - 1; i >= 1; i--) digits += bytes[at + i]!.toString(16).padStart(2, "0");
      const magnitude = BigInt(`0x${digits}`);
      return bytes[at] === 1 ? -magnitude : magnitude;
    }
    default: {
      let text = "";
      for (let i = 0; i < length; i += 2) text += String.fromCharCode(bytes[at + i]! | (bytes[at + i + 1]! << 8));
      return text;
    }
  }
}

function decodeUtf8(bytes: Uint8Array, at: number, length: number): string {
  if (length <= SHORT) {
    units.length = length;
    let i = 0;
    for (; i < length; i++) {
      const byte = bytes[at + i]!;
      if (byte > 127) break;
      units[i] = byte;
    }
    if (i === length) return String.fromCharCode.apply(null, units);
  }
  // A copy, because not every runtime decodes shared memory.
  return decoder.decode(bytes.slice(at, at + length));
}

const again = new Uint8Array(MAX_NAME_BYTES + 8);

/** @internal Whether these are the header and the bytes of a key, as `encodeKey` writes them. */
export function isEncodedKey(header: KeyHeader, bytes: Uint8Array): boolean {
  return isEncoded(header, bytes, MAX_KEY_BYTES, encodeKey);
}

/** @internal The same for the name of a space as the core knows it. */
export function isEncodedName(header: KeyHeader, bytes: Uint8Array): boolean {
  return isEncoded(header, bytes, MAX_NAME_BYTES, (key, to, at) => encodeName(key as string, to, at));
}

function isEncoded(header: KeyHeader, bytes: Uint8Array, most: number, encode: typeof encodeKey): boolean {
  if (bytes.length === 0 || bytes.length !== (header & 0xffffff) || bytes.length > most) return false;
  if (header >>> 24 === TAG_UTF8 && bytes.every((byte) => byte < 128)) return true;
  try {
    again.set(bytes);
    again.fill(0, bytes.length, bytes.length + 8); // an integer that is too short is decoded from what lies behind
    if (encode(decodeKey(header, again, 0), again, 0) !== header) return false;
  } catch {
    return false;
  }
  return bytes.every((byte, i) => byte === again[i]);
}

/** @internal Bytes that a key takes in the core's key heap, at most. */
export function keyBytes(header: KeyHeader): number {
  return ((header & 0xffffff) + 7) & ~3;
}

function tooLong(found: string): HnswError {
  return new HnswError("BAD_KEY", `A key must encode to at most ${MAX_KEY_BYTES} bytes, this one has ${found}.`);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}
