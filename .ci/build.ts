/* Builds what is published: the core, the bundled JavaScript of the package, its threads and its program, and the types. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildCore } from "./build-core.ts";
import { buildTypes } from "./build-types.ts";
import { bundleForBun, bundleForEdge, bundleThreads, source, writePlaces } from "./bundle.ts";

const root = join(import.meta.dir, "..");
const build = join(root, "build");

await buildCore();
for (const name of await readdir(build)) if (/\.js(\.map)?$/.test(name)) await rm(join(build, name)); // old chunks
await bundleForBun(
  [
    ...["index", "search", "cli/main", "adapters/langchain", "adapters/langgraph", "adapters/mastra", "server/server"],
    "client/client",
    "cluster/cluster",
    "dropin/hnswlib-node",
    "dropin/usearch",
  ].map(source),
  build,
);
await bundleThreads(build);
await writePlaces(build);
await bundleForEdge(["index", "search", "client/client", "errors", "workers/worker"].map(source), build);
await Bun.write(join(build, "cli.licenses.txt"), (await licensesOf("cli-progress")).join("\n\n"));
await Bun.write(
  join(build, "dashboard.licenses.txt"),
  (await Promise.all(["preact", "uplot"].map(licensesOf))).flat().join("\n\n"),
);
const loaderLicense = await Bun.file(join(root, "node_modules/assemblyscript/LICENSE")).text(); // it has none of its own
await Bun.write(join(build, "loader.licenses.txt"), `@assemblyscript/loader\n\n${loaderLicense}`);
await buildTypes();

/** The licenses of a package that is bundled, and of those that it depends on: they have to be passed on with it. */
async function licensesOf(name: string): Promise<string[]> {
  const folder = join(root, "node_modules", name);
  const { dependencies = {} } = await Bun.file(join(folder, "package.json")).json();
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license`);
  const own = `${name}\n\n${await Bun.file(join(folder, file)).text()}`;
  return [own, ...(await Promise.all(Object.keys(dependencies).map(licensesOf))).flat()];
}
