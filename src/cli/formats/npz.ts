/* Which arrays of a .npz file are vectors and keys (`numpy.savez`: .npy files in a ZIP archive)? */
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import { counted } from "../terminal/amounts.ts";
import { FileError } from "../terminal/failures.ts";
import type { Columns } from "./columns.ts";
import { existing, type Matrix, npyIn } from "./matrix.ts";
import { headerBytes, NPY_START_BYTES, readArrayHeader } from "./npy.ts";
import { type KeyFile, keysFor, matrixSource, type Source } from "./sources.ts";
import { entriesOf, readEntry, type ZipEntry } from "./zip.ts";

const VECTORS = ["vectors", "vector", "embeddings", "embedding", "arr_0"];
const KEYS = ["keys", "key", "ids", "id"];

/** `names`: of the arrays. Without keys, in it or in `keyFile`, they are 0, 1, 2, … Rejects with FileError. */
export async function openNpz(path: string, names: Columns, keyFile: KeyFile | null): Promise<Source> {
  try {
    const file = await existing(path);
    const entries = await entriesOf(file);
    const arrays = new Map(entries.map((entry) => [entry.name.replace(/\.npy$/, ""), entry]));
    const vectors = arrayOf(arrays, "vector", names.vector, VECTORS);
    if (vectors === null) throw new FileError(missing("vector", VECTORS, arrays));
    const keys = keyFile === null ? arrayOf(arrays, "key", names.key, KEYS) : null;
    const matrix = await npyIn(new Blob([await readEntry(file, vectors)]));
    if (keyFile !== null) return matrixSource(path, matrix, keysFor(path, matrix, keyFile));
    return matrixSource(path, matrix, keys && keysIn(await readEntry(file, keys), keys.name, matrix));
  } catch (error) {
    const message = messageOf(error);
    throw error instanceof FileError && !message.startsWith(keyFile?.path ?? path)
      ? new FileError(`${path}: ${message}`)
      : error;
  }
}

/** The one that is named, or the first of the usual names; null: there is none. */
function arrayOf(
  arrays: ReadonlyMap<string, ZipEntry>,
  what: string,
  given: string | undefined,
  usual: string[],
): ZipEntry | null {
  if (given === undefined) return usual.map((name) => arrays.get(name)).find((one) => one !== undefined) ?? null;
  const found = arrays.get(given);
  if (found === undefined) throw new FileError(missing(what, [given], arrays));
  return found;
}

function missing(what: string, wanted: string[], arrays: ReadonlyMap<string, ZipEntry>): string {
  const list = `there are ${[...arrays.keys()].join(", ") || "none"}`;
  return `no array is named ${wanted.join(" or ")}: give --${what}-column; ${list}`;
}

/** Integers, or texts as NumPy has them: 32 bits a code point (<U), or bytes (|S), filled up with zeros. */
function keysIn(bytes: Uint8Array, name: string, { rows }: Matrix): Key[] {
  const start = headerBytes(bytes.subarray(0, NPY_START_BYTES));
  const { type, sizes } = readArrayHeader(bytes.subarray(0, start));
  const read = readerOf(type, name);
  if (sizes.length !== 1) throw new FileError(`${name} has the shape (${sizes}), not (keys)`);
  if (sizes[0] !== rows) throw new FileError(`${name} has ${counted(sizes[0]!, "key")} for ${counted(rows, "vector")}`);
  if (bytes.length !== start + rows * read.width) throw new FileError(`${name} does not end with its last key`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, rows * read.width);
  return Array.from({ length: rows }, (_, i) => read.one(view, i * read.width));
}

interface KeyReader {
  width: number;
  one(view: DataView, at: number): Key;
}

function readerOf(type: string, name: string): KeyReader {
  const [, kind, digits] = /^[<|]([iuUS])(\d{1,6})$/.exec(type) ?? [];
  const size = Number(digits);
  if (kind === "U") return { width: 4 * size, one: (view, at) => textAt(view, at, size, name) };
  if (kind === "S") return { width: size, one: (view, at) => utf8At(view, at, size, name) };
  if ((kind === "i" || kind === "u") && [1, 2, 4, 8].includes(size)) {
    return { width: size, one: (view, at) => integerAt(view, at, size, kind === "i") };
  }
  const hint = "save them as texts or integers, such as array.astype(str)";
  throw new FileError(
    `${name} holds values of the type ${type === "|O" ? "object, which only Python reads" : type}: ${hint}`,
  );
}

function integerAt(view: DataView, at: number, size: number, isSigned: boolean): Key {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(at + i));
  if (isSigned) value = BigInt.asIntN(8 * size, value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function textAt(view: DataView, at: number, size: number, name: string): string {
  let text = "";
  for (let i = 0; i < size; i++) {
    const point = view.getUint32(at + 4 * i, true);
    if (point === 0) break;
    if (point > 0x10ffff) throw new FileError(`${name} holds a text that is none`);
    text += String.fromCodePoint(point);
  }
  return text;
}

function utf8At(view: DataView, at: number, size: number, name: string): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size);
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end < 0 ? size : end));
  } catch {
    throw new FileError(`${name} holds a text that is not UTF-8`);
  }
}
