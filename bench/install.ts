// Are the bench's own packages there? On first use they are installed into bench/node_modules, apart from the library's.

import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "./package.json" with { type: "json" };
import { buildAddon } from "./peers/hnswlib-node-build.ts";

const PLOTTING = ["vega", "vega-lite"];

export async function ensureInstalled(): Promise<void> {
  // The peers are optional: one that can't be installed here keeps nothing else from being measured.
  if (!areThere(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))) {
    console.error("installing the bench's packages (the GloVe one holds 294 MB), once ...");
    // No lock file: the versions are exact, and a lock would pin the registry of whoever ran first.
    const install = Bun.spawn([process.execPath, "install", "--no-save"], {
      cwd: import.meta.dir,
      stdout: "ignore",
      stderr: "inherit",
    });
    if ((await install.exited) !== 0) throw new Error("`bun install` failed in bench/");
  }
  await buildAddon();
}

/** Whether plots can be drawn without installing anything. */
export function canDraw(): boolean {
  return areThere(PLOTTING);
}

function areThere(packages: string[]): boolean {
  return packages.every((name) => existsSync(join(import.meta.dir, "node_modules", name)));
}
