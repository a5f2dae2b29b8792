// Is hnswlib-node's addon built? It ships without: a compiler, Python and npm's node-gyp build it, or a log says why not.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "..", "node_modules", "hnswlib-node");
const logPath = join(import.meta.dir, "..", ".cache", "hnswlib-node-build.log");
export const addonPath = join(folder, "build", "Release", "addon.node");

/** Tries once; a failure is kept as the log and never stops the bench. */
export async function buildAddon(): Promise<void> {
  if (!existsSync(folder) || existsSync(addonPath) || existsSync(logPath)) return;
  const npm = Bun.which("npm");
  if (!npm) {
    await Bun.write(logPath, "npm, whose node-gyp builds it, is not on the PATH\n");
    return;
  }
  console.error("building hnswlib-node's addon, once ...");
  // `npm run` puts npm's own node-gyp on the PATH; Bun would fetch the newest one, whatever Node.js it needs.
  const child = Bun.spawn([npm, "run", "rebuild"], { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  await Bun.write(logPath, `${output}${errors}`);
}

export function buildFailure(): string {
  const log = existsSync(logPath) ? readFileSync(logPath, "utf8") : "";
  const reason =
    log.split("\n").find((line) => /gyp ERR! stack|error:/i.test(line)) ?? log.trim().split("\n").at(-1) ?? "";
  return `its addon is not built: ${reason.trim() || "no log"} (whole log in bench/.cache/hnswlib-node-build.log; delete it to try again)`;
}
