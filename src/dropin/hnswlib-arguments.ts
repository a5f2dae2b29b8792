/*
 * What do the classes of hnswlib-node take? Messages say what those of that package say, since programs and its tests
 * compare them. What it would take and make nonsense of is refused as well: labels that are no 32-bit integers, NaN.
 */
import { HnswError } from "../errors.ts";

const ORDINALS = ["first", "second", "third", "fourth", "fifth"];
const MOST = 2 ** 32 - 1;

export const badArgument = (message: string) => new HnswError("BAD_OPTION", message);

/** What its core would throw. */
export const hnswlibError = (message: string) => new HnswError("BAD_OPTION", `Hnswlib Error: ${message}`);

/** As many arguments as a method takes; more than it takes are none of its business where some may be left out. */
export function expectCount(given: number, fewest: number, most = fewest): void {
  if (fewest === most ? given === fewest : given >= fewest) return;
  throw badArgument(`Expected ${fewest === most ? fewest : `${fewest}-${most}`} arguments, but got ${given}.`);
}

type Kind = "number" | "string" | "boolean" | "function";

export function expectType(position: number, value: unknown, kind: Kind): void {
  if (typeof value === kind) return;
  throw badArgument(`Invalid the ${ORDINALS[position]} argument type, must be a ${kind}.`);
}

/** An array, or beyond what hnswlib-node takes, a typed one. */
export function expectArray(position: number, value: unknown): asserts value is readonly number[] {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return;
  throw badArgument(`Invalid the ${ORDINALS[position]} argument type, must be an Array.`);
}

/** A 32-bit integer, such as a label. */
export function uint32(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= MOST) return value;
  throw badArgument(`${name} must be an integer from 0 to ${MOST}, not ${value}.`);
}

/** The floats of a point; under cosine scaled to length 1, as hnswlib-node keeps them. */
export function pointOf(
  given: readonly number[],
  dimensions: number,
  normalize: boolean,
  which = "given",
): Float32Array {
  if (given.length !== dimensions) {
    throw badArgument(`Invalid the ${which} array length (expected ${dimensions}, but got ${given.length}).`);
  }
  const point = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) {
    const value: unknown = given[i];
    if (typeof value !== "number")
      throw new HnswError("BAD_VECTOR", `The point holds ${typeof value} at position ${i}.`);
    if (!Number.isFinite(value)) throw new HnswError("NOT_FINITE", `The point holds ${value} at position ${i}.`);
    point[i] = value;
  }
  return normalize ? normalized(point) : point;
}

function normalized(point: Float32Array): Float32Array {
  let sum = 0;
  for (const value of point) sum = Math.fround(sum + Math.fround(value * value));
  const norm = Math.fround(Math.sqrt(sum));
  if (norm > 0) for (let i = 0; i < point.length; i++) point[i] = point[i]! / norm;
  return point;
}
