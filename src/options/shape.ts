/* What is fixed when an index is created, so that its folder or export knows it? */
import type { Metric } from "../values/metric.ts";

export interface Shape {
  dimensions: number;
  metric: Metric;
  M: number;
  seed: number;
  partitions: number;
}

/** The first of `known` that was asked for differently, if any. */
export function mismatch(asked: Partial<Shape>, known: Partial<Shape>): keyof Shape | undefined {
  const names = Object.keys(known) as (keyof Shape)[];
  return names.find((name) => asked[name] !== undefined && asked[name] !== known[name]);
}
