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

/** Size of the whole header, by its first bytes. Throws FileError. */
export function headerBytes(start: Uint8Array): number {
  const isNpy = start.length >= NPY_START_BYTES && Buffer.from(start.subarray(0, 6)).toString("latin1") === MAGIC;
  if (!isNpy) throw new FileError("it is not a .npy file");
  const words = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const version = start[6]!;
  if (version < 1 || version > 3) throw new FileError(`version ${version} of .npy is unknown; known are 1 to 3`);
  return version === 1 ? 10 + words.getUint16(8, true) : 12 + words.getUint32(8, true);
}

/** Throws FileError if it is not a matrix that can be read. */
export function readHeader(header: Uint8Array): { rows: number; columns: number; width: 4 | 8 } {
  const text = new TextDecoder().decode(header.subarray(header[6] === 1 ? 10 : 12));
  const { descr, fortran_order: fortran, shape } = readDict(text);
  const width = descr === "<f4" ? 4 : descr === "<f8" ? 8 : null;
  if (width === null) {
    const found = typeof descr === "string" ? `'${descr}'` : "records";
    throw new FileError(`the values are ${found}, not '<f4' or '<f8': convert with array.astype('<f4')`);
  }
  if (fortran !== false) throw new FileError("the array is in Fortran order: save numpy.ascontiguousarray(array)");
  const isMatrix = Array.isArray(shape) && shape.length === 2;
  if (!isMatrix) throw new FileError(`the shape is (${shape}), not (vectors, dimensions)`);
  return { rows: shape[0], columns: shape[1], width };
}

/** The Python dict as an object: NumPy writes strings, True, False, integers, tuples and lists. */
function readDict(text: string): Record<string, unknown> {
  const json = text
    .replaceAll("'", '"')
    .replace(/\bTrue\b|\bFalse\b/g, (word) => word.toLowerCase())
    .replace(/[()]/g, (bracket) => (bracket === "(" ? "[" : "]"))
    .replace(/,(?=\s*[\]}])/g, "");
  try {
    const found = JSON.parse(json);
    if (found?.descr !== undefined) return found;
  } catch {} // not even a dict
  throw new FileError("the header of the .npy file is malformed");
}
