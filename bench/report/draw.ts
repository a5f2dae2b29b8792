// What does one saved result look like? Its plots, as those of docs/EXPERIMENTS.md, in files beside it.

import { writeFileSync } from "node:fs";
import type { Plot } from "../experiment.ts";
import { render } from "./render.ts";

/** `file`: the result's, `suite`: whose. Returns the files that were written. */
export async function draw(plots: Plot[], file: string, suite: string): Promise<string[]> {
  const written: string[] = [];
  for (const { name, spec } of plots) {
    const path = `${file.replace(/\.json$/, "")}-${name.replace(`${suite}-`, "")}.svg`;
    writeFileSync(path, await render(spec));
    written.push(path);
  }
  return written;
}
