/* How do sources become bundles, for Bun and Node, and for browsers and isolates, with maps that lead back to them? */
import { basename, dirname, join } from "node:path";
import type { BuildConfig, BunPlugin } from "bun";
import { bundlePage } from "./bundle-page.ts";

export const source = (name: string) => join(import.meta.dir, "../src", `${name}.ts`);

/** The thread files that a folder needs come with Bun alone. */
export const THREADS = ["workers/worker", "storage/threads/journal-thread", "storage/threads/snapshot-thread"];
const CORES = ["relaxed", "baseline"].flatMap((name) =>
  ["", ".ordered", ".unshared"].map((kind) => `core.release.${name}${kind}.wasm`),
);

// ── where its own files lie: in place of src/runtime/places.ts ──────────────────────────────────────────────────────
/** All in one folder. */
const PLACES_NODE = `const placeOf = (file) => new URL(file, import.meta.url);
export const placeOfThread = (file) => placeOf("./" + file + ".js");
export const placeOfCore = (file) => placeOf("./" + file);
`;

/** By imports, which Bun's bundler follows: it brings the files along, in a folder or in a program of one file. */
function placesForBun(): string {
  const files = [...THREADS.map((name) => `${basename(name)}.js`), ...CORES];
  const imports = files.map((file, i) => `import file${i} from "./${file}" with { type: "file" };\n`).join("");
  const paths = files.map((file, i) => `"${file}": file${i}`).join(", ");
  return `${imports}const PATHS = { ${paths} };
const isAbsolute = (path) => /^(\\/|[A-Za-z]:)/.test(path);
const placeOf = (file) => isAbsolute(PATHS[file]) ? PATHS[file] : new URL(PATHS[file], import.meta.url);
export const placeOfThread = (file) => placeOf(file + ".js");
export const placeOfCore = placeOf;
`;
}

/** By literals, which the bundlers of pages follow. A page starts its threads elsewhere: `threads.web.ts`. */
function placesForEdge(): string {
  const cases = CORES.map((file) => `case "${file}": return new URL("./${file}", import.meta.url);`).join("\n");
  return `export function placeOfCore(file) {\nswitch (file) {\n${cases}\n}\n}\n`;
}

/** What `imports` in package.json calls by one name for both. */
export async function writePlaces(outdir: string): Promise<void> {
  await Bun.write(join(outdir, "places.node.js"), PLACES_NODE);
  await Bun.write(join(outdir, "places.bun.js"), placesForBun());
}

const placesByRuntime: BunPlugin = {
  name: "places by runtime",
  setup(builder) {
    const own = source("runtime/places");
    builder.onResolve({ filter: /\/places\.ts$/ }, ({ path, importer }) =>
      join(dirname(importer), path) === own ? { path: "#places", external: true } : undefined,
    );
  },
};

/**
 * The dashboard's files as texts, in a chunk that is loaded when a browser asks for them. They are bundled before: a build
 * that a plugin of another one waits for never ends (Bun 1.4.5).
 */
async function pageInBundle(): Promise<BunPlugin> {
  const files = JSON.stringify(await bundlePage());
  const setup: BunPlugin["setup"] = (builder) => {
    const contents = `export const pageFiles = async () => (${files});`;
    builder.onLoad({ filter: /src\/server\/page-files\.ts$/ }, () => ({ contents, loader: "js" }));
  };
  return { name: "page in bundle", setup };
}

/** What the loader does for a core without strings, arrays and classes: the rest of it would be a tenth of the bytes. */
const LOADER = `export const instantiateSync = (module, imports) => new WebAssembly.Instance(module, imports);`;

// ── bundles ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/**
 * Leaves out what only Bun and Node can do: bundlers for browsers and isolates resolve every import, even one that
 * never runs. `runtime/` finds neither `Bun` nor `process` there, so a `path` is refused first. Threads are Web
 * Workers there.
 */
const elsewhere: BunPlugin = {
  name: "elsewhere",
  setup(builder) {
    const none = {
      contents: "export const JournalClient = null, JournalBoard = null, StoreFolder = null",
      loader: "ts",
    } as const;
    builder.onLoad({ filter: /src\/(storage\/(open-folder|store-folder)|journal\/(client|board))\.ts$/ }, () => none);
    builder.onLoad({ filter: /src\/runtime\/places\.ts$/ }, () => ({ contents: placesForEdge(), loader: "js" }));
    builder.onLoad({ filter: /@assemblyscript\/loader\/index\.js$/ }, () => ({ contents: LOADER, loader: "js" }));
    builder.onResolve({ filter: /\/(threads|parent)\.node\.ts$/ }, ({ path }) => ({
      path: source(`runtime/${basename(path, ".node.ts")}.web`),
    }));
    builder.onResolve({ filter: /^(node|bun):/ }, ({ path }) => ({ path, namespace: "elsewhere" }));
    builder.onLoad({ filter: /./, namespace: "elsewhere" }, () => ({ contents: "export {}", loader: "ts" }));
  },
};

/** One class of errors for a page that has several of these files. */
const errorsApart: BunPlugin = {
  name: "errors apart",
  setup(builder) {
    builder.onResolve({ filter: /\/errors\.ts$/ }, ({ kind }) => {
      return kind === "entry-point-build" ? undefined : { path: "errors", namespace: "apart" };
    });
    // A module between, or the import would be repeated for each module that has it.
    builder.onLoad({ filter: /./, namespace: "apart" }, async () => {
      const { exports } = new Bun.Transpiler({ loader: "ts" }).scan(await Bun.file(source("errors")).text());
      return { contents: `export { ${exports.join(", ")} } from "./edge-errors.js"`, loader: "js" };
    });
    builder.onResolve({ filter: /\/edge-errors\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** For Bun and Node: what only they have is in chunks that are loaded when they are needed. */
export async function bundleForBun(entrypoints: string[], outdir: string): Promise<void> {
  await bundle({
    ...{ entrypoints, outdir, target: "bun", splitting: true, plugins: [placesByRuntime, await pageInBundle()] },
    naming: { entry: "[name].[ext]" },
    external: [
      ...["@assemblyscript/loader", "@langchain/*", "@mastra/core", "@modelcontextprotocol/sdk", "@nats-io/*"],
      "hyparquet",
    ],
  });
}

/** Threads of Bun and Node: a file each that needs no other, so that it can lie in a program of one file. */
export async function bundleThreads(outdir: string): Promise<void> {
  for (const entrypoint of THREADS.map(source)) {
    const naming = { entry: "[name].[ext]" };
    await bundle({ entrypoints: [entrypoint], outdir, target: "bun", plugins: [placesByRuntime], naming });
  }
}

/** For browsers and isolates: small files that a page can load without a bundler. */
export async function bundleForEdge(entrypoints: string[], outdir: string): Promise<void> {
  // One at a time: what one entry imports later would be kept whole in all of them.
  for (const entrypoint of entrypoints) {
    const isThread = THREADS.map(source).includes(entrypoint); // bundlers take that file alone
    await bundle({
      ...{ entrypoints: [entrypoint], outdir, target: "browser", minify: true },
      plugins: isThread ? [elsewhere] : [elsewhere, errorsApart],
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
