/* Is a framework here that only one example needs? It is installed on first use, into a folder that git ignores. */
import { existsSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../support/process.ts";

const ROOT = join(import.meta.dir, "../..");
const PATIENCE_MS = 180_000;

/** Where a program with these packages and ours can run, or why there is no such place. */
export type Place = { folder: string } | { missing: string };

/** `packages`: names with exact versions. Each framework has a folder of its own: they want different versions of others. */
export async function installed(name: string, packages: Record<string, string>): Promise<Place> {
  const folder = join(ROOT, "build/integrations", name);
  const modules = join(folder, "node_modules");
  await mkdir(folder, { recursive: true });
  const manifest = JSON.stringify({ private: true, type: "module", dependencies: packages });
  await Bun.write(join(folder, "package.json"), manifest);
  if (!(await isWhole(modules, packages))) {
    console.error(
      `installing ${Object.entries(packages)
        .map((pair) => pair.join("@"))
        .join(" and ")}, once ...`,
    );
    // No lock file: the versions are exact. No scripts: they build native parts that the examples do not use.
    const command = [process.execPath, "install", "--no-save", "--ignore-scripts"];
    const { code, out, err } = await run(command, { cwd: folder, timeout: PATIENCE_MS });
    if (code !== 0) return { missing: `\`bun install\` failed: ${(err + out).trim().split("\n").at(-1)}` };
  }
  await linkOurs(modules);
  return { folder };
}

async function isWhole(modules: string, packages: Record<string, string>): Promise<boolean> {
  for (const [name, version] of Object.entries(packages)) {
    const file = Bun.file(join(modules, name, "package.json"));
    if (!(await file.exists()) || (await file.json()).version !== version) return false;
  }
  return true;
}

/** The checkout under the package's name. */
async function linkOurs(modules: string): Promise<void> {
  const ours = join(modules, "hnsw-workers");
  await rm(ours, { recursive: true, force: true });
  const exports = { ".": "index", "./langchain": "adapters/langchain", "./mastra": "adapters/mastra" };
  const files = Object.entries(exports).map(([entry, source]) => [entry, `./${source.replace("/", "-")}.ts`, source]);
  for (const [, file, source] of files) {
    await Bun.write(join(ours, file!), `export * from ${JSON.stringify(join(ROOT, "src", `${source}.ts`))};\n`);
  }
  const manifest = { name: "hnsw-workers", exports: Object.fromEntries(files.map(([entry, file]) => [entry, file])) };
  await Bun.write(join(ours, "package.json"), JSON.stringify(manifest));
}

/** Copies a folder of examples, and what they share, to where the packages are. */
export async function copyExamples(folder: string): Promise<void> {
  for (const name of ["integrations", "foods"]) {
    const copy = join(folder, "examples", name);
    if (existsSync(copy)) await rm(copy, { recursive: true });
    await cp(join(ROOT, "examples", name), copy, { recursive: true });
  }
}
