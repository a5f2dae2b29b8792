/* How does NumPy write an array into a file? */

/** A head as NumPy writes it: padded with spaces to a multiple of 64 bytes. */
export function npy(dict: string, values: Uint8Array = new Uint8Array(0), major = 1): Buffer {
  const start = major === 1 ? 10 : 12;
  const text = `${dict.padEnd(Math.ceil((start + dict.length + 1) / 64) * 64 - start - 1)}\n`;
  const head = Buffer.alloc(start + text.length);
  head.write("\x93NUMPY", "latin1");
  head[6] = major;
  if (major === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  head.write(text, start, "latin1");
  return Buffer.concat([head, values]);
}

/** The head of `npy`. */
export const dictOf = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
