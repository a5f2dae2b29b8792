// How does one experiment run? Its packages first, if it needs any, then its suite; then its tables and plots are shown.

import { readFileSync } from "node:fs";
import { type Page, pageOf, type Saved, type Suite } from "./experiment.ts";
import { experimentOf, experiments } from "./experiments/index.ts";
import { canDraw, ensureInstalled } from "./install.ts";
import { type Options, parseOptions } from "./kit/options.ts";
import { saveResult } from "./kit/results.ts";
import { chooseContenders } from "./peers/index.ts";
import { draw } from "./report/draw.ts";
import { terminal } from "./report/terminal.ts";

/** Returns where the result was saved. */
export async function runExperiment(name: string, args: readonly string[]): Promise<string> {
  const experiment = experiments[name]!;
  const options = parseOptions(name, args);
  if (needsPackages(experiment, options)) await ensureInstalled();
  const { repeats, json } = options;
  const saved = await saveResult(name, json, { repeats, ...(await experiment.run(options)) });
  for (const page of pages(saved)) {
    console.log(`\n${experiment.title}; rounds: ${repeats}; median (extremes)\n\n${terminal(page)}`);
  }
  console.log(`\nsaved to ${json}`);
  if (canDraw()) await drawFile(json);
  else console.log(`no plot was drawn, for want of packages: \`bun run bench plot ${json}\` installs them`);
  return json;
}

/** The plots of saved results. */
export async function plot(files: string[]): Promise<void> {
  if (files.length === 0) throw new Error("name the saved results: bun run bench plot FILE…");
  await ensureInstalled();
  for (const file of files) await drawFile(file);
}

async function drawFile(file: string): Promise<void> {
  const saved: Saved = JSON.parse(readFileSync(file, "utf8"));
  const { plots } = pageOf(experimentOf(saved), saved);
  for (const path of await draw(plots, file, saved.suite)) console.log(`drew ${path}`);
}

/** A page for each set: the document has room for the first one. */
function pages(saved: Saved & { results?: object[] }): Page[] {
  const parts = saved.results?.map((one) => ({ ...saved, results: [one] })) ?? [saved];
  return parts.map((part) => pageOf(experimentOf(saved), part));
}

/** The peers and the real data come from packages; ours alone on synthetic data runs without. */
function needsPackages({ peers, withoutData }: Suite, { sets, contenders }: Options): boolean {
  const others = peers && chooseContenders(contenders).some(({ ours }) => !ours);
  return others || (!withoutData && sets.includes("glove"));
}
