// Which experiments are there, and which one runs? `bun run bench` lists them, `bun run bench SUITE` runs one.

import { ensureInstalled } from "./install.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { report } from "./report.ts";
import { batch } from "./suites/batch.ts";
import { calibrate } from "./suites/calibrate.ts";
import { churn } from "./suites/churn.ts";
import { core } from "./suites/core.ts";
import { durable } from "./suites/durable.ts";
import { edge } from "./suites/edge.ts";
import { freshness } from "./suites/freshness.ts";
import { kernels } from "./suites/kernels.ts";
import { locality } from "./suites/locality.ts";
import { peers } from "./suites/peers.ts";
import { scale } from "./suites/scale.ts";
import { scaling } from "./suites/scaling.ts";
import { simulate } from "./suites/simulate.ts";
import { skew } from "./suites/skew.ts";
import type { Suite } from "./suites/suite.ts";

const suites: Record<string, Suite> = {
  peers,
  scale,
  scaling,
  skew,
  batch,
  locality,
  freshness,
  churn,
  durable,
  edge,
  core,
  kernels,
  calibrate,
  simulate,
};

const [name, ...args] = process.argv.slice(2);
if (name === undefined || name.startsWith("-")) {
  console.log("bun run bench SUITE [options]\n");
  for (const [suite, { question }] of Object.entries(suites)) console.log(`  ${suite.padEnd(16)}  ${question}`);
  console.log(`\n${usage}`);
  console.log("\nbun run bench report [FILE…] takes in saved results and makes docs/EXPERIMENTS.md");
} else {
  try {
    await (name === "report" ? makeReport(args) : runSuite(name, args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function makeReport(files: string[]): Promise<void> {
  await ensureInstalled();
  await report(files);
}

async function runSuite(name: string, args: string[]): Promise<void> {
  const suite = suites[name];
  if (!suite) throw new Error(`no suite is called "${name}"; there are ${Object.keys(suites).join(", ")}`);
  const options = parseOptions(args);
  if (needsPackages(suite, options)) await ensureInstalled();
  await suite.run(options);
}

/** The peers and the real data come from packages; ours alone on synthetic data runs without. */
function needsPackages(suite: Suite, { sets, contenders }: Options): boolean {
  return (suite.peers && contenders.some(({ ours }) => !ours)) || (!suite.withoutData && sets.includes("glove"));
}
