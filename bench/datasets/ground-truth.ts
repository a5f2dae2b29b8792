// Which are the true nearest neighbours? Brute force over all pairs, ties by lowest row.

/** Base rows whose vectors stay in the second-level cache while every query passes over them. */
const BLOCK_FLOATS = 64 * 1024;

/** For each query its k best rows by inner product, best first: queryCount x k. */
export function exactNeighbours(base: Float32Array, queries: Float32Array, dimensions: number, k: number): Int32Array {
  const rows = base.length / dimensions;
  const queryCount = queries.length / dimensions;
  if (rows < k) throw new Error(`${rows} rows cannot give ${k} neighbours`);
  const ids = new Int32Array(queryCount * k).fill(-1);
  const scores = new Float64Array(queryCount * k).fill(-Infinity);
  const blockRows = Math.max(1, Math.floor(BLOCK_FLOATS / dimensions));
  for (let first = 0; first < rows; first += blockRows) {
    const end = Math.min(rows, first + blockRows);
    for (let query = 0; query < queryCount; query++) {
      for (let row = first; row < end; row++) {
        const score = dot(base, row * dimensions, queries, query * dimensions, dimensions);
        if (score > (scores[query * k + k - 1] as number)) insert(ids, scores, query * k, k, row, score);
      }
    }
  }
  return ids;
}

/** Four sums side by side: one chain of additions would wait for its own last result. */
function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, dimensions: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= dimensions; i += 4) {
    const p = aStart + i;
    const q = bStart + i;
    s0 += (a[p] as number) * (b[q] as number);
    s1 += (a[p + 1] as number) * (b[q + 1] as number);
    s2 += (a[p + 2] as number) * (b[q + 2] as number);
    s3 += (a[p + 3] as number) * (b[q + 3] as number);
  }
  for (; i < dimensions; i++) s0 += (a[aStart + i] as number) * (b[bStart + i] as number);
  return s0 + s1 + s2 + s3;
}

/** Inserts into a sorted list of k; among equal scores the earlier row stays first. */
function insert(ids: Int32Array, scores: Float64Array, start: number, k: number, row: number, score: number): void {
  let at = start + k - 1;
  while (at > start && score > (scores[at - 1] as number)) {
    scores[at] = scores[at - 1] as number;
    ids[at] = ids[at - 1] as number;
    at--;
  }
  scores[at] = score;
  ids[at] = row;
}
