/*
 * Makes the table of docs/INTEGRATIONS.md: runs the suite of each adapter with the oldest and the newest version of its
 * framework that is accepted, each in a copy of the checkout, and the examples for frameworks without an adapter with two
 * versions as well. `--write` puts the table into the document, which otherwise is only printed. `--mastra FOLDER`: with a
 * checkout of mastra-ai/mastra, whose suite for vector stores is in no package; without it, the table keeps that row.
 */
import { cp, mkdir, readdir, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { runMastraSuite } from "../tests/adapters/mastra-suite.ts";
import { EXAMPLES, type Example } from "../tests/integrations/frameworks.ts";
import { installed } from "../tests/integrations/installed.ts";
import { run } from "../tests/support/process.ts";
import { buildCore } from "./build-core.ts";
import { writeTable } from "./made-table.ts";

interface Framework {
  name: string;
  entry: string;
  package: keyof typeof manifest.peerDependencies;
  oldest: string;
  suite: string[];
  /** Packages that must be the same ones as the framework's. */
  beside?: string[];
  /** Why tests fail with the oldest version, where that is the framework's fault. */
  known?: string;
}

const FRAMEWORKS: Framework[] = [
  {
    ...{ name: "LangChain", entry: "hnsw-workers/langchain", package: "@langchain/core", oldest: "1.0.0" },
    suite: ["tests/adapters/langchain.test.ts"],
  },
  {
    ...{
      name: "LangGraph",
      entry: "hnsw-workers/langgraph",
      package: "@langchain/langgraph-checkpoint",
      oldest: "1.0.0",
    },
    ...{ suite: ["tests/adapters/langgraph.test.ts"], beside: ["@langchain/core"] },
    known: "its `InMemoryStore`, the model, takes the namespace `usersettings` to be under `users`",
  },
  {
    ...{ name: "Mastra", entry: "hnsw-workers/mastra", package: "@mastra/core", oldest: "1.0.4" },
    suite: ["tests/adapters/mastra.test.ts", "tests/adapters/metadata-filter.test.ts"],
  },
  {
    ...{ name: "MCP", entry: "hnsw-workers mcp", package: "@modelcontextprotocol/sdk", oldest: "1.20.0" },
    suite: ["tests/cli/mcp.lane.ts"],
  },
];

const ROOT = join(import.meta.dir, "..");
const DOCUMENT = "docs/INTEGRATIONS.md";
const COMMAND = "bun .ci/integrations.ts --write";
const LANE = "tests/integrations/examples.lane.ts";
const COPIED = [
  "src",
  "assembly",
  "tests/adapters",
  "tests/support",
  "tests/cli",
  "tests/preload.ts",
  "bunfig.toml",
  "asconfig.json",
  "package.json",
  "tsconfig.json",
  ".ci",
];

const SUITE = "suite of";
const HEAD = [
  "| framework | entry | package, versions accepted | tested | passed | failed or skipped, and why |",
  "| --- | --- | --- | --- | ---: | --- |",
];
await buildCore();
const rows: string[] = [];
let unknown = 0;
for (const framework of FRAMEWORKS) {
  for (const version of [framework.oldest, manifest.devDependencies[framework.package]]) {
    rows.push(await rowOf(framework, version));
    console.log(rows.at(-1));
  }
}
const mastra = process.argv.indexOf("--mastra");
rows.push(mastra < 0 ? await rowBefore() : await rowOfSuite(process.argv[mastra + 1]!));
console.log(rows.at(-1));
for (const [name, example] of Object.entries(EXAMPLES)) {
  for (const age of ["oldest", "newest"] as const) {
    rows.push(await rowOfExample(name, example, age));
    console.log(rows.at(-1));
  }
}
const lines = [...HEAD, ...rows.filter((row) => row !== "")];
if (process.argv.includes("--write")) await writeTable(DOCUMENT, COMMAND, lines);
process.exit(unknown === 0 ? 0 : 1);

interface Result {
  passed: number;
  failed: number;
  skipped: number;
  /** Why the tests did not run. */
  problem: string | null;
}

async function rowOf(framework: Framework, version: string): Promise<string> {
  const { name, entry, suite, known } = framework;
  const result = await resultInCopy(framework, version);
  const reasons = reasonsFor(result, version === framework.oldest ? known : undefined);
  const accepted = `\`${framework.package}\` \`${manifest.peerDependencies[framework.package]}\``;
  const files = suite.length === 1 ? "" : ` (${suite.length} files)`;
  return `| ${name} | \`${entry}\` | ${accepted} | ${version}${files} | ${result.passed} | ${reasons} |`;
}

/** Counts failures without a reason. */
function reasonsFor({ failed, skipped, problem }: Result, known?: string): string {
  const reasons = [];
  if (problem !== null) reasons.push(problem);
  if (failed > 0) reasons.push(`${failed} failed: ${known ?? "unknown"}`);
  if (skipped > 0) reasons.push(`${skipped} skipped`);
  if (problem !== null || (failed > 0 && known === undefined)) unknown++;
  return reasons.join("; ") || "0";
}

/** It runs in the checkout, with the framework in a folder of its own. */
async function rowOfExample(name: string, example: Example, age: "oldest" | "newest"): Promise<string> {
  const { title, package: tested, [age]: version } = example;
  const result = await resultOf([LANE, "--test-name-pattern", `^${name}`], ROOT, { FRAMEWORKS: age });
  const entry = `[${name}.ts](../examples/integrations/${name}.ts)`;
  return `| ${title} | ${entry} | \`${tested}\` | ${version} | ${result.passed} | ${reasonsFor(result)} |`;
}

/** Mastra's own suite. */
async function rowOfSuite(checkout: string): Promise<string> {
  const { version, passed, skipped, reasons, unknown: failures } = await runMastraSuite(checkout);
  unknown += failures;
  const all = skipped === 0 ? reasons : [...reasons, `${skipped} skipped`];
  const tested = `${manifest.devDependencies["@mastra/core"]} (${SUITE} ${version})`;
  return `| Mastra | \`hnsw-workers/mastra\` | \`@mastra/core\`: its stores' suite | ${tested} | ${passed} | ${all.join("; ") || "0"} |`;
}

async function rowBefore(): Promise<string> {
  const row = (await Bun.file(join(ROOT, DOCUMENT)).text()).split("\n").find((line) => line.includes(SUITE));
  return row ?? "";
}

/** Of the suite in a copy whose modules are ours, but for the framework's. */
async function resultInCopy(framework: Framework, version: string): Promise<Result> {
  const { name, package: tested, suite, beside = [] } = framework;
  const wanted = { [tested]: version };
  for (const other of beside) wanted[other] = manifest.devDependencies[other as "@langchain/core"];
  const place = await installed(`versions/${name}-${version}`, wanted);
  if ("missing" in place) return { passed: 0, failed: 0, skipped: 0, problem: place.missing };
  const copy = join(place.folder, "copy");
  await copyCheckout(copy);
  await linkModules(copy, place.folder, Object.keys(wanted));
  return await resultOf(suite, copy);
}

/** What `bun test` says there; its first arguments are files. */
async function resultOf(args: string[], cwd: string, env: Record<string, string> = {}): Promise<Result> {
  const command = [process.execPath, "test", ...args.map((arg) => (arg.endsWith(".ts") ? `./${arg}` : arg))];
  const { err } = await run(command, { cwd, env: { ...process.env, ...env } });
  const count = (what: string) => Number(new RegExp(`^ *(\\d+) ${what}$`, "m").exec(err)?.[1] ?? 0);
  const ran = /^Ran \d+ tests? across/m.test(err);
  const problem = ran ? null : `it did not run: ${err.trim().split("\n").at(-1)}`;
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip"), problem };
}

async function copyCheckout(copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  for (const name of COPIED) {
    await mkdir(dirname(join(copy, name)), { recursive: true });
    await cp(join(ROOT, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  }
  await mkdir(join(copy, "build"));
  for (const name of await readdir(join(ROOT, "build"))) {
    if (!name.endsWith(".wasm")) continue;
    await cp(join(ROOT, "build", name), join(copy, "build", name));
    await utimes(join(copy, "build", name), new Date(), new Date()); // or it would be compiled again
  }
}

/** A link for each module of ours, and for those of the place where it has them. */
async function linkModules(copy: string, place: string, ofPlace: string[]): Promise<void> {
  const ours = join(ROOT, "node_modules");
  const names = (await readdir(ours)).filter((name) => !name.startsWith("."));
  const scoped = names.filter((name) => name.startsWith("@"));
  const lists = scoped.map(async (scope) => (await readdir(join(ours, scope))).map((name) => `${scope}/${name}`));
  const all = [...names.filter((name) => !name.startsWith("@")), ...(await Promise.all(lists)).flat()];
  for (const name of new Set([...all, ...ofPlace])) {
    const link = join(copy, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ofPlace.includes(name) ? join(place, "node_modules") : ours, name), link);
  }
}
