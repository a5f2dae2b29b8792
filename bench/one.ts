// How does one suite run? Its packages first, if it needs any, then itself, then its plots.

import { readFileSync } from "node:fs";
import type { Saved, Suite } from "./experiment.ts";
import { pageOf } from "./experiments/index.ts";
import { canDraw, ensureInstalled } from "./install.ts";
import { type Options, parseOptions } from "./kit/options.ts";
import { chooseContenders } from "./peers/index.ts";
import { draw } from "./report/draw.ts";

/** Answers where the result was saved. */
export async function runSuite(name: string, suite: Suite, args: readonly string[]): Promise<string> {
  const options = parseOptions(name, args);
  if (needsPackages(suite, options)) await ensureInstalled();
  await suite.run(options);
  if (canDraw()) await plot([options.json]);
  else console.log(`no plot was drawn, for want of packages: \`bun run bench plot ${options.json}\` installs them`);
  return options.json;
}

/** The plots of results that are there already. */
export async function plot(files: string[]): Promise<void> {
  if (files.length === 0) throw new Error("name the saved results: bun run bench plot FILE…");
  await ensureInstalled();
  for (const file of files) {
    const result: Saved = JSON.parse(readFileSync(file, "utf8"));
    for (const path of await draw(pageOf(result).plots, file, result.suite)) console.log(`drew ${path}`);
  }
}

/** The peers and the real data come from packages; ours alone on synthetic data runs without. */
function needsPackages(suite: Suite, { sets, contenders }: Options): boolean {
  return (
    (suite.peers && chooseContenders(contenders).some(({ ours }) => !ours)) ||
    (!suite.withoutData && sets.includes("glove"))
  );
}
