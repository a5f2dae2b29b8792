/* How does each runtime run the conformance suite? */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cases, type Result } from "./conformance.js";
import { type Program, programs } from "./install.ts";
import { launch, serveSite } from "./site.ts";
import { serveIsolate } from "./workerd.ts";

const ROOT = join(import.meta.dir, "../..");

export interface Runtime {
  name: string;
  program: Program;
  workers: number;
  /** Runs the suite with an export of another runtime. `program`: where the runtime is. */
  run(program: string, arriving: Uint8Array): Promise<Result[]>;
}

/** A folder in which the package is installed, as a program of its user has it. */
export async function packageFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hnsw-workers-edge-"));
  await mkdir(join(folder, "node_modules/@assemblyscript"), { recursive: true });
  await symlink(ROOT, join(folder, "node_modules/hnsw-workers"));
  const loader = "node_modules/@assemblyscript/loader";
  await symlink(join(ROOT, loader), join(folder, loader));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  for (const name of ["conformance.js", "program.js", "isolate.js"]) {
    await cp(join(import.meta.dir, name), join(folder, name));
  }
  return folder;
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await packageFolder();
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Bun, Node and Deno: a process. `from`: what it imports. */
function asProcess(name: string, program: Program, args: string[], workers: number, from = "hnsw-workers"): Runtime {
  const run = (path: string, arriving: Uint8Array) =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "job.json"), JSON.stringify({ from, workers }));
      await writeFile(join(folder, "arriving"), arriving);
      const command = [path, ...args, join(folder, "program.js"), folder];
      const job = Bun.spawn(command, { cwd: folder, stdout: "pipe", stderr: "pipe" });
      const [code, out, errors] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()]);
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${out}${errors}`);
      return JSON.parse(await readFile(join(folder, "results.json"), "utf8")) as Result[];
    });
  return { name, program, workers, run };
}

/** Headless Chromium: a page that imports the package's modules as they are, without a bundler. */
function inBrowser(name: string, isolated: boolean, workers: number): Runtime {
  const run = async (path: string, arriving: Uint8Array) => {
    const folders = { build: join(ROOT, "build"), tests: import.meta.dir };
    await using site = serveSite(isolated, folders, { arriving });
    await using browser = await launch(path);
    const page = await browser.newPage();
    await page.goto(`${site.url}`);
    const script = `(async () => {
      if (crossOriginIsolated !== ${isolated}) throw new Error("isolation is not as it was asked for");
      const { open } = await import("/build/edge-index.js");
      const { openSearch } = await import("/build/edge-search.js");
      const { run } = await import("/tests/conformance.js");
      const arriving = new Uint8Array(await (await fetch("/arriving")).arrayBuffer());
      const index = await open({ dimensions: 1, workers: 0 });
      let shared = true;
      try {
        index.attach();
      } catch {
        shared = false;
      }
      await index.close();
      if (shared !== ${isolated}) throw new Error("memory is shared where it should not be, or not where it should");
      return await run({ open, openSearch, workers: ${workers}, partitions: 2, arriving });
    })()`;
    return await page.evaluate<Result[]>(script);
  };
  return { name, program: programs.chromium, workers, run };
}

const inIsolate: Runtime = {
  name: "workerd",
  program: programs.workerd,
  workers: 0,
  run: (path, arriving) =>
    inFolder(async (folder) => {
      const { address, stop } = await serveIsolate(path, join(folder, "isolate.js"), folder);
      try {
        const results: Result[] = [];
        for (const name of Object.keys(cases)) {
          const body = name.startsWith("arrives") ? arriving.slice() : null;
          const response = await fetch(`${address}/${encodeURIComponent(name)}`, { method: "POST", body });
          if (!response.ok) throw new Error(`${name}: workerd answered ${response.status}: ${await response.text()}`);
          results.push(...((await response.json()) as Result[]));
        }
        return results;
      } finally {
        await stop();
      }
    }),
};

const deno = ["run", "--allow-all", "--node-modules-dir=manual", "--no-remote", "--quiet"];

export const runtimes: Runtime[] = [
  ...[0, 1, 2].map((workers) => asProcess(`Bun, workers ${workers}`, programs.bun, [], workers)),
  ...[0, 1].map((workers) => asProcess(`Node, workers ${workers}`, programs.node, [], workers)),
  ...[0, 1].map((workers) => asProcess(`Deno, workers ${workers}`, programs.deno, deno, workers)),
  inBrowser("Chromium", false, 0),
  ...[0, 1, 2].map((workers) => inBrowser(`Chromium, isolated, workers ${workers}`, true, workers)),
  inIsolate,
];
