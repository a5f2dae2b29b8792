/*
 * Is everything there after a migration? For every source that `import` reads: it is made by its own library, read back by
 * it, imported, and compared key by key and float by float; then the same queries are asked of both. Prints the table of
 * docs/INTEGRATIONS.md.
 *
 *   bun tests/migration/run.ts [--vectors 100000] [--python FILE] [--only usearch,csv]
 *
 * FILE is a Python that has usearch, hnswlib, chromadb, lancedb and pyarrow; without it only sources that need none are moved.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { moved, OF_BUN, OF_PYTHON, ofPython, taskOf, truthOf } from "./moved.ts";

const { values } = parseArgs({
  options: { vectors: { type: "string", default: "100000" }, python: { type: "string" }, only: { type: "string" } },
});
const all = [...(values.python === undefined ? [] : OF_PYTHON), ...Object.keys(OF_BUN)];
const kinds = values.only?.split(",") ?? all;
const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-migration-"));
let isWhole = true;
try {
  const task = taskOf(folder, Number(values.vectors));
  const truth = truthOf(task);
  console.log("| source | read by it | the same here | recall@10 there | here |");
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const kind of kinds) {
    await using source = await made(kind);
    const path = join(folder, `moved-${kind}`);
    const { name, read, same, size, before, after } = await moved(source, path, truth);
    isWhole &&= read === task.set.count && same === read && size === read;
    const number = (value: number) => value.toLocaleString("en-US");
    const there = before === null ? "no search" : before.toFixed(3);
    console.log(`| ${name} | ${number(read)} | ${number(same)} | ${there} | ${after.toFixed(3)} |`);
    rmSync(path, { recursive: true });
  }

  async function made(kind: string) {
    const source = Object.hasOwn(OF_BUN, kind) ? await OF_BUN[kind]!(task) : await ofPython(values.python!, kind, task);
    return { ...source, [Symbol.asyncDispose]: async () => source[Symbol.asyncDispose]?.() };
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(isWhole ? 0 : 1);
