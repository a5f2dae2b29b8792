/* How do a caller's keys, vectors and patches become JSON, and entries what they are in the package? */
import { HnswError } from "../errors.ts";
import { receivedFloats, receivedKey, sentFloats } from "../server/wire/remote.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { Vector } from "../values/vectors.ts";

export interface SentEntry {
  key: unknown;
  space?: string;
  distance?: number;
  metadata?: unknown;
  vector?: string;
  expiresAt?: number;
}

export function sentVector(vector: Vector): string {
  if (typeof vector !== "object" || vector === null || !("length" in vector))
    throw new HnswError("BAD_VECTOR", "A vector must be a typed array of numbers or an array of them.");
  return sentFloats(vector instanceof Float32Array ? vector : Float32Array.from(vector as ArrayLike<number>));
}

export type Vectors = NumberArray | readonly Vector[];

/** Vectors from `from` to `to` of `count`, one after the other. Throws BAD_VECTOR or BAD_DIMENSIONS. */
export function sentVectors(vectors: Vectors, from: number, to: number, count: number): string {
  if (ArrayBuffer.isView(vectors)) {
    const { length } = vectors as NumberArray;
    if (length % count !== 0) throw new HnswError("BAD_VECTOR", `${length} numbers are no ${count} vectors.`);
    const size = length / count;
    return sentFloats(
      Float32Array.from({ length: (to - from) * size }, (_, i) => (vectors as NumberArray)[from * size + i]!),
    );
  }
  const list = vectors as readonly Vector[];
  if (list.length !== count) throw new HnswError("BAD_VECTOR", `There are ${count} keys and ${list.length} vectors.`);
  const size = list[from]?.length ?? 0;
  const floats = new Float32Array((to - from) * size);
  for (let i = from; i < to; i++) {
    const vector = list[i]!;
    if (vector?.length !== size) {
      throw new HnswError("BAD_DIMENSIONS", `Vector ${i} has ${vector?.length} numbers, vector ${from} has ${size}.`);
    }
    floats.set(vector, (i - from) * size);
  }
  return sentFloats(floats);
}

/** JSON leaves out what is undefined: such properties are named. */
export function sentPatch(patch: object): { patch: object; remove: string[] } {
  const remove = Object.keys(patch).filter((name) => Reflect.get(patch, name) === undefined);
  return { patch, remove };
}

export function receivedEntry({ key, vector, ...rest }: SentEntry): object {
  return {
    ...rest,
    key: receivedKey(key) as Key,
    ...(vector === undefined ? {} : { vector: receivedFloats(vector)! }),
  };
}
