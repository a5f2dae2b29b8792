/* Where another runtime starts the program: does it say in one line what it needs? */
import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { run } from "../support/process.ts";
import { programs } from "./install.ts";
import { BUILD, buildPackage } from "./package.ts";
import { testWith } from "./test-with.ts";

const PROGRAM = join(BUILD, "main.js");
const SAYS = /^hnsw-workers: this program needs Bun [\d.]+ or newer \(https:\/\/bun\.sh\): bunx hnsw-workers\n$/;

beforeAll(buildPackage);

async function expectRefusal(command: string[]): Promise<void> {
  for (const args of [[], ["--help"], ["inspect", "/nowhere"]]) {
    const { code, out, err } = await run([...command, PROGRAM, ...args]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(SAYS);
  }
}

testWith(programs.node, "Node is refused", (node) => expectRefusal([node]));
testWith(programs.deno, "Deno is refused", (deno) => expectRefusal([deno, "run", "--allow-all", "--quiet"]));

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
