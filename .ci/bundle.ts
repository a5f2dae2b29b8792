/* How do sources become bundles, for Bun and Node, and for browsers and isolates, with maps that lead back to them? */
import { basename, join } from "node:path";
import type { BuildConfig, BunPlugin } from "bun";

export const source = (name: string) => join(import.meta.dir, "../src", `${name}.ts`);

/** A bundle lies in the core's own folder. Other bundlers then find the core by the literals that this leaves. */
const besideTheCore: BunPlugin = {
  name: "beside the core",
  setup(builder) {
    builder.onLoad({ filter: /src\/core\/build\.ts$/ }, async ({ path }) => ({
      contents: (await Bun.file(path).text()).replaceAll("../../build/", "./"),
      loader: "ts",
    }));
  },
};

/**
 * Leaves out what only Bun and Node can do: bundlers for browsers and isolates resolve every import, even one that
 * never runs. `runtime/` finds neither `Bun` nor `process` there, so a `path` is refused first. Threads are Web
 * Workers there.
 */
const elsewhere: BunPlugin = {
  name: "elsewhere",
  setup(builder) {
    const none = { contents: "export const JournalClient = null, JournalBoard = null", loader: "ts" } as const;
    builder.onLoad({ filter: /src\/(storage\/open-folder|journal\/(client|board))\.ts$/ }, () => none);
    builder.onResolve({ filter: /\/(threads|parent)\.node\.ts$/ }, ({ path }) => ({
      path: source(`runtime/${basename(path, ".node.ts")}.web`),
    }));
    builder.onResolve({ filter: /^(node|bun):/ }, ({ path }) => ({ path, namespace: "elsewhere" }));
    builder.onLoad({ filter: /./, namespace: "elsewhere" }, () => ({ contents: "export {}", loader: "ts" }));
  },
};

/** For Bun and Node: what only they have is in chunks that are loaded when they are needed. */
export function bundleForBun(entrypoints: string[], outdir: string): Promise<void> {
  return bundle({
    ...{ entrypoints, outdir, target: "bun", splitting: true, plugins: [besideTheCore] },
    naming: { entry: "[name].[ext]" },
    external: ["@assemblyscript/loader"],
  });
}

/** For browsers and isolates: one file each, small, with the core's loader in it, so that a page needs no bundler. */
export async function bundleForEdge(entrypoints: string[], outdir: string): Promise<void> {
  // One at a time: what one entry imports later would be kept whole in all of them.
  for (const entrypoint of entrypoints) {
    await bundle({
      ...{ entrypoints: [entrypoint], outdir, target: "browser", minify: true, plugins: [elsewhere, besideTheCore] },
      naming: { entry: "edge-[name].[ext]" },
      define: { Bun: "undefined", process: "undefined" },
    });
  }
}

async function bundle(options: BuildConfig): Promise<void> {
  const { outputs } = await Bun.build({ ...options, format: "esm", sourcemap: "linked" });
  for (const { kind, path } of outputs) {
    const text = await Bun.file(path).text();
    await Bun.write(path, kind === "sourcemap" ? withoutOwnText(text) : withoutNotes(text));
  }
}

/** `src` is published beside the bundles, so a map needs no text but that of other packages. */
function withoutOwnText(map: string): string {
  const { sources, sourcesContent, ...rest } = JSON.parse(map) as { sources: string[]; sourcesContent: string[] };
  const isOwn = (source: string) => /^\.\.\/(src|assembly)\//.test(source);
  const kept = sourcesContent.map((text, i) => (isOwn(sources[i]!) ? null : text));
  return JSON.stringify({ ...rest, sources, sourcesContent: kept });
}

/** Empties the lines that name the source of what follows, and takes out the bundle's id: the map has the same. */
function withoutNotes(code: string): string {
  return code.replace(/^\/\/ (src|assembly|node_modules)\/.*$/gm, "").replace(/^\/\/# debugId=.*\n/m, "");
}
