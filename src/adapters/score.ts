/* How similar is a hit, for frameworks in which more is better? */
import type { Metric } from "../index.ts";

/** The cosine, the dot product, or under l2 1 / (1 + squared distance). */
export function scoreOf(metric: Metric, distance: number): number {
  return metric === "l2" ? 1 / (1 + distance) : 1 - distance;
}
