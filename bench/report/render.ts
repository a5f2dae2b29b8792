// How does a plot become an SVG? By Vega-Lite, without a browser.

import type { TopLevelSpec } from "vega-lite";

const LOOK = { background: "white", font: "system-ui, sans-serif", view: { stroke: "#ddd" } };

export async function render(spec: TopLevelSpec): Promise<string> {
  const [{ compile }, { View, parse }] = await Promise.all([import("vega-lite"), import("vega")]);
  const { spec: compiled } = compile({ ...spec, config: LOOK });
  const svg = await new View(parse(compiled), { renderer: "none" }).toSVG();
  return `${svg}\n`;
}
