/*
 * Makes the table of docs/INTEGRATIONS.md: runs the suite of each adapter with the oldest and the newest version of its
 * framework that is accepted, each in a copy of the checkout. `--write` puts the table into the document, which otherwise
 * is only printed. `--mastra FOLDER`: with a checkout of mastra-ai/mastra, whose suite for vector stores is in no package;
 * without it, the table keeps that row.
 */
import { cp, mkdir, readdir, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { runMastraSuite } from "../tests/adapters/mastra-suite.ts";
import { installed } from "../tests/integrations/installed.ts";
import { buildCore } from "./build-core.ts";

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
const DOCUMENT = join(ROOT, "docs/INTEGRATIONS.md");
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
if (process.argv.includes("--write")) await write();
process.exit(unknown === 0 ? 0 : 1);

async function rowOf(framework: Framework, version: string): Promise<string> {
  const { name, entry, suite, known } = framework;
  const { passed, failed, skipped, problem } = await resultOf(framework, version);
  const isOldest = version === framework.oldest;
  const reasons = [];
  if (problem !== null) reasons.push(problem);
  if (failed > 0) reasons.push(`${failed} failed: ${isOldest && known !== undefined ? known : "unknown"}`);
  if (skipped > 0) reasons.push(`${skipped} skipped`);
  if (problem !== null || (failed > 0 && (!isOldest || known === undefined))) unknown++;
  const accepted = `\`${framework.package}\` \`${manifest.peerDependencies[framework.package]}\``;
  const files = suite.length === 1 ? "" : ` (${suite.length} files)`;
  return `| ${name} | \`${entry}\` | ${accepted} | ${version}${files} | ${passed} | ${reasons.join("; ") || "0"} |`;
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
  const row = (await Bun.file(DOCUMENT).text()).split("\n").find((line) => line.includes(SUITE));
  return row ?? "";
}

/** What `bun test` says of the suite in a copy whose modules are ours, but for the framework's. */
async function resultOf({ name, package: tested, suite, beside = [] }: Framework, version: string) {
  const wanted = { [tested]: version };
  for (const other of beside) wanted[other] = manifest.devDependencies[other as "@langchain/core"];
  const place = await installed(`versions/${name}-${version}`, wanted);
  if ("missing" in place) return { passed: 0, failed: 0, skipped: 0, problem: place.missing };
  const copy = join(place.folder, "copy");
  await copyCheckout(copy);
  await linkModules(copy, place.folder, Object.keys(wanted));
  const job = Bun.spawn([process.execPath, "test", ...suite.map((file) => `./${file}`)], {
    cwd: copy,
    stdout: "ignore",
    stderr: "pipe",
  });
  const output = await job.stderr.text();
  await job.exited;
  const count = (what: string) => Number(new RegExp(`^ *(\\d+) ${what}$`, "m").exec(output)?.[1] ?? 0);
  const ran = /^Ran \d+ tests? across/m.test(output);
  const problem = ran ? null : `it did not run: ${output.trim().split("\n").at(-1)}`;
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

async function write(): Promise<void> {
  const text = await Bun.file(DOCUMENT).text();
  const pattern = /(<!-- made by `bun \.ci\/integrations\.ts --write` -->\n)(\|.*\n)*/;
  await Bun.write(
    DOCUMENT,
    text.replace(pattern, (_, mark) => `${mark}${[...HEAD, ...rows.filter((row) => row !== "")].join("\n")}\n`),
  );
  await Bun.spawn([process.execPath, "x", "biome", "check", "--write", DOCUMENT], { cwd: ROOT, stdout: "ignore" })
    .exited;
}
