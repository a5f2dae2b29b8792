/* Do the examples run as written? The code of README.md and docs/RECIPES.md runs in tests/examples. */
import { join } from "node:path";

const root = join(import.meta.dir, "..");

async function run(name: string, ...args: string[]): Promise<void> {
  console.log(`── ${name}`);
  const job = Bun.spawn([process.execPath, ...args], { cwd: root, stdout: "inherit", stderr: "inherit" });
  if ((await job.exited) !== 0) throw new Error(`${name} failed`);
}

await run("examples/server", "examples/server/try.ts");
await run("examples/attach", "examples/attach/main.ts");
await run("examples/cluster", "examples/cluster/main.ts");
await run("examples/wordnet", "examples/wordnet/demo.ts", "yellow curved fruit", "--space", "noun.food");
