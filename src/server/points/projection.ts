/* How do vectors look from afar? Their first two principal components, by power iteration. */

export interface Projected {
  x: number;
  y: number;
}

const ROUNDS = 30;

/** Yields wherever it may be interrupted. */
export function* project(vectors: readonly Float32Array[]): Generator<void, Projected[]> {
  const size = vectors[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) for (let i = 0; i < size; i++) mean[i]! += vector[i]! / vectors.length;
  const axes: Float64Array[] = [];
  for (const seed of [1, 2]) {
    let axis = Float64Array.from({ length: size }, (_, i) => Math.sin(seed * 12.9898 * (i + 1)));
    for (let round = 0; round < ROUNDS; round++) {
      const next = new Float64Array(size);
      for (const [i, vector] of vectors.entries()) {
        const along = dot(vector, mean, axis);
        for (let d = 0; d < size; d++) next[d]! += along * (vector[d]! - mean[d]!);
        if ((i & 255) === 255) yield;
      }
      axis = unit(next, axes);
    }
    axes.push(axis);
  }
  return vectors.map((vector) => ({ x: dot(vector, mean, axes[0]!), y: dot(vector, mean, axes[1]!) }));
}

function dot(vector: Float32Array, mean: Float64Array, axis: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < axis.length; i++) sum += (vector[i]! - mean[i]!) * axis[i]!;
  return sum;
}

/** Of length 1, and at right angles to the others. */
function unit(axis: Float64Array<ArrayBuffer>, others: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  for (const other of others) {
    const along = axis.reduce((sum, value, i) => sum + value * other[i]!, 0);
    for (let i = 0; i < axis.length; i++) axis[i]! -= along * other[i]!;
  }
  const length = Math.hypot(...axis) || 1;
  return axis.map((value) => value / length);
}
