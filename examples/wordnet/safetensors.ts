// How is one tensor read out of a safetensors file without reading the others?
//
//   u64 little endian: N | N bytes of JSON: name → { dtype, shape, data_offsets } | the tensors' bytes
//                                            offsets count from the end of the JSON

export interface Tensor {
  rows: number;
  columns: number;
  /** Row after row. */
  values: Float32Array;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [start: number, end: number];
}

/** Reads a matrix stored as fp16 and widens it to f32. Throws when there is no such matrix. */
export async function readMatrix(path: string, name: string): Promise<Tensor> {
  const file = Bun.file(path);
  const headerBytes = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
  const header: Record<string, Entry> = await file.slice(8, 8 + headerBytes).json();
  const entry = header[name];
  if (entry === undefined) throw new Error(`no tensor named ${name} in ${path}`);
  const [rows, columns] = entry.shape;
  if (entry.dtype !== "F16" || rows === undefined || columns === undefined || entry.shape.length !== 2) {
    throw new Error(`${name} is ${entry.dtype} ${entry.shape.join(" x ")}; an F16 matrix is needed`);
  }
  const [start, end] = entry.data_offsets;
  const bytes = await file.slice(8 + headerBytes + start, 8 + headerBytes + end).arrayBuffer();
  return { rows, columns, values: Float32Array.from(new Float16Array(bytes)) };
}
