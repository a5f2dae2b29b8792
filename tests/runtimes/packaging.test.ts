/* Is what `npm pack` makes a package that every bundler and type checker takes as it is meant? */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MODULES } from "./install.ts";

setDefaultTimeout(120_000); // the machine may be busy

const ROOT = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-pack-"));
let tarball: string;

afterAll(() => rmSync(folder, { recursive: true }));

async function spoken(command: string[]): Promise<{ code: number; says: string }> {
  const job = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [code, out, errors] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()]);
  return { code, says: code === 0 ? "" : out + errors };
}

beforeAll(async () => {
  expect(await spoken([process.execPath, "pm", "pack", "--destination", folder])).toEqual({ code: 0, says: "" });
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
});

test("publint finds nothing", async () => {
  const program = join(MODULES, "publint/src/cli.js");
  expect(await spoken([process.execPath, program, tarball, "--strict"])).toEqual({ code: 0, says: "" });
});

test("the types are those of what is imported", async () => {
  const program = join(MODULES, "@arethetypeswrong/cli/dist/index.js");
  // Modules only, as the package says; nobody imports the workers' file.
  const command = [program, tarball, "--profile", "esm-only", "--exclude-entrypoints", "edge-worker.js"];
  expect(await spoken([process.execPath, ...command])).toEqual({ code: 0, says: "" });
});
