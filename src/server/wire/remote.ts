/* How do keys and vectors travel as JSON so that they come back as they were? For the routes under /v1 and their client. */
import type { Key } from "../../values/keys.ts";

/** `1`, `"1"` and `1n` are three keys; JSON has no bigint. */
export type RemoteKey = string | number | { bigint: string };

export function sentKey(key: Key): RemoteKey {
  return typeof key === "bigint" ? { bigint: `${key}` } : key;
}

/** Null for what is no key. Whether it is one that the index takes is for the index to say. */
export function receivedKey(value: unknown): Key | null {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
  const digits = typeof value === "object" && value !== null ? (value as { bigint?: unknown }).bigint : undefined;
  return typeof digits === "string" && /^-?\d{1,40}$/.test(digits) ? BigInt(digits) : null;
}

const AT_ONCE = 8192; // characters of a call with that many arguments

/** 32-bit floats, little-endian, in base64. */
export function sentFloats(floats: Float32Array): string {
  const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(text);
}

/** Null for what is none. */
export function receivedFloats(text: string): Float32Array<ArrayBuffer> | null {
  let units: string;
  try {
    units = atob(text);
  } catch {
    return null;
  }
  if (units.length % 4 !== 0) return null;
  const bytes = new Uint8Array(units.length);
  for (let i = 0; i < units.length; i++) bytes[i] = units.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}
