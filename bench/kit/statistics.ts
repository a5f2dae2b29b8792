// How are repetitions summed up? By the median and the extremes: on a shared machine a mean follows its worst moment.

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** A single number, or one over several rounds. */
export type Figure = number | Spread;

/** The same with the median in place of every spread. */
export type Medians<T> = T extends Figure
  ? number
  : T extends (infer Item)[]
    ? Medians<Item>[]
    : T extends object
      ? { [Key in keyof T]: Medians<T[Key]> }
      : T;

export function medians<T>(figures: T): Medians<T> {
  return JSON.parse(JSON.stringify(figures, (_, value) => (isSpread(value) ? value.median : value)));
}

function isSpread(value: unknown): value is Spread {
  return typeof value === "object" && value !== null && "median" in value;
}

export function spread(values: number[]): Spread {
  if (values.length === 0) throw new Error("no values to sum up");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number };
}

export interface Percentiles {
  p50: number;
  p99: number;
  max: number;
}

/** `none`: what it is without values. */
export function percentiles(values: number[], none = 0): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? none;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
