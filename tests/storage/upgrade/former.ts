/* What was done to the index of the release before, whose folder and export are the fixtures? The same from the same seed. */
import type { Key } from "../../../src/index.ts";
import { random } from "../../support/vectors.ts";

export const DIMENSIONS = 6;
/** A snapshot is taken after each but the last. */
export const STEPS = 3;

/** Keys that are no small integers, by the numbers that stand for them. */
export const KEYS = new Map<number, Key>([
  [1, "text"],
  [2, -5n],
  [3, 2n ** 70n],
  [4, "\ud800 lone"],
  [5, Number.MAX_SAFE_INTEGER],
  [6, "ä".repeat(40)],
]);

export interface FormerOp {
  space: string;
  /** Null: the space is dropped. */
  key: number | null;
  /** Null: the key is deleted. */
  vector: Float32Array | null;
}

export function formerOps(): FormerOp[][] {
  const { below, gaussian } = random(5);
  const spaces = ["graph", "flat", "dropped", "ü \u{1f600}"];
  const op = (): FormerOp => {
    const space = spaces[below(10) < 6 ? 0 : below(spaces.length)]!;
    const kind = below(100);
    if (kind === 0 && space !== "graph") return { space, key: null, vector: null };
    const key = below(space === "graph" ? 200 : 20);
    if (kind < 8) return { space, key, vector: null };
    const isTwin = below(5) === 0;
    return { space, key, vector: Float32Array.from({ length: DIMENSIONS }, () => (isTwin ? 1 : gaussian())) };
  };
  const last: FormerOp = { space: "dropped", key: null, vector: null };
  return Array.from({ length: STEPS }, (_, step) => [
    ...Array.from({ length: 300 }, op),
    ...(step === 2 ? [last] : []),
  ]);
}

/** What the index holds after that: by space, vectors by key. */
export function formerContent(): Map<string, Map<Key, Float32Array>> {
  const content = new Map<string, Map<Key, Float32Array>>();
  for (const { space, key, vector } of formerOps().flat()) {
    if (key === null) content.delete(space);
    else if (vector === null) content.get(space)?.delete(KEYS.get(key) ?? key);
    else {
      if (!content.has(space)) content.set(space, new Map());
      content.get(space)!.set(KEYS.get(key) ?? key, vector);
    }
  }
  return content;
}
