/* How much is loaded before the first search, and is nothing reached that only one runtime has? */
import { beforeAll, describe, expect, test } from "bun:test";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { BUILD, buildPackage } from "./package.ts";

const CORES = ["relaxed", "baseline"].map((variant) => `core.release.${variant}.unshared.wasm`);
/** Bytes after gzip, as measured and a tenth more: a change that needs more raises them knowingly. */
const LIMITS = {
  "edge-index.js": 68_400, // 62,231; 4,000 of them are collections that share an index
  "edge-search.js": 31_400, // 28,497
  "edge-worker.js": 10_400, // 9,439; only where there are workers
  core: 50_200, // 45,616
};

beforeAll(buildPackage);

const textOf = (file: string) => Bun.file(join(BUILD, file)).text();

const importsOf = async (file: string) => new Bun.Transpiler({ loader: "js" }).scan(await textOf(file)).imports;

/** Files and packages that a file reaches before anything runs. */
async function reachedFrom(file: string, reached = new Set<string>()): Promise<Set<string>> {
  reached.add(file);
  for (const { kind, path } of await importsOf(file)) {
    if (kind !== "import-statement") continue;
    const target = path.replace(/^\.\//, "");
    if (reached.has(target)) continue;
    if (path.startsWith("./")) await reachedFrom(target, reached);
    else reached.add(path);
  }
  return reached;
}

/** Of a file and what it imports. */
async function gzipped(file: string): Promise<number> {
  const imported = file.endsWith(".js") ? await importsOf(file) : [];
  let bytes = 0;
  for (const name of [file, ...imported.map(({ path }) => path)]) {
    bytes += Bun.gzipSync(await Bun.file(join(BUILD, name)).bytes(), { level: 9 }).length;
  }
  return bytes;
}

describe("reached at once", () => {
  for (const entry of ["index.js", "search.js"]) {
    test(`from ${entry}: no module of Bun or Node`, async () => {
      const reached = [...(await reachedFrom(entry))];
      expect(reached.filter((path) => !path.endsWith(".js")).sort()).toEqual(["#places", "@assemblyscript/loader"]);
    });
  }

  for (const [entry, imports] of [
    ["edge-index.js", ["./edge-errors.js"]],
    ["edge-search.js", ["./edge-errors.js"]],
    ["edge-errors.js", []],
    ["edge-worker.js", []],
  ] as const) {
    test(`from ${entry}: ${imports.join() || "nothing"}, and nothing else later either`, async () => {
      expect((await importsOf(entry)).map(({ path }) => path)).toEqual([...imports]);
    });
  }

  for (const thread of ["worker.js", "journal-thread.js", "snapshot-thread.js"]) {
    test(`from ${thread}: modules of the runtime, since it may be inside a program of one file`, async () => {
      const others = (await importsOf(thread)).filter(({ path }) => !isBuiltin(path) && !path.startsWith("bun:"));
      expect(others).toEqual([]);
    });
  }
});

describe("bytes to load, gzip", () => {
  for (const entry of ["edge-index.js", "edge-search.js", "edge-worker.js"] as const) {
    test(entry, async () => expect(await gzipped(entry)).toBeLessThan(LIMITS[entry]));
  }

  test("a core", async () => {
    for (const core of CORES) expect(await gzipped(core)).toBeLessThan(LIMITS.core);
  });
});
