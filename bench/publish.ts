// Which claims hold? Takes in saved results, and makes docs/EXPERIMENTS.md with its plots from what is committed.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { condensed, type Saved, type Section } from "./experiment.ts";
import { experimentOf, experiments } from "./experiments/index.ts";
import { document, type Filled } from "./report/document.ts";
import { render } from "./report/render.ts";

const ROOT = join(import.meta.dir, "..");
const DOCS = join(ROOT, "docs");
const FOLDER = "experiments";

/** `files`: results as the suites save them; each replaces what was committed of its suite. */
export async function publish(files: string[]): Promise<void> {
  mkdirSync(join(DOCS, FOLDER), { recursive: true });
  for (const file of files) takeIn(file);
  const { filled, text } = make();
  for (const { page } of filled) {
    for (const { name, spec } of page?.plots ?? [])
      writeFileSync(join(DOCS, FOLDER, `${name}.svg`), await render(spec));
  }
  writeFileSync(join(DOCS, "EXPERIMENTS.md"), text);
  console.log(`wrote docs/EXPERIMENTS.md: ${filled.filter(({ saved }) => saved).length} of ${filled.length} suites`);
}

/** The document, from what is committed. */
export function make(): { filled: Filled[]; text: string } {
  const published = Object.entries(experiments).filter(([, { claims }]) => claims.length > 0);
  const filled = published.map(([name, section]): Filled => {
    const path = savedPath(name, section);
    if (!existsSync(path)) return { section, saved: null, page: null };
    const saved = JSON.parse(readFileSync(path, "utf8"));
    return { section, saved, page: section.page(saved as never) };
  });
  return { filled, text: document(filled, FOLDER) };
}

function takeIn(file: string): void {
  const result = JSON.parse(readFileSync(file, "utf8")) as Saved;
  const experiment = experimentOf(result);
  if (experiment.claims.length === 0) throw new Error(`${file}: "${result.suite}" has no place in the document`);
  const text = JSON.stringify(condensed(experiment, result), rounded, 1);
  writeFileSync(savedPath(result.suite, experiment), `${text}\n`);
}

/** More than four digits are noise in any of these figures. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

function savedPath(name: string, { file }: Section): string {
  return join(ROOT, file ?? join("docs", FOLDER, `${name}.json`));
}
