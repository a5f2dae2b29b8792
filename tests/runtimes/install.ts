/* Which other runtimes are there? What npm has is installed on first use, into tests/runtimes/node_modules. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import manifest from "./package.json" with { type: "json" };

export const MODULES = join(import.meta.dir, "node_modules");

/** A program, or why there is none. */
export type Program = { path: string } | { missing: string };

/** Installs what is missing. Resolves to why it could not, or null. */
async function install(): Promise<string | null> {
  if (Object.keys(manifest.dependencies).every((name) => existsSync(join(MODULES, name)))) return null;
  console.error("installing Deno, workerd, Vite, compilers and what drives Chromium (about 340 MB), once ...");
  // No lock file: the versions are exact, and a lock would pin the registry of the first machine.
  const job = Bun.spawn([process.execPath, "install", "--no-save"], {
    cwd: import.meta.dir,
    stdout: "ignore",
    stderr: "pipe",
  });
  const [code, errors] = await Promise.all([job.exited, job.stderr.text()]);
  return code === 0 ? null : `\`bun install\` failed in tests/runtimes/: ${errors.trim().split("\n").at(-1)}`;
}

const failure = await install();

/** A program that npm ships for this platform, in a package of its own beside the one that was asked for. */
function shipped(scope: string, prefix: string, file: string): Program {
  if (failure !== null) return { missing: failure };
  const folder = join(MODULES, scope);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  const path = names.map((name) => join(folder, name, file)).find(existsSync);
  return path ? { path } : { missing: `npm has no ${scope}/${prefix}… for ${process.platform} ${process.arch}` };
}

function found(names: string[], cure: string): Program {
  const path = names.map((name) => Bun.which(name)).find((where) => where !== null);
  return path ? { path } : { missing: `none of ${names.join(", ")} is there: ${cure}` };
}

export const programs = {
  bun: { path: process.execPath } as Program,
  node: found(["node"], "install Node 20 or newer"),
  deno: shipped("@deno", "", process.platform === "win32" ? "deno.exe" : "deno"),
  chromium: found(
    [process.env.CHROMIUM ?? "chromium", "chromium-browser", "google-chrome"],
    "`apt-get install chromium`, or name one in CHROMIUM",
  ),
  workerd: shipped("@cloudflare", "workerd-", "bin/workerd"),
};
