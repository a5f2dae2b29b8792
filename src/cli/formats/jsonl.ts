/*
 * How are a key and a vector written as one line of JSON, so that they read back bit for bit?
 *
 *   {"key":"red","vector":[1,0.1,-0]}      {"key":7,"vector":…}      {"key":{"bigint":"123"},"vector":…}
 *
 * In a file with several spaces, "space" names the space of each line.
 */
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import { FileError } from "../terminal/failures.ts";

export interface Row {
  space?: string;
  key: Key;
  vector: number[];
}

const MOST_DIGITS = 9; // always read back as the same 32-bit float
const EXACT = 2 ** 24; // integers below this have no shorter form

export function lineOf(key: Key, vector: Float32Array, space?: string): string {
  const written = typeof key === "bigint" ? `{"bigint":"${key}"}` : JSON.stringify(key);
  const first = space === undefined ? "" : `"space":${JSON.stringify(space)},`;
  return `{${first}"key":${written},"vector":[${Array.from(vector, shortest).join(",")}]}`;
}

/** The shortest decimal that reads back as the same 32-bit float. */
export function shortest(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < EXACT) return Object.is(value, -0) ? "-0" : String(value);
  let found = Number(value.toPrecision(MOST_DIGITS));
  for (let digits = MOST_DIGITS - 1; digits > 0; digits--) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) !== value) break;
    found = shorter;
  }
  return String(found);
}

/** Throws FileError: what is wrong with the line. */
export function rowOf(line: string): Row {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch (error) {
    throw new FileError(`not JSON: ${messageOf(error)}`);
  }
  if (!isObject(found)) throw new FileError('not an object with "key" and "vector"');
  const { space, key, vector } = found;
  if (space !== undefined && typeof space !== "string") throw new FileError('"space" is not a string');
  if (!Array.isArray(vector) || !vector.every((value) => typeof value === "number")) {
    throw new FileError('"vector" is not an array of numbers');
  }
  return { key: keyOf(key), vector, ...(space === undefined ? {} : { space }) };
}

function keyOf(key: unknown): Key {
  if (typeof key === "string" || typeof key === "number") return key;
  if (isObject(key) && typeof key.bigint === "string" && /^-?\d+$/.test(key.bigint)) return BigInt(key.bigint);
  throw new FileError('"key" is not a string, an integer or {"bigint":"…"}');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
