/* What does a search find? */
import type { Key } from "./keys.ts";

export interface Hit {
  /** The key as it was given to `add`. */
  key: Key;
  /** cosine: 1 − cos; l2: squared Euclidean; dot: 1 − a·b. Smaller is nearer. */
  distance: number;
}
