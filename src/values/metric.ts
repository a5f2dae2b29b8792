/* By which measure are two vectors compared, and which word names it in the core and in snapshots? */
import { METRIC_COSINE, METRIC_DOT, METRIC_L2 } from "../../assembly/layout.ts";

/** cosine: 1 − cos(a, b); l2: squared Euclidean distance; dot: 1 − a·b. Smaller is nearer. */
export type Metric = "cosine" | "l2" | "dot";

/** @internal */
export const METRICS: Readonly<Record<Metric, number>> = { cosine: METRIC_COSINE, l2: METRIC_L2, dot: METRIC_DOT };

const NAMES = Object.keys(METRICS) as Metric[];

/** @internal The metric of a word; undefined for a word that names none. */
export function metricOf(word: number): Metric | undefined {
  return NAMES.find((name) => METRICS[name] === word);
}
