/* What is in a file that is to be imported? Batches of keys and vectors, no key twice in one. */

import { readFileSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import type { Given } from "../command.ts";
import { FileError } from "../failures.ts";
import { counted } from "../terminal/amounts.ts";
import { rowOf } from "./jsonl.ts";
import { linesOf } from "./lines.ts";
import { existing, type Matrix, openNpy, openRaw } from "./matrix.ts";

const MOST_ROWS = 2000; // of a batch
const MOST_FLOATS = 1 << 19;

export interface Batch {
  /** That its lines name. */
  space: string | undefined;
  keys: Key[];
  vectors: (Float32Array | number[])[];
  /** Where in the file the batch's i-th row is, for messages. */
  placeOf(i: number): string;
}

export interface Source {
  /** Of its vectors, if the file knows. */
  dimensions: number | undefined;
  /** What `onRead` adds up to; 0: nobody knows. */
  total: number;
  /** Rejects with FileError. */
  batches(onRead: (read: number) => void): AsyncGenerator<Batch>;
}

/** Opens the file that an import was given. Rejects with FileError or UsageError. */
export async function openSource(given: Given, dimensionsOfIndex: number | undefined): Promise<Source> {
  const path = given.place(1);
  if (given.has("integer-keys") && !given.has("keys")) throw given.wrong("--integer-keys needs --keys");
  if (!/\.(npy|f32)$/i.test(path)) {
    if (given.has("keys")) throw given.wrong("lines of JSON hold their keys: --keys is for .npy and .f32");
    return await openLines(path);
  }
  if (given.has("all")) throw given.wrong("--all is for lines of JSON");
  if (/\.npy$/i.test(path)) return fromMatrix(path, await told(path, openNpy(path)), given);
  const dimensions = given.integer("dimensions") ?? dimensionsOfIndex;
  if (dimensions === undefined) throw given.wrong(`${given.place(0)} is new: give --dimensions`);
  if (dimensions < 1) throw given.wrong("--dimensions must be 1 or more");
  return fromMatrix(path, await told(path, openRaw(path, dimensions)), given);
}

/** What is wrong with a file, with its name before it. */
async function told<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof FileError ? new FileError(`${path}: ${error.message}`) : error;
  }
}

// ── lines of JSON ───────────────────────────────────────────────────────────────────────────────────────────────────
async function openLines(path: string): Promise<Source> {
  const file = path === "-" ? null : await told(path, existing(path));
  const chunks = () => (file === null ? Bun.stdin.stream() : file.stream()) as unknown as AsyncIterable<Uint8Array>;
  const name = file === null ? "stdin" : path;
  return {
    dimensions: undefined,
    total: file?.size ?? 0,
    batches: (onRead) => batchesOfLines(chunks(), name, onRead),
  };
}

async function* batchesOfLines(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  onRead: (read: number) => void,
): AsyncGenerator<Batch> {
  let gathered = new GatheredLines(name, undefined);
  for await (const { line, number } of linesOf(chunks, name, onRead)) {
    if (line.trim() === "") continue;
    let row: ReturnType<typeof rowOf>;
    try {
      row = rowOf(line);
    } catch (error) {
      if (gathered.keys.length > 0) yield gathered; // what stands before it is in
      throw new FileError(`${name}, line ${number}: ${messageOf(error)}`);
    }
    if (!gathered.takes(row.space, row.key)) {
      yield gathered;
      gathered = new GatheredLines(name, row.space);
    }
    gathered.add(row.space, row.key, row.vector, number);
  }
  if (gathered.keys.length > 0) yield gathered;
}

class GatheredLines implements Batch {
  readonly keys: Key[] = [];
  readonly vectors: number[][] = [];
  space: string | undefined;
  private readonly name: string;
  private readonly numbers: number[] = [];
  private readonly seen = new Set<Key>();
  private floats = 0;

  constructor(name: string, space: string | undefined) {
    this.name = name;
    this.space = space;
  }

  /** Whether another row has its place in this batch: `addMany` takes no key twice, and is of one space. */
  takes(space: string | undefined, key: Key): boolean {
    if (this.keys.length === 0) return true;
    const isFull = this.keys.length >= MOST_ROWS || this.floats >= MOST_FLOATS;
    return !isFull && space === this.space && !this.seen.has(key);
  }

  add(space: string | undefined, key: Key, vector: number[], number: number): void {
    this.space = space;
    this.keys.push(key);
    this.vectors.push(vector);
    this.numbers.push(number);
    this.seen.add(key);
    this.floats += vector.length;
  }

  readonly placeOf = (i: number): string => `${this.name}, line ${this.numbers[i]}`;
}

// ── matrices ────────────────────────────────────────────────────────────────────────────────────────────────────────
function fromMatrix(path: string, matrix: Matrix, given: Given): Source {
  const { rows, dimensions } = matrix;
  const file = given.text("keys");
  const keys = file === undefined ? null : readKeys(file, given.has("integer-keys"));
  if (keys !== null && keys.length !== rows) {
    throw new FileError(`${file}: ${counted(keys.length, "key")} for the ${counted(rows, "vector")} of ${path}`);
  }
  return { dimensions, total: rows, batches: (onRead) => batchesOfMatrix(path, matrix, keys, onRead) };
}

async function* batchesOfMatrix(
  path: string,
  { rows, dimensions, read }: Matrix,
  keys: Key[] | null,
  onRead: (read: number) => void,
): AsyncGenerator<Batch> {
  const most = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_FLOATS / dimensions)));
  for (let first = 0; first < rows; ) {
    const batch = new Set<Key>();
    for (let row = first; row < rows && batch.size < most; row++) {
      const key = keys === null ? row : keys[row]!;
      if (batch.has(key)) break; // a later row of the same key replaces it: it goes into the next batch
      batch.add(key);
    }
    const count = batch.size;
    const start = first;
    const flat = await told(path, read(start, count));
    const vectors = Array.from(batch, (_, i) => flat.subarray(i * dimensions, (i + 1) * dimensions));
    yield { space: undefined, keys: [...batch], vectors, placeOf: (i) => `${path}, row ${start + i}` };
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
