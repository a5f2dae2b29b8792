/*
 * Does docs/SERVER.md lead from an empty folder to a server, a client's result and the dashboard on a machine with nothing but Node and
 * npm? With the package as it is packed, and Bun from npm; where the registry can't be reached, the test is skipped.
 */
import { expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { blocksOf, promisedBy } from "../examples/blocks.ts";
import { outputOf, run } from "../support/process.ts";
import { programs } from "./install.ts";
import { packPackage } from "./package.ts";
import { testWith } from "./test-with.ts";

const own = blocksOf("docs/SERVER.md").filter(({ section }) => section === "start-it");
const [install, serve] = own
  .find(({ language }) => language === "sh")!
  .code.trim()
  .split("\n") as [string, string];
const client = own.find(({ file }) => file === "client.mjs")!.code;
const PORT = 6333;

testWith(programs.node, "an empty folder, Node and npm", async (node) => {
  const { tarball } = await packPackage();
  const folder = await mkdtemp(join(tmpdir(), "hnsw-workers-node-only-"));
  const env = {
    PATH: `${dirname(node)}:/bin`,
    HOME: folder,
    npm_config_registry: process.env.npm_config_registry ?? "",
  };
  if (env.npm_config_registry === "")
    env.npm_config_registry = (await outputOf(["npm", "config", "get", "registry"])).trim();
  try {
    const command = install.replace("hnsw-workers", tarball).split(" ");
    const { code, err } = await run([...command, "--no-fund", "--no-audit"], { cwd: folder, env });
    if (code !== 0)
      return console.warn(`not tested: an empty folder with Node and npm: ${err.trim().split("\n").at(-1)}`);
    expect(await outputOf(["npx", "hnsw-workers", "--version"], { cwd: folder, env })).toMatch(/^\d+\.\d+\.\d+\n$/);
    // npx passes no signal on.
    const program = serve.replace("npx ", "node_modules/.bin/").replace(`${PORT}`, "0");
    const job = Bun.spawn(program.split(" "), {
      ...{ cwd: folder, env, stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    });
    try {
      const { value } = await job.stdout.getReader().read();
      const url = /listening at (\S+)/.exec(new TextDecoder().decode(value))![1]!;
      expect(client.trim().split("\n").length).toBeLessThanOrEqual(10);
      await Bun.write(join(folder, "client.mjs"), client.replace(`http://127.0.0.1:${PORT}`, url));
      const out = await outputOf([node, "client.mjs"], { cwd: folder, env });
      expect(out.trim().split("\n")).toEqual(promisedBy(client));
      const page = await (await fetch(`${url}/dashboard`)).text();
      const files = Array.from(page.matchAll(/(?:src|href)="([^":]+\.(?:js|css))"/g), ([, file]) => file!);
      expect(files.length).toBeGreaterThanOrEqual(2);
      for (const file of files) expect((await fetch(new URL(file, `${url}/dashboard`))).status).toBe(200);
    } finally {
      job.kill("SIGTERM");
      await job.exited;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
