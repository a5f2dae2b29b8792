/* How does each runtime run the conformance suite? */
import { join } from "node:path";
import { outputOf } from "../support/process.ts";
import { cases, type Result } from "./conformance.js";
import { type Program, programs } from "./install.ts";
import { BUILD, Project, suiteFolder } from "./package.ts";
import { launch, serveSite } from "./site.ts";
import { serveIsolate } from "./workerd.ts";

/** Random filters of the suite; as many in its long form: `FILTERS=10000 bun test ./tests/runtimes/matrix.lane.ts`. */
export const filters = process.env.FILTERS === undefined ? undefined : Number(process.env.FILTERS);

export interface Runtime {
  name: string;
  program: Program;
  workers: number;
  /** Runs the suite with an export of another runtime. `program`: where the runtime is. */
  conform(program: string, arriving: Uint8Array): Promise<Result[]>;
}

/** Bun, Node and Deno: a process. `from`: what it imports. */
function asProcess(name: string, program: Program, args: string[], workers: number, from = "hnsw-workers"): Runtime {
  const conform = async (path: string, arriving: Uint8Array) => {
    await using project = await Project.make();
    const { folder } = project;
    await project.add("program.js");
    await project.addSuite();
    await Bun.write(join(folder, "job.json"), JSON.stringify({ from, workers, filters }));
    await Bun.write(join(folder, "arriving"), arriving);
    await outputOf([path, ...args, join(folder, "program.js"), folder], { cwd: folder });
    return (await Bun.file(join(folder, "results.json")).json()) as Result[];
  };
  return { name, program, workers, conform };
}

/** Headless Chromium: a page that imports the package's modules as they are, without a bundler. */
function inBrowser(name: string, isolated: boolean, workers: number): Runtime {
  const conform = async (path: string, arriving: Uint8Array) => {
    const folders = { build: BUILD, tests: await suiteFolder() };
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
      return await run({ open, openSearch, workers: ${workers}, partitions: 2, filters: ${filters}, arriving });
    })()`;
    return await page.evaluate<Result[]>(script);
  };
  return { name, program: programs.chromium, workers, conform };
}

const inIsolate: Runtime = {
  name: "workerd",
  program: programs.workerd,
  workers: 0,
  async conform(path, arriving) {
    await using project = await Project.make();
    await project.add("isolate.js");
    await project.addSuite();
    const { address, stop } = await serveIsolate(path, join(project.folder, "isolate.js"), project.folder);
    try {
      const results: Result[] = [];
      for (const name of Object.keys(cases)) {
        const body = name.startsWith("arrives") ? arriving.slice() : null;
        const response = await fetch(`${address}/${encodeURIComponent(name)}?filters=${filters ?? ""}`, {
          method: "POST",
          body,
        });
        if (!response.ok) throw new Error(`${name}: workerd returned ${response.status}: ${await response.text()}`);
        results.push(...((await response.json()) as Result[]));
      }
      return results;
    } finally {
      await stop();
    }
  },
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
