/* Is a value a vector, or a list of them, in the form that the index takes, and what does it hold? */
import { HnswError } from "../errors.ts";
import { nameOf } from "./kind.ts";
import { isNumberArray, lengthOf, type NumberArray, type NumberView, viewOf } from "./number-arrays.ts";

/**
 * One vector: as many finite numbers as the index has dimensions, in a typed array of any kind but bigints or in an array.
 * Values are stored as 32-bit floats.
 */
export type Vector = NumberArray | readonly number[];

/** @internal Many vectors: one flat typed array of count × dimensions numbers, or an array of vectors. */
export type Vectors = NumberArray | readonly Vector[];

/** Room for the floats of one array; null while one is read, because that may run code of the caller's, which may add. */
let room: Float32Array | null = null;

/**
 * @internal The numbers of a vector, to be copied before other code runs: of a typed array they are in the caller's memory,
 * of an array where the next one's will be. Throws BAD_VECTOR or BAD_DIMENSIONS. The core checks the values.
 */
export function numbersOf(vector: unknown, dimensions: number, name = "The vector"): NumberArray {
  if (isNumberArray(vector)) {
    checkLength(lengthOf(vector), dimensions, name);
    return vector;
  }
  const floats = room?.length === dimensions ? room : new Float32Array(dimensions);
  room = null;
  copyRow(vector, floats, 0, dimensions, name);
  room = floats;
  return floats;
}

/** Copies a vector to `at` of an array of ours. */
function copyRow(vector: unknown, to: Float32Array, at: number, dimensions: number, name: string): void {
  if (isNumberArray(vector)) {
    checkLength(lengthOf(vector), dimensions, name);
    to.set(vector, at);
    return;
  }
  if (!Array.isArray(vector)) {
    throw badVector(`${name} must be a typed array or an array of numbers, not ${nameOf(vector)}.`);
  }
  checkLength(vector.length, dimensions, name);
  for (let i = 0; i < dimensions; i++) {
    const value: unknown = vector[i]; // read once: a getter or a Proxy may return another value each time
    if (typeof value !== "number") throw badVector(`${name} holds ${typeof value} at position ${i}, not a number.`);
    to[at + i] = value;
  }
}

function checkLength(length: number, dimensions: number, name: string): void {
  if (length === dimensions) return;
  throw new HnswError("BAD_DIMENSIONS", `${name} has ${length} dimensions, the index has ${dimensions}.`);
}

function badVector(message: string): HnswError {
  return new HnswError("BAD_VECTOR", message);
}

/** @internal A place for many vectors: a seat's intake. */
interface Intake {
  putVectors(flat: NumberView, first: number, count: number): void;
}

/** @internal Many vectors, read slice by slice while a call runs. */
export class VectorList {
  readonly count: number;
  private readonly dimensions: number;
  private readonly flat: NumberView | null = null;
  private readonly rows: readonly unknown[] | null = null;
  /** How many rows were found sound: if one of them is no vector any more, it has changed. */
  private sound = 0;

  /** Throws BAD_VECTOR or BAD_DIMENSIONS. */
  constructor(given: unknown, dimensions: number) {
    this.dimensions = dimensions;
    if (isNumberArray(given)) {
      this.flat = viewOf(given);
      this.count = this.flat.length / dimensions;
      if (Number.isInteger(this.count)) return;
      const message = `A flat array of vectors must hold a multiple of ${dimensions} numbers, not ${this.flat.length}.`;
      throw new HnswError("BAD_DIMENSIONS", message);
    }
    if (!Array.isArray(given)) {
      throw badVector("Vectors must be one typed array of count × dimensions numbers, or an array of vectors.");
    }
    if (typeof given[0] === "number") {
      throw badVector("A flat array of vectors must be a typed array such as Float32Array, not an array of numbers.");
    }
    this.rows = given;
    this.count = given.length;
    if (this.count > 0) this.copy(0, 1); // what is no list of vectors is refused at once; others when their slice comes
  }

  /** A flat copy of `count` rows. Throws BAD_VECTOR or BAD_DIMENSIONS, or INPUT_CHANGED. */
  copy(first: number, count: number): Float32Array {
    const { flat, rows, dimensions } = this;
    this.checkCount();
    if (flat) return new Float32Array(flat.subarray(first * dimensions, (first + count) * dimensions));
    const copied = new Float32Array(count * dimensions);
    for (let i = 0; i < count; i++) this.copyRow(rows![first + i], copied, i, first + i);
    this.checkCount();
    return copied;
  }

  private copyRow(row: unknown, to: Float32Array, place: number, i: number): void {
    try {
      copyRow(row, to, place * this.dimensions, this.dimensions, `Vector ${i}`);
    } catch (error) {
      throw i < this.sound && error instanceof HnswError ? changed(`Vector ${i}`, error) : error;
    }
    this.sound = Math.max(this.sound, i + 1);
  }

  /** Copies rows to the start of an intake. Throws as `copy`. */
  copyTo(intake: Intake, first: number, count: number): void {
    if (this.flat === null) intake.putVectors(this.copy(first, count), 0, count);
    else {
      this.checkCount();
      intake.putVectors(this.flat, first, count);
    }
  }

  /** Throws if the flat array's memory was detached or shrank, or if the number of rows has changed. */
  private checkCount(): void {
    const count = this.flat ? this.flat.length / this.dimensions : this.rows!.length;
    if (count !== this.count) throw changed("The list", `there are ${count} vectors instead of ${this.count}.`);
  }
}

/** @internal */
export function changed(what: string, now: string | HnswError): HnswError {
  const [message, cause] = typeof now === "string" ? [now, undefined] : [now.message, now];
  return new HnswError("INPUT_CHANGED", `${what} changed while it was being read: ${message}`, { cause });
}
