/*
 * A folder from elsewhere, its checksums right and its contents wrong: is it refused, or harmless, to everything that reads
 * it? And is nothing beside it touched?
 *
 * The short form; `bun tests/hostile/folders.ts --cases 2000 --seed S` is the long one.
 */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { CASES } from "../hostile/folder-cases.ts";
import { judgeFolders } from "../hostile/folders.ts";
import type { FolderVerdict } from "../hostile/judge-folder.ts";

setDefaultTimeout(300_000); // the machine may be busy

const SEED = 20_261_128;
const RANDOM = 12;
/** What a salvage has no way past, and what is sound or made up for. */
const NEVER_OPENED = [
  "snapshots/ as a link",
  "lock as a link",
  "lock as a database",
  "a write-ahead log that is a link",
];
const ALWAYS_OPENED = [
  "nothing at all",
  "a snapshot's file that is a link",
  "a snapshot's file that is a pipe",
  "groups of a partition that does not exist",
];

const seeds = Array.from({ length: RANDOM }, (_, i) => SEED + i);
let verdicts: Map<string | number, FolderVerdict>;
beforeAll(async () => {
  const cases = [...Object.keys(CASES), ...seeds];
  const found = await judgeFolders(cases);
  verdicts = new Map(cases.map((id, i) => [id, found[i]!]));
});

describe("nothing but refusals and what is right:", () => {
  test.each(Object.keys(CASES))("%s", (name) => {
    const { deeds, ...verdict } = verdicts.get(name)!;
    expect(verdict).toEqual({ kind: "right" });
    expect(deeds!.open.kind).toBe(ALWAYS_OPENED.includes(name) ? "right" : "refused");
    if (deeds!.open.kind === "refused" && !NEVER_OPENED.includes(name)) {
      expect(deeds!.open).toEqual({ kind: "refused", code: "PATH_DAMAGED" });
      const isSalvaged = name !== "a salvaged journal that has views";
      expect(deeds!.salvage.kind).toBe(isSalvaged ? "right" : "refused");
    }
  });

  test(`any field of ${RANDOM} folders`, () => {
    const wrong = seeds.filter((seed) => verdicts.get(seed)!.kind === "wrong");
    expect(wrong.map((seed) => `${seed}: ${JSON.stringify(verdicts.get(seed))}`)).toEqual([]);
  });
});
