/* What does a file hold that is to be imported? Batches of entries, no key twice in one. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import type { Metric } from "../../values/metric.ts";
import { counted } from "../terminal/amounts.ts";
import { FileError } from "../terminal/failures.ts";
import { type CsvColumns, csvRowsOf } from "./csv.ts";
import { type Row, rowOf } from "./jsonl.ts";
import { linesOf } from "./lines.ts";
import { existing, type Matrix, openNpy, openRaw } from "./matrix.ts";
import { openVecs } from "./vecs.ts";

const MOST_ROWS = 2000; // of a batch
const MOST_FLOATS = 1 << 19;
const MOST_CHARACTERS = 1 << 23; // of lines

export interface Batch {
  space: string | undefined;
  keys: Key[];
  /** Null: of entries that have none. */
  vectors: (Float32Array | number[])[] | null;
  /** Null: there are no documents. */
  metadata: unknown[] | null;
  /** Of all of them. */
  expiresAt: number | undefined;
  /** Where in the file the batch's i-th row is, for messages. */
  placeOf(i: number): string;
}

export interface Source {
  /** Undefined: that is not known before rows are read. */
  dimensions: number | undefined;
  /** Reads up to the first vector, and resolves to its length; undefined: there is none. */
  firstDimensions?(): Promise<number | undefined>;
  /** What the file says that its vectors are compared by. */
  metric?: Metric;
  /** What the calls of `onRead` add up to; 0 if that is not known. */
  total: number;
  /** How many entries there are, where that is known before all are read. */
  rows?: number;
  /** Rejects with FileError. */
  batches(onRead: (read: number) => void): AsyncGenerator<Batch>;
}

/** Of a batch of vectors. */
export function mostRowsOf(dimensions: number): number {
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_FLOATS / dimensions)));
}

export type MatrixFormat = "npy" | "f32" | "fvecs" | "bvecs";

export function formatOf(path: string): MatrixFormat | "lines" {
  const ending = /\.(npy|f32|fvecs|bvecs)$/i.exec(path)?.[1];
  return (ending?.toLowerCase() as MatrixFormat | undefined) ?? "lines";
}

/** Puts the name of a file in front of what is wrong with it. */
export async function named<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof FileError ? new FileError(`${path}: ${error.message}`) : error;
  }
}

/** Lines of JSON in a file, in the files of a folder, or of stdin for "-". Rejects with FileError. */
export async function openLines(path: string): Promise<Source> {
  const stdin = { name: "stdin", size: 0, stream: () => Bun.stdin.stream() };
  const files = path === "-" ? [stdin] : await Promise.all(filesOf(path).map((file) => named(file, opened(file))));
  const rowsIn = ({ name, stream }: (typeof files)[number], onRead: (read: number) => void) => {
    return jsonRowsOf(stream() as unknown as AsyncIterable<Uint8Array>, name, onRead);
  };
  const firstDimensions = () => dimensionsOfFirst(rowsIn(files[0]!, nothing), files[0]!.name);
  return {
    dimensions: undefined,
    total: files.reduce((sum, { size }) => sum + size, 0),
    ...(path !== "-" && { firstDimensions }),
    async *batches(onRead) {
      for (const file of files) yield* batchesOfRows(rowsIn(file, onRead), file.name);
    },
  };
}

/** For a file that is only looked into. */
const nothing = () => {};

/** Rejects with FileError where a row before it can't be read. */
async function dimensionsOfFirst(found: AsyncIterable<ReadableRow>, name: string): Promise<number | undefined> {
  for await (const row of found) {
    const { vector } = readRow(row, name);
    if (vector !== null) return vector.length;
  }
  return undefined;
}

/** Throws FileError, with the line. */
function readRow({ number, read }: ReadableRow, name: string): Row {
  try {
    return read();
  } catch (error) {
    throw new FileError(`${name}, line ${number}: ${messageOf(error)}`);
  }
}

/** The path itself, or of a folder the files with lines of JSON that lie in it, in the order of their names. */
function filesOf(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => /\.(jsonl|ndjson)$/i.test(name));
  if (names.length === 0) throw new FileError(`${path}: holds no .jsonl or .ndjson files`);
  return names.sort().map((name) => join(path, name));
}

async function opened(path: string) {
  const file = await existing(path);
  return { name: path, size: file.size, stream: () => file.stream() };
}

/** Lines of JSON that are not empty, each to be read when its turn comes. */
async function* jsonRowsOf(chunks: AsyncIterable<Uint8Array>, name: string, onRead: (read: number) => void) {
  for await (const { line, number } of linesOf(chunks, name, onRead)) {
    if (line.trim() !== "") yield { number, read: () => rowOf(line), length: line.length };
  }
}

/** A .csv file with a column of vectors. Rejects with FileError. */
export async function openCsv(path: string, columns: CsvColumns): Promise<Source> {
  const file = await named(path, opened(path));
  const rows = (onRead: (read: number) => void) => {
    return csvRowsOf(file.stream() as unknown as AsyncIterable<Uint8Array>, path, columns, onRead);
  };
  return {
    ...{ dimensions: undefined, total: file.size },
    firstDimensions: () => dimensionsOfFirst(rows(nothing), path),
    batches: (onRead) => batchesOfRows(rows(onRead), path),
  };
}

