/*
 * Builds the variants of the WebAssembly core into build/, where they are missing or older than their sources: all, or with
 * `--release` those that are published.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const SHIPPED = ["release.relaxed", "release.baseline", "release.relaxed.ordered", "release.baseline.ordered"];
const ALL = [...SHIPPED, "debug.relaxed", "debug.baseline"];

/** Compiles what is out of date. Throws with the compiler's output. */
export async function buildCore(targets = ALL): Promise<void> {
  const folder = join(root, "assembly");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  const newest = Math.max(...[join(root, "asconfig.json"), ...sources].map((path) => statSync(path).mtimeMs));
  const stale = targets.filter((target) => {
    const output = join(root, "build", isShared(target) ? `core.${target}.wasm` : `core.${target}.unshared.wasm`);
    return !existsSync(output) || statSync(output).mtimeMs < newest;
  });
  if (stale.length === 0) return;
  console.error("compiling the WebAssembly core (once) …");
  mkdirSync(join(root, "build"), { recursive: true });
  await Promise.all(stale.map(compile));
}

async function compile(target: string): Promise<void> {
  const compiler = join(root, "node_modules/assemblyscript/bin/asc.js");
  const job = Bun.spawn([process.execPath, compiler, "--config", "asconfig.json", "--target", target], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, errors] = await Promise.all([job.exited, new Response(job.stderr).text()]);
  if (code !== 0) throw new Error(`asc --target ${target} failed:\n${errors}`);
  const output = join(root, "build", `core.${target}`);
  if (!isShared(target)) await Bun.write(`${output}.unshared.wasm`, unshared(await Bun.file(`${output}.wasm`).bytes()));
}

/** Whether a variant is for shared memory only: one thread alone needs no order. */
function isShared(target: string): boolean {
  return target.endsWith(".ordered");
}

/**
 * The same module for memory that is not shared: one flag of its only import differs. Atomics work there as well, except
 * for waiting, and without other threads nothing waits.
 */
function unshared(module: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode("\x03env\x06memory\x02");
  const at = Buffer.from(module).indexOf(name) + name.length;
  if (module[at] !== 3) throw new Error("the core does not import a shared memory with a maximum");
  const copy = module.slice();
  copy[at] = 1;
  return copy;
}

if (import.meta.main) await buildCore(process.argv.includes("--release") ? SHIPPED : ALL);
