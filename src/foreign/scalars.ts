/* Which kinds of numbers do the vectors of a usearch file have, and how do they become 32-bit floats? */
import { damaged, unreadable } from "./bytes.ts";

export interface Scalar {
  name: "f64" | "f32" | "f16" | "bf16";
  bytes: number;
  /** `count` of them from byte `at` on. */
  read(view: DataView, at: number, count: number): Float32Array<ArrayBuffer>;
}

const reading =
  (bytes: number, one: (view: DataView, at: number) => number): Scalar["read"] =>
  (view, at, count) =>
    Float32Array.from({ length: count }, (_, i) => one(view, at + i * bytes));

const word = new DataView(new ArrayBuffer(4));

const SCALARS: Record<number, Scalar> = {
  4: { name: "bf16", bytes: 2, read: reading(2, (view, at) => floatOf(view.getUint16(at, true) << 16)) },
  10: { name: "f64", bytes: 8, read: reading(8, (view, at) => view.getFloat64(at, true)) },
  11: { name: "f32", bytes: 4, read: reading(4, (view, at) => view.getFloat32(at, true)) },
  12: { name: "f16", bytes: 2, read: reading(2, (view, at) => half(view.getUint16(at, true))) },
};

const OTHERS: Record<number, string> = { 1: "b1", 5: "e5m2", 6: "e4m3", 7: "e2m3", 8: "e3m2", 17: "u8", 23: "i8" };

/** Of a file's number for it. Throws EXPORT_FOREIGN or EXPORT_DAMAGED. */
export function scalarOf(kind: number, what: string): Scalar {
  const known = SCALARS[kind];
  if (known !== undefined) return known;
  const name = OTHERS[kind];
  if (name === undefined) throw damaged(what, `it names no kind of numbers (${kind})`);
  throw unreadable(what, `its vectors were rounded to ${name}, and only f64, f32, f16 and bf16 are read`);
}

function floatOf(bits: number): number {
  word.setInt32(0, bits);
  return word.getFloat32(0);
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
