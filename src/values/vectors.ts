/* Is a value a vector, or a list of them, in the form that the index takes? */
import { HnswError } from "../errors.ts";

/** One vector: as many finite numbers as the index has dimensions. Values are stored as 32-bit floats. */
export type Vector = Float32Array | Float64Array | readonly number[];

/** @internal Throws BAD_VECTOR or BAD_DIMENSIONS. The core checks the values. */
export function checkShape(vector: unknown, dimensions: number, name = "The vector"): asserts vector is Vector {
  if (!(vector instanceof Float32Array || vector instanceof Float64Array || Array.isArray(vector))) {
    throw badVector(`${name} must be a Float32Array, a Float64Array or an array of numbers.`);
  }
  if (vector.length !== dimensions) {
    throw new HnswError("BAD_DIMENSIONS", `${name} has ${vector.length} dimensions, the index has ${dimensions}.`);
  }
  if (!Array.isArray(vector)) return;
  for (let i = 0; i < dimensions; i++) {
    if (typeof vector[i] === "number") continue;
    throw badVector(`${name} holds ${typeof vector[i]} at position ${i}, not a number.`);
  }
}

function badVector(message: string): HnswError {
  return new HnswError("BAD_VECTOR", message);
}

/** @internal */
export type Vectors = Float32Array | readonly Vector[];

/** @internal Many vectors: one flat Float32Array of count × dimensions, or an array of vectors. */
export class VectorList {
  readonly count: number;
  private readonly dimensions: number;
  private readonly flat: Float32Array | null = null;
  private readonly rows: readonly Vector[] | null = null;

  /** Throws BAD_VECTOR or BAD_DIMENSIONS. */
  constructor(given: unknown, dimensions: number) {
    this.dimensions = dimensions;
    if (given instanceof Float32Array) {
      if (given.length % dimensions !== 0) {
        const message = `A flat array of vectors must hold a multiple of ${dimensions} floats, not ${given.length}.`;
        throw new HnswError("BAD_DIMENSIONS", message);
      }
      this.flat = given;
      this.count = given.length / dimensions;
      return;
    }
    if (!Array.isArray(given)) {
      throw badVector("Vectors must be one Float32Array of count × dimensions or an array of vectors.");
    }
    if (typeof given[0] === "number") {
      throw badVector("A flat array of vectors must be a Float32Array, not an array of numbers.");
    }
    this.rows = given;
    this.count = given.length;
    if (this.count > 0) this.checkRows(0, 1); // an array of numbers is refused at once; the other rows when their slice comes
  }

  /** Checks the shapes of rows: an array can change while a call waits. Throws BAD_VECTOR or BAD_DIMENSIONS. */
  checkRows(first: number, count: number): void {
    if (this.rows === null) return;
    for (let i = first; i < first + count; i++) checkShape(this.rows[i], this.dimensions, `Vector ${i}`);
  }

  row(i: number): Vector {
    const { flat, dimensions } = this;
    return flat ? flat.subarray(i * dimensions, (i + 1) * dimensions) : this.rows![i]!;
  }

  /** A flat copy of rows `first` to `first + count` − 1. */
  flatten(first: number, count: number): Float32Array {
    const flat = new Float32Array(count * this.dimensions);
    for (let i = 0; i < count; i++) flat.set(this.row(first + i), i * this.dimensions);
    return flat;
  }

  /** Copies rows to the start of a seat's intake. */
  copyTo(
    seat: { putVectors(flat: Float32Array, first: number, count: number): void; putVector(v: Vector, i: number): void },
    first: number,
    count: number,
  ): void {
    if (this.flat) seat.putVectors(this.flat, first, count);
    else for (let i = 0; i < count; i++) seat.putVector(this.rows![first + i]!, i);
  }
}
