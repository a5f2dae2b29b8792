// What do the plots look like? Vega-Lite specifications from figures; they know no files.

import type { Plot } from "../experiment.ts";
import type { Spread } from "../kit/statistics.ts";

const SIZE = { width: 480, height: 260 };
const MARGIN = 12; // so that no dot lies on the frame, where the axis does not begin at 0

interface Axis {
  title: string;
  log?: boolean;
  /** Of a logarithmic axis: 10 unless given, but 2 for the quantity that lines go over. */
  base?: number;
  /** Whether a linear axis leaves out 0 and shows only the values. */
  close?: boolean;
}

interface Dot {
  thing: string;
  value: number;
  kind: string;
}

/** Lines over a quantity, one per kind. */
export function lines(
  name: string,
  alt: string,
  points: { x: number; y: number; kind: string }[],
  { x, y, kind }: { x: Axis; y: Axis; kind: string },
): Plot {
  const spec = {
    ...{ ...SIZE, title: alt, data: { values: points }, mark: { type: "line", point: true } },
    encoding: {
      ...{ x: quantity("x", { base: 2, ...x }), y: quantity("y", y) },
      color: colour(kind),
    },
  };
  return { name, alt, spec };
}

/** Dots on a line per thing, one per kind, so that small and large can be compared: bars would have to begin at 0. */
export function dots(name: string, alt: string, points: Dot[], { value, kind }: { value: Axis; kind: string }): Plot {
  const spec: Plot["spec"] = {
    ...{ width: SIZE.width, height: { step: 28 }, title: alt, data: { values: points } },
    mark: { type: "point", filled: true, size: 90, opacity: 1 },
    encoding: {
      x: quantity("value", value, MARGIN),
      y: { field: "thing", type: "nominal", title: null, sort: null, axis: { grid: true, labelLimit: 300 } },
      ...{ color: colour(kind), shape: { ...colour(kind), scale: {} } },
    },
  };
  return { name, alt, spec };
}

/** The dots of a figure over its rounds. */
export function spreadDots(thing: string, { median, min, max }: Spread): Dot[] {
  const extremes = [
    { thing, value: min, kind: "least" },
    { thing, value: max, kind: "most" },
  ];
  return [{ thing, value: median, kind: "median" }, ...(min === max ? [] : extremes)];
}

function quantity(field: string, { title, log, base = 10, close = false }: Axis, padding?: number) {
  return {
    ...{ field, type: "quantitative" as const, title },
    scale: log
      ? { type: "log" as const, base, nice: false, padding }
      : close
        ? { zero: false, padding }
        : { zero: true },
  };
}

function colour(kind: string) {
  const scale = { scheme: "tableau10" as const };
  return { field: "kind", type: "nominal" as const, title: kind, sort: null, scale };
}
