/*
 * Is a value a typed array of numbers, of whatever realm, and how is it read without running code of the caller's?
 *
 * By the getters of all typed arrays, which look at what an array is, not at what was defined on it. A Proxy is none.
 */

/** A typed array of numbers: `Float32Array`, `Uint8Array`, …; not `BigInt64Array`, and no `DataView`. */
export type NumberArray = ArrayBufferView & ArrayLike<number>;

/** @internal One of ours, or one that runs no code of the caller's. */
export interface NumberView extends NumberArray {
  subarray(begin: number, end: number): NumberView;
}

type Kind = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberView;

const KINDS = new Map<unknown, Kind>(
  [
    ...([Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray] as const),
    ...([Int16Array, Uint16Array, Int32Array, Uint32Array] as const),
    ...(typeof Float16Array === "undefined" ? [] : [Float16Array]),
  ].map((kind) => [kind.name, kind]),
);

const { prototype } = Object.getPrototypeOf(Uint8Array);
const [kindGetter, lengthGetter, bufferGetter, offsetGetter] = (
  [Symbol.toStringTag, "length", "buffer", "byteOffset"] as const
).map((name) => Object.getOwnPropertyDescriptor(prototype, name)!.get!);

/** @internal */
export function isNumberArray(value: unknown): value is NumberArray {
  if (!ArrayBuffer.isView(value)) return false;
  return value instanceof Float32Array || KINDS.has(kindGetter!.call(value)); // the usual one first: that takes no time
}

/** @internal Its length now: 0 once its buffer was transferred, or has become too short for it. */
export function lengthOf(array: NumberArray): number {
  return lengthGetter!.call(array);
}

/** @internal A view of this realm on the same memory, of the same kind. */
export function viewOf(array: NumberArray): NumberView {
  const Kind = KINDS.get(kindGetter!.call(array))!;
  return new Kind(bufferGetter!.call(array), offsetGetter!.call(array), lengthOf(array));
}
