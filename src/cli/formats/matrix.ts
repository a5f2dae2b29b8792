/* How are the vectors of a .npy or .f32 file read, some rows at a time? */
import { FileError } from "../terminal/failures.ts";
import { headerBytes, NPY_START_BYTES, readHeader } from "./npy.ts";

const PIECE_BYTES = 1 << 28; // of a read

export interface Matrix {
  rows: number;
  dimensions: number;
  /** Rows as 32-bit floats; 64-bit ones are rounded. */
  read(first: number, count: number): Promise<Float32Array>;
}

/** Rejects with FileError. */
export async function openNpy(path: string): Promise<Matrix> {
  return await npyIn(await existing(path));
}

/** The same of bytes that are in memory. Rejects with FileError. */
export async function npyIn(file: Blob): Promise<Matrix> {
  const start = await bytesOf(file, 0, NPY_START_BYTES);
  const length = headerBytes(start);
  if (length > file.size) throw new FileError("the file ends in its header");
  const { rows, columns, width } = readHeader(await bytesOf(file, 0, length));
  const expected = length + rows * columns * width;
  if (file.size !== expected) {
    const floats = `${rows} × ${columns} floats of ${width} bytes`;
    throw new FileError(`${floats} make ${expected} bytes, the file has ${file.size}`);
  }
  return matrixIn(file, length, rows, columns, width);
}

/** Nothing but floats. Rejects with FileError. */
export async function openRaw(path: string, dimensions: number): Promise<Matrix> {
  const file = await existing(path);
  const rows = file.size / (4 * dimensions);
  if (Number.isInteger(rows)) return matrixIn(file, 0, rows, dimensions, 4);
  throw new FileError(`its ${file.size} bytes are not a multiple of ${dimensions} floats of 4 bytes`);
}

/** A file that can be read. Rejects with FileError. */
export async function existing(path: string): Promise<Bun.BunFile> {
  const file = Bun.file(path);
  try {
    if ((await file.stat()).isFile()) return file;
  } catch {
    throw new FileError("there is no such file");
  }
  throw new FileError("it is not a regular file");
}

function matrixIn(file: Blob, offset: number, rows: number, dimensions: number, width: 4 | 8): Matrix {
  const read = async (first: number, count: number) => {
    const bytes = await bytesOf(file, offset + first * dimensions * width, count * dimensions * width);
    if (bytes.length !== count * dimensions * width) throw new FileError("it was truncated while it was read");
    return width === 4 ? new Float32Array(bytes.buffer) : Float32Array.from(new Float64Array(bytes.buffer));
  };
  return { rows, dimensions, read };
}

/** Fewer where the file ends before. */
export async function bytesOf(file: Blob, first: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(first, first + count).arrayBuffer());
}

/** All of a file, in pieces, since a read of more than 2 GiB fails. Rejects with FileError. */
export async function wholeOf(path: string): Promise<Uint8Array> {
  const file = await existing(path);
  const bytes = new Uint8Array(file.size);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) bytes.set(await bytesOf(file, at, PIECE_BYTES), at);
  return bytes;
}
