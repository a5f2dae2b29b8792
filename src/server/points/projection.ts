/*
 * How do vectors look from afar? Their first two principal components, by power iteration (Hotelling, 1933) over a part of
 * them: two axes of so few numbers are found well by some thousands.
 */

export interface Projected {
  x: number;
  y: number;
}

const ROUNDS = 30;
const MOST_FOR_AXES = 2000;
const AT_ONCE = 128; // vectors between two places where it may be interrupted

/** Yields wherever it may be interrupted. */
export function* project(vectors: readonly Float32Array[]): Generator<void, Projected[]> {
  const size = vectors[0]?.length ?? 0;
  const every = Math.ceil(vectors.length / MOST_FOR_AXES);
  const some = vectors.filter((_, i) => i % every === 0);
  const mean = new Float64Array(size);
  for (const [i, vector] of some.entries()) {
    for (let d = 0; d < size; d++) mean[d]! += vector[d]! / some.length;
    if (i % AT_ONCE === 0) yield;
  }
  const axes: Float64Array[] = [];
  for (const seed of [1, 2]) axes.push(yield* axisOf(some, mean, seed, axes));
  const places: Projected[] = [];
  for (const [i, vector] of vectors.entries()) {
    places.push({ x: dot(vector, mean, axes[0]!), y: dot(vector, mean, axes[1]!) });
    if (i % AT_ONCE === 0) yield;
  }
  return places;
}

/** The direction in which the vectors differ most, at right angles to `others`. */
function* axisOf(vectors: readonly Float32Array[], mean: Float64Array, seed: number, others: readonly Float64Array[]) {
  let axis = unit(
    Float64Array.from(mean, (_, i) => Math.sin(seed * 12.9898 * (i + 1))),
    others,
  );
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(mean.length);
    for (const [i, vector] of vectors.entries()) {
      const along = dot(vector, mean, axis);
      for (let d = 0; d < next.length; d++) next[d]! += along * (vector[d]! - mean[d]!);
      if (i % AT_ONCE === 0) yield;
    }
    axis = unit(next, others);
  }
  return axis;
}

function dot(vector: Float32Array, mean: Float64Array, axis: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < axis.length; i++) sum += (vector[i]! - mean[i]!) * axis[i]!;
  return sum;
}

/** Of length 1 or 0, and at right angles to the others. */
function unit(axis: Float64Array<ArrayBuffer>, others: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  for (const other of others) {
    const along = axis.reduce((sum, value, i) => sum + value * other[i]!, 0);
    for (let i = 0; i < axis.length; i++) axis[i]! -= along * other[i]!;
  }
  const length = Math.sqrt(axis.reduce((sum, value) => sum + value * value, 0));
  return length < 1e-12 ? axis.fill(0) : axis.map((value) => value / length);
}
