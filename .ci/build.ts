/* Builds what is published: the core, the bundled JavaScript of the package, its threads and its program, and the types. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildCore } from "./build-core.ts";

const root = join(import.meta.dir, "..");
const build = join(root, "build");

await buildCore();
await rm(join(build, "types"), { recursive: true, force: true });

const bundle = await Bun.build({
  entrypoints: ["index", "worker", "journal-worker", "snapshot-worker", "cli"].map((name) =>
    join(root, `src/${name}.ts`),
  ),
  outdir: build,
  target: "bun",
  format: "esm",
  external: ["@assemblyscript/loader"],
  splitting: false,
});
if (!bundle.success) throw new AggregateError(bundle.logs, "bundling failed");

const config = {
  extends: "../tsconfig.json",
  compilerOptions: {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: "..",
    outDir: "types",
  },
  include: ["../src"],
  exclude: ["../src/cli.ts", "../src/cli"], // nobody imports the program
};
await writeFile(join(build, "tsconfig.json"), JSON.stringify(config, null, 2));
const types = Bun.spawn([process.execPath, "x", "tsc", "-p", join(build, "tsconfig.json")], {
  cwd: root,
  stdout: "inherit",
  stderr: "inherit",
});
if ((await types.exited) !== 0) throw new Error("the types could not be built");
