/* What do the files in `given` hold, which hnswlib-node 3.0.0 and usearch 2.26.2 have written? */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Those of hnswlib hold these, those of usearch a tenth of them. */
export const POINTS = [
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 5],
  [-1, 0.5, 0.25],
  [7, 8, -9],
];

export const given = (name: string) => join(import.meta.dir, "given", name);
export const bytesOf = (name: string) => new Uint8Array(readFileSync(given(name)));
