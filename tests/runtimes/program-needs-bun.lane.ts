/* Where another runtime starts the program: does it find Bun, or say in one line what it needs? */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/process.ts";
import { programs } from "./install.ts";
import { BUILD, packPackage, ROOT } from "./package.ts";
import { testWith } from "./test-with.ts";

const PROGRAM = join(BUILD, "main.js");
const SAYS = /^hnsw-workers: this program needs Bun [\d.]+ or newer: `npm install --global bun` brings it, .*\n$/;
/** Where the program lies as npm installs it, with no Bun beside it. */
let alone = "";
let folder = "";

beforeAll(async () => {
  const { unpacked } = await packPackage();
  folder = await mkdtemp(join(tmpdir(), "hnsw-workers-no-bun-"));
  await cp(unpacked, join(folder, "node_modules/hnsw-workers"), { recursive: true });
  const loader = "node_modules/@assemblyscript/loader";
  await cp(join(ROOT, loader), join(folder, loader), { recursive: true });
  alone = join(folder, "node_modules/hnsw-workers/build/main.js");
});
afterAll(() => rm(folder, { recursive: true }));

async function expectRefusal(command: string[]): Promise<void> {
  for (const args of [[], ["--help"], ["inspect", "/nowhere"]]) {
    const env = { PATH: "/nowhere", HOME: folder };
    const { code, out, err } = await run([...command, alone, ...args], { cwd: folder, env });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(SAYS);
  }
}

testWith(programs.node, "Node without a Bun says how to get it", (node) => expectRefusal([node]));
testWith(programs.deno, "Deno is refused", (deno) => expectRefusal([deno, "run", "--allow-all", "--quiet"]));

testWith(programs.node, "Node finds Bun in PATH, passes arguments, the exit code and a signal on", async (node) => {
  await mkdir(join(folder, "bin"));
  await symlink(process.execPath, join(folder, "bin/bun"));
  const env = { PATH: join(folder, "bin"), HOME: folder };
  expect((await run([node, alone, "--version"], { cwd: folder, env })).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await run([node, alone, "nothing"], { cwd: folder, env })).code).toBe(2);
  const serve = [node, alone, "serve", join(folder, "data"), "--port", "0"];
  const job = Bun.spawn(serve, { cwd: folder, env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const said = await job.stdout.getReader().read();
  expect(new TextDecoder().decode(said.value)).toStartWith("listening at ");
  job.kill("SIGTERM");
  expect(await job.exited).toBe(0);
});

testWith(programs.node, "Node finds the Bun that npm installed, and passes over one that is too old", async (node) => {
  const script = (says: string) => `#!/bin/sh\necho "${says}"\n`;
  const old = join(folder, "old");
  const beside = join(folder, "node_modules/bun");
  await Bun.write(join(old, "bun"), script("1.0.0"));
  await Bun.write(join(beside, "package.json"), '{"name":"bun","version":"9.0.0"}');
  await Bun.write(join(beside, "bin/bun.exe"), script("9.0.0"));
  for (const file of [join(old, "bun"), join(beside, "bin/bun.exe")]) await chmod(file, 0o755);
  const env = { PATH: `${old}:/bin:/usr/bin`, HOME: folder };
  expect(await run([node, alone, "--version"], { cwd: folder, env })).toMatchObject({ code: 0, out: "9.0.0\n" });
  await rm(beside, { recursive: true });
  const onlyOld = { PATH: `${old}:/nowhere`, HOME: folder };
  expect(await run([node, alone, "--version"], { cwd: folder, env: onlyOld })).toMatchObject({ code: 1, out: "" });
});

test("next to nothing is loaded before that is known, so that an old Node can read it", async () => {
  const files = [PROGRAM];
  for (const file of files) {
    const text = await Bun.file(file).text();
    expect(text.length).toBeLessThan(4096);
    const { imports } = new Bun.Transpiler({ loader: "js" }).scan(text);
    const atOnce = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
    expect(atOnce.filter((path) => !path.startsWith("./"))).toEqual([]);
    files.push(...atOnce.map((path) => join(BUILD, path)));
  }
});

test("Bun runs it", async () => {
  expect((await run([process.execPath, PROGRAM, "--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
