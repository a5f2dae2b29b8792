/* What do the classes of usearch take? Messages say what those of that package say where it has one. */
import { HnswError } from "../errors.ts";
import type { Metric } from "../index.ts";

export type UsearchVector = Float32Array | Float64Array | Int8Array | Uint8Array;
export type VectorOrMatrix = UsearchVector | readonly (UsearchVector | readonly number[])[];
export type Keys = number | bigint | readonly (number | bigint)[] | BigUint64Array;

export const MetricKind = Object.freeze({
  ...{ Unknown: "unknown", Cos: "cos", IP: "ip", L2sq: "l2sq", Haversine: "haversine", Divergence: "divergence" },
  ...{ Pearson: "pearson", Jaccard: "jaccard", Hamming: "hamming", Tanimoto: "tanimoto", Sorensen: "sorensen" },
} as const);
export type MetricKind = (typeof MetricKind)[keyof typeof MetricKind];

export const ScalarKind = Object.freeze({
  ...{ Unknown: "unknown", F64: "f64", F32: "f32", BF16: "bf16", F16: "f16", E5M2: "e5m2", E4M3: "e4m3" },
  ...{ E3M2: "e3m2", E2M3: "e2m3", I8: "i8", U8: "u8", B1: "b1" },
} as const);
export type ScalarKind = (typeof ScalarKind)[keyof typeof ScalarKind];

const METRICS: Partial<Record<MetricKind, Metric>> = { cos: "cosine", ip: "dot", l2sq: "l2" };
/** Kept as 32-bit floats, which is more than they ask for. */
const SCALARS: readonly ScalarKind[] = ["f32", "f16", "bf16"];
const MOST_KEY = 2n ** 64n - 1n;

export const badArgument = (message: string) => new HnswError("BAD_OPTION", message);

export function metricNamed(kind: unknown): Metric {
  const known = Object.values(MetricKind) as unknown[];
  if (!known.includes(kind)) throw badArgument(`Invalid metric: ${kind}. It must be one of: ${known.join(", ")}`);
  const metric = METRICS[kind as MetricKind];
  if (metric !== undefined) return metric;
  throw new HnswError("UNSUPPORTED", `The metric ${kind} is not supported here: only cos, ip and l2sq are.`);
}

export function kindOf(metric: Metric): MetricKind {
  return (Object.keys(METRICS) as MetricKind[]).find((kind) => METRICS[kind] === metric)!;
}

export function expectScalar(kind: unknown): void {
  const known = Object.values(ScalarKind) as unknown[];
  if (!known.includes(kind)) throw badArgument(`Invalid quantization: ${kind}. It must be one of: ${known.join(", ")}`);
  if (SCALARS.includes(kind as ScalarKind)) return;
  const kept = "f32, f16 and bf16 are, and are kept as 32-bit floats";
  throw new HnswError("UNSUPPORTED", `The quantization ${kind} is not supported here: ${kept}.`);
}

/** Keys as the index has them: numbers where that is exact. */
export function keysOf(given: unknown): (number | bigint)[] {
  if (typeof given === "number" || typeof given === "bigint") return [keyOf(given)];
  if (given instanceof BigUint64Array || Array.isArray(given)) return Array.from(given as readonly unknown[], keyOf);
  throw badArgument("Keys must be a number, bigint, an array of numbers or bigints, or a BigUint64Array.");
}

export const isOneKey = (given: unknown) => typeof given === "number" || typeof given === "bigint";

function keyOf(given: unknown): number | bigint {
  const isKey =
    typeof given === "bigint"
      ? given >= 0n && given <= MOST_KEY
      : typeof given === "number" && Number.isSafeInteger(given) && given >= 0;
  if (!isKey) throw badArgument("All keys must be positive integers or bigints.");
  return typeof given === "bigint" && given <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(given)
    : (given as number | bigint);
}

/** One flat array, or an array of vectors; how many there are. */
export function vectorsOf(given: unknown, dimensions: number) {
  if (isVector(given)) {
    if (given.length % dimensions === 0) return { vectors: given, count: given.length / dimensions };
    const rule = "must be a multiple of the dimension of the vectors";
    throw new HnswError("BAD_DIMENSIONS", `The size of the flattened vectors ${rule}.`);
  }
  if (!Array.isArray(given)) throw new HnswError("BAD_VECTOR", "Vectors must be a TypedArray or an array of arrays.");
  return { vectors: given as readonly UsearchVector[], count: given.length };
}

function isVector(given: unknown): given is UsearchVector {
  return [Float32Array, Float64Array, Int8Array, Uint8Array].some((kind) => given instanceof kind);
}

/** `threads` is taken and not needed: one thread does it all. */
export function expectThreads(threads: unknown): void {
  if (typeof threads === "number" && threads >= 0) return;
  throw badArgument(
    "`threads` must be a non-negative integer representing the number of threads to use for searching.",
  );
}

/** How many neighbours. `queries`: how many times. */
export function expectNeighbours(k: unknown, queries: number): void {
  if (typeof k !== "number" || !Number.isInteger(k) || k <= 0) {
    throw new HnswError(
      "BAD_K",
      "`k` must be a positive integer representing the number of nearest neighbors to search for.",
    );
  }
  if (k * queries > 2 ** 27)
    throw new HnswError("BAD_K", `${k} neighbours of ${queries} queries are too many at once.`);
}
