/*
 * How are the vectors of .fvecs and .bvecs files read (those of the SIFT and GIST data sets, corpus-texmex.irisa.fr)?
 *
 *   [dimensions, i32][values: f32 or u8 each] for every vector, little-endian
 */
import { FileError } from "../terminal/failures.ts";
import { bytesOf, existing, type Matrix } from "./matrix.ts";

const HEAD_BYTES = 4;

/** Rejects with FileError. `width`: bytes of a value. */
export async function openVecs(path: string, width: 1 | 4): Promise<Matrix> {
  const file = await existing(path);
  if (file.size < HEAD_BYTES) throw new FileError("the file ends before its first vector");
  const dimensions = headAt(viewOf(await bytesOf(file, 0, HEAD_BYTES)), 0);
  const stride = HEAD_BYTES + dimensions * width;
  if (dimensions < 1 || file.size % stride !== 0) {
    const vectors = `vectors of ${dimensions} values of ${width === 1 ? "1 byte" : "4 bytes"}`;
    throw new FileError(`its ${file.size} bytes are not a whole number of ${vectors}`);
  }
  const read = async (first: number, count: number) => {
    const bytes = viewOf(await bytesOf(file, first * stride, count * stride));
    if (bytes.byteLength !== count * stride) throw new FileError("it was truncated while it was read");
    const floats = new Float32Array(count * dimensions);
    for (let row = 0, place = 0; row < count; row++) {
      const start = row * stride;
      const found = headAt(bytes, start);
      if (found !== dimensions) throw new FileError(`row ${first + row} has ${found} values, the first ${dimensions}`);
      for (let at = start + HEAD_BYTES; at < start + stride; at += width) {
        floats[place++] = width === 1 ? bytes.getUint8(at) : bytes.getFloat32(at, true);
      }
    }
    return floats;
  };
  return { rows: file.size / stride, dimensions, read };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const headAt = (bytes: DataView, at: number) => bytes.getInt32(at, true);
