/* What is fixed when an index is created, so that its folder or export knows it? */
import { MAX_DIMENSIONS, MAX_M, MIN_M } from "../../assembly/layout.ts";
import { METRICS, type Metric } from "../values/metric.ts";

export const MOST_PARTITIONS = 32;
export const MOST_SEED = 0xffffffff;
/** @internal */
export const DEFAULT_RECALL = 0.95;

export interface Shape {
  dimensions: number;
  metric: Metric;
  M: number;
  seed: number;
  partitions: number;
}

/** Whether an index can have been created with these. */
export function isShape({ dimensions, metric, M, seed, partitions }: Shape): boolean {
  const isWithin = (value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high;
  return (
    isWithin(dimensions, 1, MAX_DIMENSIONS) &&
    Object.hasOwn(METRICS, metric) &&
    isWithin(M, MIN_M, MAX_M) &&
    isWithin(seed, 0, MOST_SEED) &&
    isWithin(partitions, 1, MOST_PARTITIONS)
  );
}

/** The first of `known` that was asked for differently, if any. */
export function mismatch(asked: Partial<Shape>, known: Partial<Shape>): keyof Shape | undefined {
  const names = Object.keys(known) as (keyof Shape)[];
  return names.find((name) => asked[name] !== undefined && asked[name] !== known[name]);
}
