/* Builds the declarations that are published: those of the entries and what they name, with maps to the sources. */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const root = join(import.meta.dir, "..");
const types = join(root, "build/types");
const ENTRIES = [
  "index",
  "search",
  "runtime/core-file",
  "adapters/langchain",
  "adapters/langgraph",
  "adapters/mastra",
  "server/server",
  "client/client",
  "cluster/cluster",
  "dropin/hnswlib-node",
  "dropin/usearch",
];

export async function buildTypes(): Promise<void> {
  await rm(types, { recursive: true, force: true });
  const config = join(root, "build/tsconfig.json");
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, declarationMap: true, emitDeclarationOnly: true, stripInternal: true },
    ...{ rootDir: "..", outDir: "types" },
  };
  await Bun.write(
    config,
    JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include: ["../src"], exclude: [] }),
  );
  const tsc = [process.execPath, "x", "tsc", "-p", config];
  const job = Bun.spawn(tsc, { cwd: root, stdout: "inherit", stderr: "inherit" });
  if ((await job.exited) !== 0) throw new Error("the types could not be built");
  const reached = await reachedFrom(ENTRIES.map((entry) => join(types, `src/${entry}.d.ts`)));
  for (const name of await readdir(types, { recursive: true })) {
    const file = join(types, name);
    if (/\.d\.ts(\.map)?$/.test(name) && !reached.has(file.replace(/\.map$/, ""))) await rm(file);
  }
  for (const file of reached) await Bun.write(file, withoutPrivate(await Bun.file(file).text()));
}

/**
 * Empties the lines of private members, and of what is said of them: a class that has some in its type is one that nothing
 * else can stand in for, as in a test. Maps count lines.
 */
function withoutPrivate(declarations: string): string {
  return declarations.replace(/^(?: *\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)? *private .*;$/gm, (lines) =>
    lines.replace(/.+/g, ""),
  );
}

/** The declarations that these files import, and they themselves. */
async function reachedFrom(files: string[]): Promise<Set<string>> {
  const reached = new Set<string>();
  for (const file of files) {
    if (reached.has(file)) continue;
    reached.add(file);
    const imported = (await Bun.file(file).text()).matchAll(/(?:from |import\()"(\.[^"]+)\.ts"/g);
    for (const [, path] of imported) files.push(join(dirname(file), `${path}.d.ts`));
  }
  const missing = [...reached].filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`declarations that are imported are missing: ${missing.join(", ")}`);
  return reached;
}
