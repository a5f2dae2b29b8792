/* Builds what is published: the core, the bundled JavaScript of the package, its threads and its program, and the types. */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildCore } from "./build-core.ts";

const root = join(import.meta.dir, "..");
const build = join(root, "build");

await buildCore();
await rm(join(build, "types"), { recursive: true, force: true });
for (const name of await readdir(build)) if (name.endsWith(".js")) await rm(join(build, name)); // chunks of the last build

const bundle = await Bun.build({
  entrypoints: ["index", "worker", "journal-worker", "snapshot-worker", "cli"].map((name) =>
    join(root, `src/${name}.ts`),
  ),
  outdir: build,
  target: "bun",
  format: "esm",
  external: ["@assemblyscript/loader"],
  splitting: true, // what only Bun or Node has is loaded when it is needed, not before
});
if (!bundle.success) throw new AggregateError(bundle.logs, "bundling failed");

await writeFile(join(build, "cli.licenses.txt"), (await licensesOf("cli-progress")).join("\n\n"));

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

/** The words under which a package that is bundled may be passed on, and those that it brings along. */
async function licensesOf(name: string): Promise<string[]> {
  const folder = join(root, "node_modules", name);
  const { dependencies = {} } = await Bun.file(join(folder, "package.json")).json();
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license`);
  const own = `${name}\n\n${await Bun.file(join(folder, file)).text()}`;
  return [own, ...(await Promise.all(Object.keys(dependencies).map(licensesOf))).flat()];
}
