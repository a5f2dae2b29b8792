/* What is read from a file of another library? Vectors by number, each with its key, and what the file says of them. Types only. */
import type { Metric } from "../values/metric.ts";

export interface ForeignVectors {
  /** Where the file comes from, as errors name it: "usearch 2.26". */
  source: string;
  dimensions: number;
  /** null where the file does not say. */
  metric: Metric | null;
  count: number;
  /** Numbers where they are safe integers. */
  keyAt(i: number): number | bigint;
  /** A copy, as 32-bit floats. */
  vectorAt(i: number): Float32Array<ArrayBuffer>;
  /** Whether it was deleted, and is in the file all the same. */
  isDeleted(i: number): boolean;
}
