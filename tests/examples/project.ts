/*
 * What does a reader have who types a document's code in? A folder a section, with the package installed: here the
 * checkout stands in for it.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Ended, run } from "../support/process.ts";
import { type Block, blocksOf, ROOT } from "./blocks.ts";

const GIVEN = join(import.meta.dir, "given");
const BENCH_MODULES = join(ROOT, "bench/node_modules");

export class Project implements Disposable {
  readonly blocks: Block[];
  readonly folder: string;

  /** Writes all of a document's code, in a folder that git ignores and from which the package's own types are found. */
  constructor(document: string) {
    this.blocks = blocksOf(document);
    mkdirSync(join(ROOT, "build"), { recursive: true });
    this.folder = mkdtempSync(join(ROOT, "build/document-"));
    this.install();
    for (const block of this.blocks) {
      const folder = join(this.folder, block.section);
      mkdirSync(folder, { recursive: true });
      copyFileSync(join(GIVEN, "embed.ts"), join(folder, "embed.ts"));
      if (block.language !== "sh" && block["not run"] === undefined) writeFileSync(this.pathOf(block), sourceOf(block));
    }
  }

  /** The package as a reader has it: by name, its program too. */
  private install(): void {
    const modules = join(this.folder, "node_modules");
    const installed = join(modules, "hnsw-workers");
    mkdirSync(join(modules, ".bin"), { recursive: true });
    mkdirSync(installed);
    const source = (name: string) => JSON.stringify(join(ROOT, "src", name));
    writeFileSync(join(installed, "index.ts"), `export * from ${source("index.ts")};\n`);
    writeFileSync(join(installed, "search.ts"), `export * from ${source("search.ts")};\n`);
    const exports: Record<string, string> = { ".": "./index.ts", "./search": "./search.ts" };
    for (const [room, names] of [
      ["adapters", ["langchain", "langgraph", "mastra"]],
      ["dropin", ["hnswlib-node", "usearch"]],
    ] as const) {
      for (const name of names) {
        const file = source(`${room}/${name}.ts`);
        const own = room === "dropin" ? `export { default } from ${file};\n` : "";
        writeFileSync(join(installed, `${name}.ts`), `export * from ${file};\n${own}`);
        exports[`./${name}`] = `./${name}.ts`;
      }
    }
    writeFileSync(join(installed, "package.json"), JSON.stringify({ name: "hnsw-workers", exports }));
    const program = join(modules, ".bin/hnsw-workers");
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, "src/cli/main.ts")}' "$@"\n`);
    chmodSync(program, 0o755);
    symlinkSync(process.execPath, join(modules, ".bin/bun"));
    for (const name of new Set(this.blocks.map(({ needs }) => needs).filter((needs) => needs !== undefined))) {
      const real = join(BENCH_MODULES, name);
      if (canImport(real)) symlinkSync(real, join(modules, name));
      else {
        mkdirSync(join(modules, name));
        copyFileSync(join(GIVEN, `${name}.ts`), join(modules, name, "index.ts"));
      }
    }
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const tsconfig = {
      extends: "../../tsconfig.json",
      compilerOptions: { moduleDetection: "force" },
      include: [".", "../../src/**/*.d.ts"],
      exclude: ["node_modules"],
    };
    writeFileSync(join(this.folder, "tsconfig.json"), JSON.stringify(tsconfig));
  }

  pathOf({ section, file, line, language }: Block): string {
    return join(this.folder, section, file ?? `line-${line}.${language}`);
  }

  /** Runs a block to its end. */
  run(block: Block): Promise<Ended> {
    const program = [process.execPath, this.pathOf(block)];
    const command = block.language === "sh" ? ["bash", "-euo", "pipefail", "-c", sourceOf(block)] : program;
    return run(command, this.surroundings(block.section));
  }

  /** Where and with which programs a section's commands run. */
  surroundings(section: string, env: Record<string, string> = {}) {
    const path = `${join(this.folder, "node_modules/.bin")}:${process.env.PATH}`;
    return { cwd: join(this.folder, section), env: { ...process.env, PATH: path, GIVEN, ...env } };
  }

  /** Empty when all of the document's TypeScript is as its types say. */
  async typeErrors(): Promise<string> {
    const { code, out, err } = await run([process.execPath, "x", "tsc", "-p", this.folder], { cwd: ROOT });
    return code === 0 ? "" : out + err;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Whether a package is there, and its native part too. */
function canImport(path: string): boolean {
  if (!existsSync(path)) return false;
  return Bun.spawnSync([process.execPath, "-e", `await import(${JSON.stringify(path)})`]).success;
}

function sourceOf({ code, language, given }: Block): string {
  return given === undefined ? code : `${readFileSync(join(GIVEN, `${given}.${language}`), "utf8")}\n${code}`;
}