interface ReadableRow {
  number: number;
  read(): Row;
  /** In characters. */
  length?: number;
}

async function* batchesOfRows(found: AsyncIterable<ReadableRow>, name: string): AsyncGenerator<Batch> {
  let rows: (Row & { number: number })[] = [];
  const keys = new Set<Key>();
  let characters = 0;
  const batch = (): Batch => {
    const { space, vector, expiresAt } = rows[0]!;
    const numbers = rows.map(({ number }) => number);
    return {
      ...{ space, keys: rows.map(({ key }) => key), expiresAt },
      vectors: vector === null ? null : rows.map(({ vector }) => vector!),
      metadata: rows.some(({ metadata }) => metadata !== undefined) ? rows.map(({ metadata }) => metadata) : null,
      placeOf: (i) => `${name}, line ${numbers[i]}`,
    };
  };
  for await (const readable of found) {
    const { number, length = 0 } = readable;
    let row: Row;
    try {
      row = readRow(readable, name);
    } catch (error) {
      if (rows.length > 0) yield batch(); // the lines before it are imported
      throw error;
    }
    // `addMany` takes no key twice, and is for one space and one expiry.
    const isFull = rows.length >= MOST_ROWS || characters >= MOST_CHARACTERS;
    if (rows.length > 0 && (isFull || !isAlike(row, rows[0]!) || keys.has(row.key))) {
      yield batch();
      rows = [];
      keys.clear();
      characters = 0;
    }
    rows.push({ ...row, number });
    keys.add(row.key);
    characters += length;
  }
  if (rows.length > 0) yield batch();
}

function isAlike(a: Row, b: Row): boolean {
  return a.space === b.space && a.expiresAt === b.expiresAt && (a.vector === null) === (b.vector === null);
}

/** One key per line. */
export interface KeyFile {
  path: string;
  integers: boolean;
}

/** A file of vectors; `dimensions` are those of raw floats. `keyFile` null: keys are 0, 1, 2, …. Rejects with FileError. */
export async function openMatrix(path: string, dimensions: number, keyFile: KeyFile | null): Promise<Source> {
  const matrix = await named(path, openAs(formatOf(path), path, dimensions));
  return matrixSource(path, matrix, keyFile && keysFor(path, matrix, keyFile));
}

/** Throws FileError unless there are as many as vectors. */
export function keysFor(path: string, { rows }: Matrix, keyFile: KeyFile): Key[] {
  const keys = readKeys(keyFile.path, keyFile.integers);
  if (keys.length === rows) return keys;
  throw new FileError(`${keyFile.path}: ${counted(keys.length, "key")} for the ${counted(rows, "vector")} of ${path}`);
}

/** `keys` null: 0, 1, 2, … */
export function matrixSource(path: string, matrix: Matrix, keys: Key[] | null): Source {
  const { dimensions, rows } = matrix;
  return { dimensions, total: rows, rows, batches: (onRead) => batchesOfMatrix(path, matrix, keys, onRead) };
}

function openAs(format: MatrixFormat | "lines", path: string, dimensions: number): Promise<Matrix> {
  if (format === "npy") return openNpy(path);
  if (format === "fvecs") return openVecs(path, 4);
  if (format === "bvecs") return openVecs(path, 1);
  return openRaw(path, dimensions);
}

async function* batchesOfMatrix(
  path: string,
  { rows, dimensions, read }: Matrix,
  keys: Key[] | null,
  onRead: (read: number) => void,
): AsyncGenerator<Batch> {
  const most = mostRowsOf(dimensions);
  for (let first = 0; first < rows; ) {
    const batch = new Set<Key>();
    for (let row = first; row < rows && batch.size < most; row++) {
      const key = keys === null ? row : keys[row]!;
      if (batch.has(key)) break; // a later row replaces an earlier one of the same key: it goes into the next batch
      batch.add(key);
    }
    const count = batch.size;
    const start = first;
    const flat = await named(path, read(start, count));
    const vectors = Array.from(batch, (_, i) => flat.subarray(i * dimensions, (i + 1) * dimensions));
    const placeOf = (i: number) => `${path}, row ${start + i}`;
    yield { space: undefined, keys: [...batch], vectors, metadata: null, expiresAt: undefined, placeOf };
    onRead(count);
    first += count;
  }
}

function readKeys(path: string, integers: boolean): Key[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new FileError(`${path}: can't be read: ${messageOf(error)}`);
  }
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  if (lines.at(-1) === "") lines.pop();
  if (!integers) return lines;
  return lines.map((line, i) => {
    const number = Number(line);
    if (/^-?\d+$/.test(line) && Number.isSafeInteger(number)) return number;
    throw new FileError(`${path}: line ${i + 1}: "${line}" is not a safe integer`);
  });
}
