// What was asked for? `bun run bench` runs all experiments in a quick form, `bun run bench SUITE` one of them in full,
// `bun run bench --help` lists them.

import { experimentOf, experiments } from "./experiments/index.ts";
import { ensureInstalled } from "./install.ts";
import { usage } from "./kit/options.ts";
import { plot, runExperiment } from "./one.ts";
import { publish } from "./publish.ts";
import { runAll, summarise } from "./quick.ts";

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<void> {
  const [name, ...rest] = args;
  if (args.some((arg) => arg === "--help" || arg === "-h")) return help();
  if (name === undefined) {
    process.exitCode = summarise(await runAll(experiments, runExperiment));
    return;
  }
  if (name.startsWith("-")) {
    throw new Error(`${name} is for one suite: bun run bench SUITE ${args.join(" ")}; all of them take no options`);
  }
  if (name === "plot") return await plot(rest);
  if (name === "report") {
    await ensureInstalled();
    return await publish(rest);
  }
  experimentOf({ suite: name });
  await runExperiment(name, rest);
}

function help(): void {
  console.log("bun run bench                  all of them in a quick form, within ten minutes; takes no options");
  console.log("bun run bench SUITE [options]  one of them in full\n");
  for (const [name, { question }] of Object.entries(experiments)) console.log(`  ${name.padEnd(16)}  ${question}`);
  console.log(`\n${usage}`);
  console.log("\nbun run bench plot FILE…       draws the plots of saved results beside them");
  console.log("bun run bench report [FILE…]   takes in saved results and makes docs/EXPERIMENTS.md");
}
