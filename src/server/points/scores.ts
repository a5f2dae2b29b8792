/* How near are two vectors, as clients of Qdrant read it? Computed in 64 bits from what is kept. */
import type { Key } from "../../values/keys.ts";
import type { Distance } from "./collection.ts";

export interface Scored {
  key: Key;
  score: number;
  vector: Float32Array;
  metadata?: unknown;
}

/** In 64 bits: higher is better, but for Euclid. */
export function scoreOf(distance: Distance, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, squares, normA, normB] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [Math.fround(a[i]!), b[i]!];
    dot += x * y;
    squares += (x - y) * (x - y);
    normA += x * x;
    normB += y * y;
  }
  if (distance === "Dot") return dot;
  if (distance === "Euclid") return Math.sqrt(squares);
  return dot / Math.sqrt(normA * normB);
}
