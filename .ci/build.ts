/* Builds what is published: the core, the bundled JavaScript of the package, its threads and its program, and the types. */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { buildCore } from "./build-core.ts";

const root = join(import.meta.dir, "..");
const build = join(root, "build");

await buildCore();
await rm(join(build, "types"), { recursive: true, force: true });
for (const name of await readdir(build)) if (name.endsWith(".js")) await rm(join(build, name)); // chunks of the last build

const bundle = await Bun.build({
  entrypoints: ["index", "search", "worker", "journal-worker", "snapshot-worker", "cli"].map((name) =>
    join(root, `src/${name}.ts`),
  ),
  outdir: build,
  target: "bun",
  format: "esm",
  external: ["@assemblyscript/loader"],
  splitting: true, // what only Bun or Node has is loaded when it is needed, not before
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
    builder.onLoad({ filter: /src\/journal\/opening\.ts$/ }, () => ({ contents: "export {}", loader: "ts" }));
    builder.onResolve({ filter: /^\.\/(spawning|parent)\.ts$/ }, ({ path }) => ({
      path: join(root, "src", `web-${path.slice(2)}`),
    }));
    builder.onResolve({ filter: /^(node|bun):/ }, ({ path }) => ({ path, namespace: "elsewhere" }));
    builder.onLoad({ filter: /./, namespace: "elsewhere" }, () => ({ contents: "export {}", loader: "ts" }));
  },
};
const edge = await Bun.build({
  entrypoints: ["index", "search", "worker"].map((name) => join(root, `src/${name}.ts`)),
  outdir: build,
  naming: "edge-[name].[ext]",
  target: "browser",
  format: "esm",
  minify: true, // what is loaded over a network; the loader is in it, so that a page needs no bundler
  define: { Bun: "undefined", process: "undefined" },
  plugins: [elsewhere],
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
