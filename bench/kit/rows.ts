// How does a measurement add the rows of a data set? Each under its number, in slices, as a server gets them.

import type { Space } from "../../src/index.ts";
import type { Dataset } from "../datasets/index.ts";

export const SLICE = 1000; // vectors of one addMany

export function keysUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The rows from `from` up to, not including, `to`. */
export async function addRows(
  space: Space,
  { base, dimensions }: Pick<Dataset, "base" | "dimensions">,
  from: number,
  to: number,
): Promise<void> {
  for (let first = from; first < to; first += SLICE) {
    const keys = Array.from({ length: Math.min(SLICE, to - first) }, (_, i) => first + i);
    await space.addMany(keys, base.subarray(first * dimensions, (first + keys.length) * dimensions));
  }
}
