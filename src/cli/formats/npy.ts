/*
 * What does the header of a .npy file say? (NumPy's format 1 to 3: NEP 1, `numpy.lib.format`.)
 *
 *   [\x93NUMPY][major][minor][length of the text, u16; u32 from version 2 on][text][values]
 *
 * The text is a Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 */
import { FileError } from "../terminal/failures.ts";

export const NPY_START_BYTES = 12; // what `headerBytes` needs

const MAGIC = "\x93NUMPY";

const MOST_BYTES = 1 << 17; // of a header; that of a matrix takes 128

/** Size of the whole header, by its first bytes. Throws FileError. */
export function headerBytes(start: Uint8Array): number {
  const isNpy = start.length >= NPY_START_BYTES && Buffer.from(start.subarray(0, 6)).toString("latin1") === MAGIC;
  if (!isNpy) throw new FileError("it is not a .npy file");
  const words = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const version = start[6]!;
  if (version < 1 || version > 3) throw new FileError(`version ${version} of .npy is unknown; known are 1 to 3`);
  const bytes = version === 1 ? 10 + words.getUint16(8, true) : 12 + words.getUint32(8, true);
  if (bytes > MOST_BYTES) throw new FileError(`its header of ${bytes} bytes is not that of a matrix`);
  return bytes;
}

/** What a header says of an array: its type as NumPy writes it, "[" for records, and its sizes. Throws FileError. */
export function readArrayHeader(header: Uint8Array): { type: string; isFortran: boolean; sizes: number[] } {
  const text = new TextDecoder().decode(header.subarray(header[6] === 1 ? 10 : 12)).trim();
  const descr = fieldOf(text, "descr", /'[^']{0,20}'|\[/);
  const fortran = fieldOf(text, "fortran_order", /True|False/);
  const shape = fieldOf(text, "shape", /\([\d\s,]*\)/);
  const sizes = (shape.match(/\d+/g) ?? []).map(Number);
  return { type: descr.replaceAll("'", ""), isFortran: fortran === "True", sizes };
}

/** Throws FileError if it is not a matrix that can be read. */
export function readHeader(header: Uint8Array): { rows: number; columns: number; width: 4 | 8 } {
  const { type, isFortran, sizes } = readArrayHeader(header);
  const width = type === "<f4" ? 4 : type === "<f8" ? 8 : null;
  if (width === null) {
    const found = type === "[" ? "records" : `'${type}'`;
    throw new FileError(`the values are ${found}, not '<f4' or '<f8': convert with array.astype('<f4')`);
  }
  if (isFortran) throw new FileError("the array is in Fortran order: save numpy.ascontiguousarray(array)");
  const [rows, columns] = sizes;
  if (rows === undefined || columns === undefined || sizes.length > 2 || !sizes.every(Number.isSafeInteger)) {
    const found = sizes.length > 8 ? [...sizes.slice(0, 8), "…"] : sizes;
    throw new FileError(`the shape is (${found}), not (vectors, dimensions)`);
  }
  return { rows, columns, width };
}

/** The text of a value in the Python dict, which can nest only in what is refused. Throws FileError. */
function fieldOf(text: string, name: string, value: RegExp): string {
  const field = new RegExp(`'${name}'\\s*:\\s*(${value.source})`).exec(text)?.[1];
  if (field !== undefined && text.startsWith("{") && text.endsWith("}")) return field;
  throw new FileError("the header of the .npy file is malformed");
}
