/* Where do points lie on a map, and in which colour? Places of a sample as numbers that are quick to draw. */
import { type Id, parse, print, type Value } from "./json.ts";

/** A point as the server returns it. */
export interface Placed {
  id: Id;
  x: number;
  y: number;
  value?: Value;
}

export const COLORS = 8;

export interface Cloud {
  ids: Id[];
  xs: Float32Array;
  ys: Float32Array;
  /** Per point, 0 to COLORS − 1; COLORS: another value, or none. */
  colors: Uint8Array;
  legend: { color: number; text: string }[];
  /** The middle, and half of the larger side. */
  x: number;
  y: number;
  radius: number;
}

export function cloudOf(points: readonly Placed[]): Cloud {
  const xs = Float32Array.from(points, ({ x }) => x);
  const ys = Float32Array.from(points, ({ y }) => y);
  const [x, width] = spanOf(xs);
  const [y, height] = spanOf(ys);
  const { colors, legend } = coloured(points.map(({ value }) => value ?? null));
  return { ids: points.map(({ id }) => id), xs, ys, colors, legend, x, y, radius: Math.max(width, height) / 2 || 1 };
}

function spanOf(numbers: Float32Array): [middle: number, length: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const one of numbers) [least, most] = [Math.min(least, one), Math.max(most, one)];
  return least > most ? [0, 0] : [(least + most) / 2, most - least];
}

/** Many numbers by their rank, in steps of equally many points; everything else by its most frequent values. */
function coloured(values: readonly Value[]): Pick<Cloud, "colors" | "legend"> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(print(value), (counts.get(print(value)) ?? 0) + 1);
  const numbers = values.filter((value) => typeof value === "number");
  if (counts.size > COLORS && numbers.length * 2 > values.length) return byRank(values, numbers);
  const texts = Array.from(counts.entries())
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, COLORS)
    .map(([text]) => text);
  const places = new Map(texts.map((text, i) => [text, i]));
  const legend = texts.map((text, color) => ({ color, text: `${parse(text)}` }));
  if (counts.size > COLORS) legend.push({ color: COLORS, text: `${counts.size - COLORS} others` });
  return { colors: Uint8Array.from(values, (value) => places.get(print(value)) ?? COLORS), legend };
}

function byRank(values: readonly Value[], numbers: number[]): Pick<Cloud, "colors" | "legend"> {
  const sorted = Float64Array.from(numbers).sort();
  const bounds = Array.from({ length: COLORS }, (_, i) => sorted[Math.floor((i * sorted.length) / COLORS)]!);
  const colorOf = (value: Value) => {
    return typeof value === "number"
      ? Math.max(
          0,
          bounds.findLastIndex((bound) => value >= bound),
        )
      : COLORS;
  };
  return {
    colors: Uint8Array.from(values, colorOf),
    legend: bounds.map((bound, color) => ({ color, text: `from ${bound}` })),
  };
}

/** What is shown of a cloud: the place in the middle, and how many of the canvas' pixels a unit takes. */
export interface Window {
  x: number;
  y: number;
  scale: number;
}

export function wholeOf(cloud: Cloud, width: number, height: number): Window {
  return { x: cloud.x, y: cloud.y, scale: (Math.min(width, height) * 0.46) / cloud.radius };
}

/** The point nearest to a pixel, if one is within `most` pixels; −1 otherwise. */
export function pointAt(cloud: Cloud, { x, y, scale }: Window, right: number, down: number, most: number): number {
  let [best, least] = [-1, most * most];
  for (let i = 0; i < cloud.xs.length; i++) {
    const [dx, dy] = [(cloud.xs[i]! - x) * scale - right, (cloud.ys[i]! - y) * scale - down];
    const distance = dx * dx + dy * dy;
    if (distance <= least) [best, least] = [i, distance];
  }
  return best;
}
