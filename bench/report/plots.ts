// What do the plots look like? Vega-Lite specifications from figures; they know no files.

import type { Sample } from "../measure/sampling.ts";
import type { Plot } from "./section.ts";

const SIZE = { width: 480, height: 260 };

interface Axis {
  title: string;
  log?: boolean;
  /** Of a logarithmic axis: 2 for x and 10 for y unless given. */
  base?: number;
  /** Whether a linear axis shows the values only, and not 0. */
  close?: boolean;
}

/** Lines over a quantity, one per kind. */
export function lines(
  name: string,
  alt: string,
  points: { x: number; y: number; kind: string }[],
  { x, y, kind }: { x: Axis; y: Axis; kind: string },
): Plot {
  const axis = (field: "x" | "y", { title, log, base = field === "x" ? 2 : 10, close = false }: Axis) => ({
    ...{ field, type: "quantitative", title },
    scale: log ? { type: "log", base, nice: false } : { zero: !close },
  });
  const spec = {
    ...{ ...SIZE, title: alt, data: { values: points }, mark: { type: "line", point: true } },
    encoding: {
      ...{ x: axis("x", x), y: axis("y", y) },
      color: { field: "kind", type: "nominal", title: kind, sort: null, scale: { scheme: "tableau10" } },
    },
  };
  return { name, alt, spec };
}

/** Ops that wait for each worker, over time. */
export function depthsPlot(name: string, title: string, samples: Sample[]): Plot {
  const points = samples.flatMap(({ ms, depths }) =>
    depths.map((depth, worker) => ({ x: ms, y: depth, kind: `worker ${worker}` })),
  );
  const titles = { x: { title: "milliseconds" }, y: { title: "ops waiting" }, kind: "home" };
  return lines(name, `Ops waiting over time: ${title}`, points, titles);
}
