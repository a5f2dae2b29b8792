/* How are the rows of a table entries? One column holds the keys, one the vectors, the others the documents. */
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import { FileError } from "../terminal/failures.ts";
import type { Batch } from "./sources.ts";

/** By name; undefined: the usual one. */
export interface Columns {
  key: string | undefined;
  vector: string | undefined;
}

export type Row = Record<string, unknown>;

/** Of a file whose reader gave up. */
export function unreadable(path: string, error: unknown): FileError {
  return new FileError(`${path}: can't be read: ${messageOf(error)}`);
}

/** The one that is named, or else the first of the usual names. Throws FileError. */
export function columnOf(
  path: string,
  what: string,
  given: string | undefined,
  usual: string[],
  names: string[],
): string {
  const wanted = given === undefined ? usual : [given];
  const found = wanted.find((name) => names.includes(name));
  if (found !== undefined) return found;
  const list = `there are ${names.join(", ")}`;
  throw new FileError(`${path}: no column is named ${wanted.join(" or ")}: give --${what}-column; ${list}`);
}

interface Entry {
  key: Key;
  vector: number[] | Float32Array | null;
  metadata: Row | undefined;
}

/** Throws FileError. */
export function entryOf(row: Row, keyColumn: string, vectorColumn: string, place: string): Entry {
  const { [keyColumn]: key, [vectorColumn]: vector, ...others } = row;
  const metadata: Row = {};
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined && value !== null) metadata[name] = jsonOf(value, `${place}: ${name}`);
  }
  const isEmpty = Object.keys(metadata).length === 0;
  const found = vectorOf(vector, place);
  return { key: keyOf(key, place), vector: found, metadata: isEmpty && found !== null ? undefined : metadata };
}

function keyOf(value: unknown, place: string): Key {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === "string" || Number.isSafeInteger(value)) return value as Key;
  throw new FileError(`${place}: its key is no text and no integer`);
}

/** Null: the row has none. */
function vectorOf(value: unknown, place: string): number[] | Float32Array | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Float32Array) return value;
  const list = ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
  if (Array.isArray(list) && list.every((one) => typeof one === "number")) return list;
  throw new FileError(`${place}: its vector is no list of numbers`);
}

/** Times become ISO strings, integers numbers, or texts of digits where numbers are too small. */
function jsonOf(value: unknown, place: string): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((one) => jsonOf(one, place));
  if (ArrayBuffer.isView(value)) {
    if (value instanceof Uint8Array) throw new FileError(`${place} holds bytes, which JSON can't say`);
    return Array.from(value as Float64Array);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, jsonOf(one, place)]));
}

/** `addMany` takes no key twice, and entries with vectors or entries without. */
export function* batchesOf(entries: Entry[], start: number, path: string): Generator<Batch> {
  const keys = new Set<Key>();
  let first = 0;
  for (const [i, { key, vector }] of entries.entries()) {
    if (keys.has(key) || (vector === null) !== (entries[first]!.vector === null)) {
      yield batchOf(entries.slice(first, i), start + first, path);
      keys.clear();
      first = i;
    }
    keys.add(key);
  }
  if (first < entries.length) yield batchOf(entries.slice(first), start + first, path);
}

function batchOf(entries: Entry[], start: number, path: string): Batch {
  const hasVectors = entries[0]!.vector !== null;
  const hasDocuments = entries.some(({ metadata }) => metadata !== undefined);
  return {
    ...{ space: undefined, expiresAt: undefined, keys: entries.map(({ key }) => key) },
    vectors: hasVectors ? entries.map(({ vector }) => vector!) : null,
    metadata: hasDocuments ? entries.map(({ metadata }) => metadata) : null,
    placeOf: (i) => `${path}, row ${start + i}`,
  };
}
