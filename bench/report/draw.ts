// What does one saved result look like? Its plots, as those of docs/EXPERIMENTS.md, in files beside it.

import { readFileSync, writeFileSync } from "node:fs";
import type { Plot, Saved } from "../experiments/section.ts";
import { allSections } from "../experiments/sections.ts";
import { render } from "./render.ts";

/** `file`: as a suite saves it. Answers the files that were written. */
export async function draw(file: string): Promise<string[]> {
  const result: Saved = JSON.parse(readFileSync(file, "utf8"));
  const written: string[] = [];
  for (const { name, spec } of plotsOf(result)) {
    const path = `${file.replace(/\.json$/, "")}-${name.replace(`${result.suite}-`, "")}.svg`;
    writeFileSync(path, await render(spec));
    written.push(path);
  }
  return written;
}

export function plotsOf(result: Saved): Plot[] {
  const section = allSections.find(({ suite }) => suite === result.suite);
  if (!section?.condense) throw new Error(`nothing is drawn of "${result.suite}"`);
  const { suite, date, machine, repeats } = result;
  return section.page({ suite, date, machine, repeats, ...section.condense(result as never) }).plots;
}
