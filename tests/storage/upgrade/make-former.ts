/*
 * How were the fixtures in this folder made? By the release before: `bun tests/storage/upgrade/make-former.ts ITS_INDEX`,
 * with the path of its built `index.js`. A folder as a crash would leave it, and an export, in one compressed file of JSON.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIMENSIONS, formerOps, KEYS, STEPS } from "./former.ts";

const { open } = await import(process.argv[2]!);
const root = mkdtempSync(join(tmpdir(), "former-"));
const path = join(root, "index");
const options = {
  dimensions: DIMENSIONS,
  metric: "l2",
  M: 6,
  seed: 7,
  flatBelow: 50,
  workers: 1,
  partitions: 2,
  path,
  durability: "relaxed",
};
const index = await open(options);
for (const [step, ops] of formerOps().entries()) {
  for (const { space, key, vector } of ops) {
    if (key === null) await index.dropSpace(space);
    else if (vector === null) await index.space(space).delete(KEYS.get(key) ?? key);
    else await index.space(space).add(KEYS.get(key) ?? key, vector);
  }
  if (step < STEPS - 1) await index.flush();
  if (step < STEPS - 1) await index.checkpoint();
}
await index.flush();
cpSync(path, join(root, "copy"), { recursive: true });
const files: Record<string, string> = {};
for (const name of readdirSync(join(root, "copy"), { recursive: true, encoding: "utf8" })) {
  const file = join(root, "copy", name);
  if (statSync(file).isFile()) files[name] = readFileSync(file).toString("base64");
}
const exported = Buffer.from(await index.exportBytes()).toString("base64");
await index.close();
const fixture = Bun.gzipSync(Buffer.from(JSON.stringify({ files, exported })), { level: 9 });
await Bun.write(join(import.meta.dir, "former.json.gz"), fixture);
rmSync(root, { recursive: true });
console.log(`${fixture.length} bytes`);
