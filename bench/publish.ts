// Which claims hold? Takes in saved results, and makes docs/EXPERIMENTS.md with its plots from what is committed.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Saved, Section } from "./experiment.ts";
import { sections } from "./experiments/index.ts";
import { document, type Filled } from "./report/document.ts";
import { render } from "./report/render.ts";

const ROOT = join(import.meta.dir, "..");
const DOCS = join(ROOT, "docs");
const FOLDER = "experiments";

/** `files`: results as the suites save them; each replaces what was committed of its suite. */
export async function report(files: string[]): Promise<void> {
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
  const filled = sections.map(fill);
  return { filled, text: document(filled, FOLDER) };
}

function takeIn(file: string): void {
  const result = JSON.parse(readFileSync(file, "utf8")) as Saved;
  const section = sections.find(({ suite }) => suite === result.suite);
  if (!section) throw new Error(`${file} is of "${result.suite}", which has no place in the document`);
  const { suite, date, machine, repeats } = result;
  const small = { suite, date, machine, repeats, ...section.condense(result as never) };
  writeFileSync(savedPath(section), `${JSON.stringify(small, rounded, 1)}\n`);
}

/** Four digits are more than any of these figures is good for. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

function savedPath({ suite, file }: Section): string {
  return join(ROOT, file ?? join("docs", FOLDER, `${suite}.json`));
}

/** A section with what is committed of it. */
function fill(section: Section): Filled {
  if (!existsSync(savedPath(section))) return { section, saved: null, page: null };
  const saved = JSON.parse(readFileSync(savedPath(section), "utf8"));
  return { section, saved, page: section.page(saved) };
}

if (import.meta.main) await report(process.argv.slice(2));
