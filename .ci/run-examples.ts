/* Do the examples run as written, the README's first among them? */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dir, "..");

async function run(name: string, ...args: string[]): Promise<void> {
  console.log(`── ${name}`);
  const job = Bun.spawn([process.execPath, ...args], { cwd: root, stdout: "inherit", stderr: "inherit" });
  if ((await job.exited) !== 0) throw new Error(`${name} failed`);
}

/** The first TypeScript block of the README, importing the checkout instead of the package. */
async function readmeExample(): Promise<string> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const block = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (!block) throw new Error("the README has no example");
  return block.replace('"hnsw-workers"', JSON.stringify(join(root, "src/index.ts")));
}

const folder = await mkdtemp(join(root, "build", "readme-"));
try {
  const file = join(folder, "example.ts");
  await writeFile(file, await readmeExample());
  await run("the README's first example", file);
} finally {
  await rm(folder, { recursive: true });
}
await run("examples/server", "examples/server/try.ts");
await run("examples/attach", "examples/attach/main.ts");
await run("examples/wordnet", "examples/wordnet/demo.ts", "yellow curved fruit", "--space", "noun.food");
