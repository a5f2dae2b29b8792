/*
 * How is an entry written as one line of JSON, so that its vector reads back bit for bit?
 *
 *   {"key":"red","vector":[1,0.1,-0]}      {"key":7,"vector":…}      {"key":{"bigint":"123"},"vector":…}
 *   {"key":"red","vector":null,"metadata":{"text":"…"},"expiresAt":1790000000000}
 *
 * "metadata" is the document, if there is one, and "expiresAt" when it expires, in milliseconds since 1970. In a file with
 * several spaces, "space" names the space of each line.
 */
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import { FileError } from "../terminal/failures.ts";

export interface Row {
  space?: string;
  key: Key;
  /** Null: the entry has none. */
  vector: number[] | null;
  metadata?: unknown;
  expiresAt?: number;
}

const MOST_DIGITS = 9; // always read back as the same 32-bit float
const EXACT = 2 ** 24; // integers below this have no shorter form

export function lineOf(
  key: Key,
  vector: Float32Array | undefined,
  space?: string,
  { metadata, expiresAt }: Pick<Row, "metadata" | "expiresAt"> = {},
): string {
  const written = typeof key === "bigint" ? `{"bigint":"${key}"}` : JSON.stringify(key);
  const first = space === undefined ? "" : `"space":${JSON.stringify(space)},`;
  const floats = vector === undefined ? "null" : `[${Array.from(vector, shortest).join(",")}]`;
  const document = metadata === undefined ? "" : `,"metadata":${JSON.stringify(metadata)}`;
  const expiry = expiresAt === undefined ? "" : `,"expiresAt":${expiresAt}`;
  return `{${first}"key":${written},"vector":${floats}${document}${expiry}}`;
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
  const { space, key, vector, metadata, expiresAt } = found;
  if (space !== undefined && typeof space !== "string") throw new FileError('"space" is not a string');
  if (vector !== null && !(Array.isArray(vector) && vector.every((value) => typeof value === "number"))) {
    throw new FileError('"vector" is not an array of numbers');
  }
  if (vector === null && metadata === undefined) throw new FileError('"vector" is null and there is no "metadata"');
  if (expiresAt !== undefined && typeof expiresAt !== "number") throw new FileError('"expiresAt" is not a number');
  const row: Row = { key: keyOf(key), vector };
  if (space !== undefined) row.space = space;
  if (metadata !== undefined) row.metadata = metadata;
  if (expiresAt !== undefined) row.expiresAt = expiresAt;
  return row;
}

function keyOf(key: unknown): Key {
  if (typeof key === "string" || typeof key === "number") return key;
  if (isObject(key) && typeof key.bigint === "string" && /^-?\d+$/.test(key.bigint)) return BigInt(key.bigint);
  throw new FileError('"key" is not a string, an integer or {"bigint":"…"}');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
