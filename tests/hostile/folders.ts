/*
 * `bun tests/hostile/folders.ts [--cases N] [--seed S]`: N changes of folders, each to a value that someone may have
 * chosen, with checksums that are right. Is every one refused or harmless, in bounded time and memory?
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inChildren } from "./court.ts";
import { makeOrigin } from "./folder-cases.ts";
import type { Case, FolderVerdict } from "./judge-folder.ts";

const JUDGE = new URL("./judge-folder.ts", import.meta.url).pathname;
const SILENCE_MS = 30_000; // a case is six deeds of up to five seconds

/** A verdict for each case, in their order. */
export async function judgeFolders(cases: readonly Case[]): Promise<FolderVerdict[]> {
  const place = mkdtempSync(join(tmpdir(), "hnsw-workers-hostile-"));
  try {
    const [origin, list] = [join(place, "origin"), join(place, "cases.json")];
    await makeOrigin(origin);
    writeFileSync(list, JSON.stringify(cases));
    return await inChildren(cases.length, (first) => [JUDGE, origin, list, String(first)], SILENCE_MS);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const options = { cases: { type: "string", default: "2000" }, seed: { type: "string", default: "1" } } as const;
  const { values } = parseArgs({ options });
  const [count, seed] = [Number(values.cases), Number(values.seed)];
  const cases = Array.from({ length: count }, (_, i) => seed + i);
  const verdicts = await judgeFolders(cases);
  const tally = new Map<string, number>();
  for (const [i, verdict] of verdicts.entries()) {
    if (verdict.kind === "wrong") console.error(`${cases[i]}: ${verdict.why}`);
    for (const [deed, each] of Object.entries(verdict.deeds ?? {})) {
      const what = `${deed} ${each.kind === "refused" ? each.code : each.kind}`;
      tally.set(what, (tally.get(what) ?? 0) + 1);
    }
  }
  console.log(
    [...tally]
      .sort()
      .map(([what, times]) => `${what} ${times}`)
      .join(", "),
  );
  const wrong = verdicts.filter(({ kind }) => kind === "wrong").length;
  console.log(`${count} folders from seed ${seed}: ${wrong} wrong`);
  process.exit(wrong === 0 ? 0 : 1);
}
