/*
 * Is everything there after a migration? For every source that `import` reads: it is made by its own library, read back by
 * it, imported, and compared key by key and float by float; then the same queries are asked of both. Prints the table of
 * docs/INTEGRATIONS.md; `--write` puts it there.
 *
 *   bun tests/migration/run.ts [--vectors 100000] [--python FILE] [--only usearch,csv] [--write]
 *
 * FILE is a Python that has usearch, hnswlib, chromadb, lancedb and pyarrow; without it only sources that need none are moved.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeTable } from "../../.ci/made-table.ts";
import { moved } from "./moved.ts";
import { OF_BUN, OF_PYTHON, ofPython, type Source, taskOf } from "./sources.ts";

const HEAD = [
  "| source | read by it | the same here | recall@10 there | here | import, CPU s | peak, MB |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
];
const { values } = parseArgs({
  options: {
    vectors: { type: "string", default: "100000" },
    python: { type: "string" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
if (values.write && values.only !== undefined) throw new Error("--write is for the whole table, not for --only");
const all = [...(values.python === undefined ? [] : OF_PYTHON), ...Object.keys(OF_BUN)];
const kinds = values.only?.split(",") ?? all;
const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-migration-"));
const rows: string[] = [];
let isWhole = true;
try {
  const task = taskOf(folder, Number(values.vectors));
  console.log(HEAD.join("\n"));
  for (const kind of kinds) {
    await using source = await made(kind);
    const path = join(folder, `moved-${kind}`);
    const { name, read, same, size, before, after, seconds, peakBytes } = await moved(source, path);
    isWhole &&= read === task.set.count && same === read && size === read;
    const there = before === null ? "no search" : before.toFixed(3);
    const cost = `${seconds.toFixed(1)} | ${peakBytes === null ? "-" : Math.round(peakBytes / 1e6)}`;
    rows.push(`| ${name} | ${numberOf(read)} | ${numberOf(same)} | ${there} | ${after.toFixed(3)} | ${cost} |`);
    console.log(rows.at(-1));
    rmSync(path, { recursive: true });
  }
  const command = "bun tests/migration/run.ts --python FILE --write";
  if (values.write) await writeTable("docs/INTEGRATIONS.md", command, [...HEAD, ...rows]);

  async function made(kind: string): Promise<Source & AsyncDisposable> {
    const source = Object.hasOwn(OF_BUN, kind) ? await OF_BUN[kind]!(task) : await ofPython(values.python!, kind, task);
    return { ...source, [Symbol.asyncDispose]: async () => source[Symbol.asyncDispose]?.() };
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(isWhole ? 0 : 1);

function numberOf(value: number): string {
  return value.toLocaleString("en-US");
}
