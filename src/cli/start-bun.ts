/* Where Node has started the program: which Bun takes over? One from npm, one in PATH, or where its installer puts it. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

/** Resolves to false when there is none of that version or newer; else once it has ended, with its exit code as this process's. */
export async function startBun(needed: string): Promise<boolean> {
  const bun = candidates().find((path) => existsSync(path) && isNewEnough(path, needed));
  if (bun === undefined) return false;
  const child = spawn(bun, process.argv.slice(1), { stdio: "inherit" });
  // From a terminal it gets this one itself.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
  return true;
}

function candidates(): string[] {
  const name = process.platform === "win32" ? "bun.exe" : "bun";
  const { npm_execpath: starter = "", PATH = "" } = process.env;
  const byBunx = basename(starter).startsWith("bun") ? [starter] : [];
  const inPath = PATH.split(delimiter).map((folder) => join(folder, name));
  return [...byBunx, ...fromNpm(), ...inPath, join(homedir(), ".bun", "bin", name)];
}

/** Beside this package, or in the project that it is started in. */
function fromNpm(): string[] {
  return [import.meta.url, join(process.cwd(), "package.json")].flatMap((from) => {
    try {
      return [join(dirname(createRequire(from).resolve("bun/package.json")), "bin", "bun.exe")];
    } catch {
      return [];
    }
  });
}

function isNewEnough(path: string, needed: string): boolean {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const numbers = (version: string) =>
    version
      .trim()
      .split(".")
      .map((part) => Number.parseInt(part, 10));
  const [found, least] = [numbers(stdout ?? ""), numbers(needed)];
  const at = least.findIndex((number, i) => found[i] !== number);
  return at < 0 || (found[at] ?? Number.NaN) > least[at]!;
}
