/* Builds what is published: the core, the bundled JavaScript of the package, its threads and its program, and the types. */
import { readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { BunPlugin } from "bun";
import { buildCore } from "./build-core.ts";

const root = join(import.meta.dir, "..");
const build = join(root, "build");
const source = (name: string) => join(root, "src", `${name}.ts`);
const ENTRIES = ["index", "search", "workers/worker"];

/** Bundles lie in the core's own folder. Other bundlers then find it there, by the literals that this leaves. */
const besideTheCore: BunPlugin = {
  name: "beside the core",
  setup(builder) {
    builder.onLoad({ filter: /src\/core\/build\.ts$/ }, async ({ path }) => ({
      contents: (await Bun.file(path).text()).replaceAll("../../build/", "./"),
      loader: "ts",
    }));
  },
};

await buildCore();
await rm(join(build, "types"), { recursive: true, force: true });
for (const name of await readdir(build)) if (name.endsWith(".js")) await rm(join(build, name)); // chunks of the last build

const bundle = await Bun.build({
  entrypoints: [...ENTRIES, "storage/log/journal-thread", "storage/snapshots/snapshot-thread", "cli/main"].map(source),
  outdir: build,
  naming: { entry: "[name].[ext]" },
  target: "bun",
  format: "esm",
  external: ["@assemblyscript/loader"],
  splitting: true, // what only Bun or Node has is loaded when it is needed, not before
  plugins: [besideTheCore],
});
if (!bundle.success) throw new AggregateError(bundle.logs, "bundling failed");

/**
 * What only Bun and Node can do, left out: bundlers for browsers and isolates resolve every import, those that never run
 * too. `platform.ts` finds neither `Bun` nor `process` there, so whoever asks for a folder is refused before. Threads
 * are Web Workers there.
 */
const elsewhere: BunPlugin = {
  name: "elsewhere",
  setup(builder) {
    builder.onLoad({ filter: /src\/storage\/open-folder\.ts$/ }, () => ({ contents: "export {}", loader: "ts" }));
    builder.onResolve({ filter: /\/(threads|parent)\.node\.ts$/ }, ({ path }) => ({
      path: source(`runtime/${basename(path, ".node.ts")}.web`),
    }));
    builder.onResolve({ filter: /^(node|bun):/ }, ({ path }) => ({ path, namespace: "elsewhere" }));
    builder.onLoad({ filter: /./, namespace: "elsewhere" }, () => ({ contents: "export {}", loader: "ts" }));
  },
};
const edge = await Bun.build({
  entrypoints: ENTRIES.map(source),
  outdir: build,
  naming: { entry: "edge-[name].[ext]" },
  target: "browser",
  format: "esm",
  minify: true, // what is loaded over a network; the loader is in it, so that a page needs no bundler
  define: { Bun: "undefined", process: "undefined" },
  plugins: [elsewhere, besideTheCore],
});
if (!edge.success) throw new AggregateError(edge.logs, "bundling for browsers and isolates failed");

await writeFile(join(build, "cli.licenses.txt"), (await licensesOf("cli-progress")).join("\n\n"));
const loaderLicense = await Bun.file(join(root, "node_modules/assemblyscript/LICENSE")).text(); // it has none of its own
await writeFile(join(build, "edge.licenses.txt"), `@assemblyscript/loader\n\n${loaderLicense}`);

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
  exclude: ["../src/cli"], // nobody imports the program
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
