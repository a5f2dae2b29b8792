/*
 * How do our classes do beside the packages that they stand in for? Runs those packages' own tests over both, then a small
 * build and 1,000 searches through the same calls, and prints the tables of docs/INTEGRATIONS.md; `--write` puts them there.
 *
 *   bun tests/dropin/run.ts --hnswlib-node FOLDER [--usearch FOLDER] [--vectors 10000] [--only suites|times] [--write]
 *
 * FOLDER: a checkout of hnswlib-node at its version 3.0.0, and the installed package of usearch (bench/node_modules/usearch
 * unless given). The originals are those of the benchmarks, in bench/node_modules; they are installed there if they are not yet.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeTable } from "../../.ci/made-table.ts";
import { ensureInstalled } from "../../bench/install.ts";
import { outputOf, run } from "../support/process.ts";
import { MODULES, outcomeOf, type Suite, suiteOfHnswlib, suiteOfUsearch } from "./suites.ts";

const ROOT = join(import.meta.dir, "../..");
const DOCUMENT = "docs/INTEGRATIONS.md";
const COMMAND = "bun tests/dropin/run.ts --hnswlib-node FOLDER";
const ROUNDS = 2;
const UNKNOWN = "unknown";

type Times = Record<"build" | "search" | "warm" | "recall", number>;

/** Ours and theirs in turn, each in a process of its own; of the times the better, which others disturbed less. */
async function measured(name: string, vectors: string): Promise<Record<"ours" | "original", Times>> {
  const modules = { ours: join(ROOT, `src/dropin/${name}.ts`), original: join(MODULES, name) };
  const best = { ours: {} as Times, original: {} as Times };
  for (let i = 0; i < ROUNDS; i++) {
    for (const which of ["ours", "original"] as const) {
      const program = join(import.meta.dir, "measure.ts");
      const { out, err } = await run([process.execPath, program, name, modules[which], vectors]);
      if (!out.startsWith("{")) throw new Error(`${name}, ${which}: ${err}`);
      const times = JSON.parse(out) as Times;
      for (const name of ["build", "search", "warm"] as const) {
        times[name] = Math.min(times[name], best[which][name] ?? times[name]);
      }
      best[which] = times;
    }
  }
  return best;
}

async function tableOfSuites(suites: Suite[]): Promise<string[]> {
  const rows = [
    "| package | version | its tests: ours | the original | not passed here |",
    "| --- | --- | ---: | ---: | --- |",
  ];
  for (const suite of suites) {
    const ours = await outcomeOf(suite, suite.ours);
    const theirs = await outcomeOf(suite, join(MODULES, suite.name));
    const [a, b] = [ours, theirs].map(({ passed, failed }) => `${passed} of ${passed + failed.length}`);
    rows.push(`| ${suite.name} | ${suite.version} | ${a} | ${b} | ${reasonsFor(suite, ours.failed) || "none"} |`);
  }
  return rows;
}

/** A failure that has no reason fails the run. */
function reasonsFor(suite: Suite, failed: string[]): string {
  const differences = failed.map((test) => suite.difference(test) ?? { what: test, why: UNKNOWN });
  if (differences.some(({ why }) => why === UNKNOWN)) process.exitCode = 1;
  const byReason = Map.groupBy(differences, ({ why }) => why);
  return Array.from(byReason, ([why, some]) => `${some.map(({ what }) => what).join(", ")}: ${why}`).join("; ");
}

async function tableOfTimes(vectors: string): Promise<string[]> {
  const shape = `${Number(vectors).toLocaleString("en-US")} × 100`;
  const rows = [
    `| package | | build, ${shape} | first 1,000 searches | next 1,000 | recall@10 |`,
    "| --- | --- | ---: | ---: | ---: | ---: |",
  ];
  for (const name of ["hnswlib-node", "usearch"]) {
    for (const [which, { build, search, warm, recall }] of Object.entries(await measured(name, vectors))) {
      const times = `${build.toFixed(2)} s | ${search.toFixed(3)} s | ${warm.toFixed(3)} s`;
      rows.push(`| ${name} | ${which} | ${times} | ${recall.toFixed(3)} |`);
    }
  }
  return rows;
}

const { values } = parseArgs({
  options: {
    "hnswlib-node": { type: "string" },
    usearch: { type: "string", default: join(MODULES, "usearch") },
    vectors: { type: "string", default: "10000" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
await ensureInstalled();

if (values.only !== "times") {
  await outputOf([process.execPath, ".ci/build.ts"], { cwd: ROOT }); // Node runs what is built
  const suites: Suite[] = [];
  const checkout = values["hnswlib-node"];
  const node = Bun.which("node");
  if (checkout === undefined) console.error("without --hnswlib-node FOLDER its tests are left out");
  else suites.push(suiteOfHnswlib(checkout));
  if (node === null) console.error("without Node the tests of usearch are left out");
  else suites.push(suiteOfUsearch(values.usearch, node));
  const table = await tableOfSuites(suites);
  console.log(table.join("\n"));
  if (values.write) await writeTable(DOCUMENT, `${COMMAND} --only suites --write`, table);
}
if (values.only !== "suites") {
  const table = await tableOfTimes(values.vectors);
  console.log(`\n${table.join("\n")}`);
  if (values.write) await writeTable(DOCUMENT, "bun tests/dropin/run.ts --only times --write", table);
}
