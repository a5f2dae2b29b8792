// Are the bench's own packages there? On first use they are installed into bench/node_modules, apart from the library's.

import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "./package.json" with { type: "json" };
import { buildAddon } from "./peers/hnswlib-node-build.ts";

const BENCH = import.meta.dir;
const PLOTTING = ["vega", "vega-lite"];
const TRIED = "HNSW_WORKERS_BENCH_INSTALLED";

/** For programs only: a process that has to install something starts itself again. */
export async function ensureInstalled(): Promise<void> {
  // The peers are optional: one that can't be installed does not keep the others from being measured.
  const wanted = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  if (process.env[TRIED] === undefined && !areThere(wanted)) {
    console.error("installing the bench's packages (the GloVe one holds 294 MB), once ...");
    // No lock file: the versions are exact, and a lock would pin the registry of the first one who ran it.
    const install = Bun.spawn([process.execPath, "install", "--no-save"], {
      cwd: BENCH,
      stdout: "ignore",
      stderr: "inherit",
    });
    if ((await install.exited) !== 0) throw new Error("`bun install` failed in bench/");
    await startAgain();
  }
  await buildAddon();
}

/** A process that began without the packages does not find them later: Bun remembers what was missing. */
async function startAgain(): Promise<never> {
  const again = Bun.spawn([process.execPath, ...process.argv.slice(1)], {
    env: { ...process.env, [TRIED]: "yes" },
    stdio: ["inherit", "inherit", "inherit"],
  });
  process.exit(await again.exited);
}

/** Whether plots can be drawn without installing anything. */
export function canDraw(): boolean {
  return areThere(PLOTTING);
}

function areThere(packages: string[]): boolean {
  return packages.every((name) => existsSync(join(BENCH, "node_modules", name)));
}
