// What must a data set's maker provide?

export const QUERY_COUNT = 1000;

export interface Source {
  dimensions: number;
  /** Vectors in the full base. */
  size: number;
  /** A native peer below this recall@10 at ef 64 is not one to compare rates with. */
  recallFloor: number;
  /** Everything the vectors depend on; its hash names the cached files. */
  recipe: object;
  /** Unit-length vectors: size x dimensions, and QUERY_COUNT x dimensions that are not among them. */
  make(): Promise<{ base: Float32Array; queries: Float32Array }>;
}
