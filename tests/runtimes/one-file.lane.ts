/* Does `bun build` bring everything along that the package needs, in whatever way it was installed? */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputOf } from "../support/process.ts";
import { packPackage, ROOT } from "./package.ts";

/** Workers, both threads of a folder, and the core for one thread: every file that a program may need. */
const PROGRAM = `
  import { open } from "hnsw-workers";
  import { openSearch } from "hnsw-workers/search";

  async function main(path) {
    const index = await open({ dimensions: 2, workers: 2, flatBelow: 0, path });
    await index.space("s").addMany(["east", "north"], [[1, 0], [0, 1]]);
    await index.flush();
    await index.checkpoint();
    const copy = await openSearch({ from: await index.exportBytes() });
    const [hit] = await copy.space("s").search([0.9, 0.1], { k: 1 });
    const alive = index.stats().workers.filter(({ alive }) => alive).length;
    console.log(hit.key, alive, index.stats().journal.snapshots);
    await index.close();
  }
  main(process.argv[2]);
`;

const place = realpathSync(mkdtempSync(join(tmpdir(), "hnsw-workers-one-file-")));
afterAll(() => rmSync(place, { recursive: true }));

const LOADER = join(ROOT, "node_modules/@assemblyscript/loader");
let tarball: string;
let unpacked: string;
/** What the package needs comes from here, not from the registry. */
let overrides: Record<string, string>;

beforeAll(async () => {
  ({ tarball, unpacked } = await packPackage());
  const pack = ["pm", "pack", "--ignore-scripts", "--filename", join(place, "loader.tgz")];
  await outputOf([process.execPath, ...pack], { cwd: LOADER });
  overrides = { "@assemblyscript/loader": join(place, "loader.tgz") };
});

const manifest = (more: object) => JSON.stringify({ name: "a-program", private: true, type: "module", ...more });
const needs = () => ({ dependencies: { "hnsw-workers": tarball } });

/** Makes a project in a folder; resolves to where its program is. */
type Layout = (folder: string) => Promise<string>;

async function installed(folder: string, linker: string): Promise<string> {
  await Bun.write(join(folder, "package.json"), manifest({ ...needs(), overrides }));
  await outputOf([process.execPath, "install", "--linker", linker], { cwd: folder });
  return folder;
}

async function workspace(folder: string, linker: string): Promise<string> {
  const app = join(folder, "packages/app");
  await Bun.write(join(app, "package.json"), manifest({ ...needs(), name: "app" }));
  await Bun.write(join(folder, "package.json"), manifest({ workspaces: ["packages/*"], overrides }));
  await outputOf([process.execPath, "install", "--linker", linker], { cwd: folder });
  return app;
}

async function linked(folder: string): Promise<string> {
  const [checkout, app] = [join(folder, "checkout"), join(folder, "app")];
  cpSync(unpacked, checkout, { recursive: true });
  mkdirSync(join(checkout, "node_modules/@assemblyscript"), { recursive: true });
  symlinkSync(LOADER, join(checkout, "node_modules/@assemblyscript/loader"));
  mkdirSync(join(app, "node_modules"), { recursive: true });
  symlinkSync(checkout, join(app, "node_modules/hnsw-workers"));
  return app;
}

const LAYOUTS: Record<string, Layout> = {
  "one node_modules": (folder) => installed(folder, "hoisted"),
  "an isolated node_modules, of links": (folder) => installed(folder, "isolated"),
  "a workspace with node_modules above": (folder) => workspace(folder, "hoisted"),
  "a workspace with isolated node_modules": (folder) => workspace(folder, "isolated"),
  "a linked package": linked,
};

async function built(program: string, layout: Layout, ...flags: string[]): Promise<string> {
  const folder = mkdtempSync(join(place, "project-"));
  const output = mkdtempSync(join(place, "output-"));
  const app = await layout(folder);
  await Bun.write(join(app, "program.js"), program);
  const target = flags.includes("--compile") ? ["--outfile", join(output, "program")] : ["--outdir", output];
  await outputOf([process.execPath, "build", ...flags, "program.js", ...target], { cwd: app });
  rmSync(folder, { recursive: true }); // nothing of it may be needed
  return output;
}

/** Runs it twice in the same folder, so that the second finds what the first has kept. */
async function expectRuns(command: string[], output: string): Promise<void> {
  const cwd = mkdtempSync(join(place, "empty-"));
  expect(await outputOf([...command, "kept"], { cwd })).toBe("east 2 1\n");
  expect(await outputOf([...command, "kept"], { cwd })).toStartWith("east 2 ");
  rmSync(output, { recursive: true }); // a hundred megabytes
}

describe.each(Object.entries(LAYOUTS))("a program in a project with %s", (_, layout) => {
  for (const flags of [[], ["--minify", "--bytecode"]]) {
    test(`is compiled to one file${flags.map((flag) => ` ${flag}`).join("")}`, async () => {
      const output = await built(PROGRAM, layout, "--compile", ...flags);
      expect(readdirSync(output)).toEqual(["program"]);
      await expectRuns([join(output, "program")], output);
    });
  }
});

test("a program that awaits at its top level is compiled to bytecode, as a module", async () => {
  const program = PROGRAM.replace("  main(", "  await main(");
  const flags = ["--compile", "--minify", "--bytecode", "--format=esm"];
  const output = await built(program, (folder) => installed(folder, "isolated"), ...flags);
  await expectRuns([join(output, "program")], output);
});

test("a program is bundled to a folder for Bun", async () => {
  const output = await built(PROGRAM, (folder) => installed(folder, "hoisted"), "--target", "bun");
  await expectRuns([process.execPath, join(output, "program.js")], output);
});
