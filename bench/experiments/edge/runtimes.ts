// How is an export opened and searched in each runtime? Loading this installs those that npm has.

import { join } from "node:path";
import { type Program, programs } from "../../../tests/runtimes/install.ts";
import { Project } from "../../../tests/runtimes/package.ts";
import { launch, serveSite } from "../../../tests/runtimes/site.ts";
import { serveIsolate } from "../../../tests/runtimes/workerd.ts";
import type { EdgeMeasurement } from "./edge.js";

/** A folder in which the package is installed. */
export const packageFolder = async () => (await Project.make()).folder;

const BUILD = join(import.meta.dir, "../../../build");
const MEASURE = import.meta.dir;

export interface MeasuredRuntime {
  program: Program;
  /** `path`: of the program. */
  measure: Measure;
}

type Measure = (path: string, entry: "index" | "search") => Promise<EdgeMeasurement>;

/** `folder`: of a user's program, with the snapshot in `snapshot.bin`. */
export function runtimesIn(folder: string, snapshot: Uint8Array): Record<string, MeasuredRuntime> {
  const asProcess =
    (...args: string[]): Measure =>
    async (path, entry) => {
      const command = [path, ...args, join(folder, "edge.js"), entry, join(folder, "snapshot.bin")];
      const job = Bun.spawn(command, { cwd: folder, stdout: "pipe", stderr: "pipe" });
      const [code, out, errors] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()]);
      if (code !== 0) throw new Error(errors);
      return JSON.parse(out) as EdgeMeasurement;
    };
  const inBrowser: Measure = async (path, entry) => {
    await using site = serveSite(false, { build: BUILD, measure: MEASURE }, { snapshot });
    await using browser = await launch(path);
    const page = await browser.newPage();
    await page.goto(`${site.url}`);
    return await page.evaluate(`(async () => {
      const { measure } = await import("/measure/edge.js");
      const from = new Uint8Array(await (await fetch("/snapshot")).arrayBuffer());
      return await measure(await import("/build/edge-${entry}.js"), from);
    })()`);
  };
  const deno = ["run", "--allow-all", "--node-modules-dir=manual", "--no-remote", "--quiet"];
  return {
    Bun: { program: programs.bun, measure: asProcess() },
    Node: { program: programs.node, measure: asProcess() },
    Deno: { program: programs.deno, measure: asProcess(...deno) },
    Chromium: { program: programs.chromium, measure: inBrowser },
    workerd: { program: programs.workerd, measure: inIsolate },
  };

  /** Its clock stands still while it computes, so it is timed from outside: a request more or less is noise. */
  async function inIsolate(path: string, entry: "index" | "search"): Promise<EdgeMeasurement> {
    const { address, stop } = await serveIsolate(path, join(folder, "edge-isolate.js"), folder, ["snapshot.bin"]);
    try {
      const ask = async (searches: number) => {
        const start = performance.now();
        const response = await fetch(`${address}/${entry}?searches=${searches}`);
        if (!response.ok) throw new Error(await response.text());
        await response.text();
        return performance.now() - start;
      };
      const openMs = await ask(1);
      await ask(500); // warm
      const searches = 2000;
      return { openMs, searchesPerSecond: searches / ((await ask(searches)) / 1000) };
    } finally {
      await stop();
    }
  }
}
