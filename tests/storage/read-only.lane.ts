/*
 * A folder on a file system that can't be written, and one that a system has put its own files into: can it be read, and
 * can an index be created where nothing else is?
 */
import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failureOf, outOf } from "../cli/program.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, keysOf, modelOf, refusalOf, uniform } from "../support/indexes.ts";
import { Mount } from "./crash/mount.ts";

const SEED = 17;
const SET = uniform(30, 4, SEED);
const OPTIONS = { dimensions: 4, metric: "l2", workers: 0, partitions: 2 } as const;

async function fill(folder: Folder): Promise<void> {
  await using parts = await folder.open(OPTIONS);
  await parts.index.space("s").addMany(keysOf(SET), SET.values);
}

using probe = new Folder();
const mounted = Mount.make(join(probe.root, "probe"), 1);
mounted?.[Symbol.dispose]();

describe.skipIf(mounted === null)("on a read-only file system", () => {
  for (const how of [
    "was closed",
    "was left by a crash",
    "was left by a crash without -shm",
    "is a backup, so it has no lock",
  ]) {
    test(`verify, export, inspect and backup read a folder that ${how}`, async () => {
      using folder = new Folder();
      using disk = Mount.make(join(folder.root, "disk"), 64)!;
      const path = join(disk.path, "index");
      await fill(folder);
      if (how.startsWith("was closed")) cpSync(folder.path, path, { recursive: true });
      else {
        await using parts = await folder.open(OPTIONS);
        await parts.index.space("s").add(keysOf(SET)[0]!, SET.at(0)); // a log of SQLite's lies beside the journal
        if (how.startsWith("is a backup")) await parts.index.backup(path);
        else cpSync(folder.path, path, { recursive: true });
        if (how.endsWith("without -shm")) rmSync(join(path, "journal.sqlite-shm"));
      }
      disk.remount("ro");
      expect(JSON.parse(await outOf(["verify", path, "--json"]))).toMatchObject({ ok: true, vectors: 30 });
      expect((await outOf(["export", path, "--space", "s"])).trim().split("\n")).toHaveLength(30);
      expect(JSON.parse(await outOf(["inspect", path, "--json"]))).toMatchObject({ problems: [] });
      await outOf(["backup", path, join(folder.root, "copy")]);
      await using copy = await folder.open({ ...OPTIONS, path: join(folder.root, "copy") });
      await expectHolds(copy.index.space("s"), modelOf(SET), `seed ${SEED}`);
    });
  }

  test("open is PATH_FAILED, and says why", async () => {
    using folder = new Folder();
    using disk = Mount.make(join(folder.root, "disk"), 64)!;
    await fill(folder);
    cpSync(folder.path, join(disk.path, "index"), { recursive: true });
    disk.remount("ro");
    const { code, message } = await refusalOf(() => folder.open({ ...OPTIONS, path: join(disk.path, "index") }));
    expect(code).toBe("PATH_FAILED");
    expect(message).toContain("can't be written: EROFS");
  });

  test("a folder that is open where it can be written is refused", async () => {
    using folder = new Folder();
    await fill(folder);
    using view = Mount.readOnly(folder.path, join(folder.root, "view"))!;
    expect(JSON.parse(await outOf(["verify", view.path, "--json"]))).toMatchObject({ ok: true, vectors: 30 });
    await using _ = await folder.open(OPTIONS);
    expect(await failureOf(["verify", view.path])).toContain("PATH_IN_USE");
  });
});

describe("a folder that holds nothing but what systems and tools put there is as good as empty:", () => {
  for (const name of [
    "lost+found/",
    ".gitkeep",
    ".DS_Store",
    "Thumbs.db",
    ".snapshot/",
    ".Trashes/",
    "System Volume Information/",
  ]) {
    test(name, async () => {
      using folder = new Folder();
      mkdirSync(folder.path);
      if (name.endsWith("/")) mkdirSync(join(folder.path, name));
      else writeFileSync(join(folder.path, name), "");
      await fill(folder);
      await using again = await folder.open(OPTIONS);
      await expectHolds(again.index.space("s"), modelOf(SET), name);
      expect(readdirSync(folder.path)).toContain(name.replace("/", ""));
      // A backup may go to such a place.
      const copy = join(folder.root, "copy");
      mkdirSync(copy);
      if (name.endsWith("/")) mkdirSync(join(copy, name));
      else writeFileSync(join(copy, name), "");
      await again.index.backup(copy);
    });
  }

  test("what others have made is refused, and stays", async () => {
    using folder = new Folder();
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, ".gitkeep"), "");
    writeFileSync(join(folder.path, "letter.txt"), "hello");
    expect((await refusalOf(() => folder.open(OPTIONS))).code).toBe("PATH_FOREIGN");
    expect(readdirSync(folder.path).sort()).toEqual([".gitkeep", "letter.txt"]);
  });
});
