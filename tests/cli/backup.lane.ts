/* Is a backup whole, whatever happens to the folder while it is taken, and is it refused where it can't be made? */
import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWith } from "../../src/api/open.ts";
import { attach } from "../../src/index.ts";
import { SqliteFile } from "../../src/storage/disk/sqlite.ts";
import { readMark } from "../../src/storage/log/mark.ts";
import { Catalog } from "../../src/storage/snapshots/catalog.ts";
import { backUp } from "../../src/storage/tools/backup.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf, until } from "../support/indexes.ts";
import { failureOf, outOf, run, stateOf } from "./program.ts";

const OPTIONS = { dimensions: 4, workers: 0, partitions: 2 } as const;
const BACKUPS = 4;

/** Fails unless a copy opens and holds the keys 1 to `count` that `adder.ts` adds. */
async function expectHoldsUpTo(path: string, count: number): Promise<void> {
  const { index } = await openWith({ ...OPTIONS, path }, {});
  try {
    expect(index.recovery?.problems).toEqual([]);
    for (let n = 1; n <= count; n++) {
      const vector = await index.space(`space ${n % 5}`).get(n);
      if (vector?.[0] !== n) throw new Error(`${path} lacks ${n} of ${count}`);
    }
  } finally {
    await index.close();
  }
}

test("each backup of a folder that another process adds to holds every op acknowledged before it began", async () => {
  using folder = new Folder();
  const adder = new URL("./adder.ts", import.meta.url).pathname;
  const server = Bun.spawn([process.execPath, adder, folder.path], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  let acknowledged = 0;
  const reading = (async () => {
    let text = "";
    for await (const chunk of server.stdout) {
      text += Buffer.from(chunk).toString();
      const lines = text.split("\n");
      text = lines.pop()!;
      if (lines.length > 0) acknowledged = Number(lines.at(-1));
    }
  })();
  try {
    for (let i = 0; i < BACKUPS; i++) {
      const before = acknowledged;
      await until(() => acknowledged > before + 20, "more ops are acknowledged");
      const count = acknowledged;
      const copy = join(folder.root, `copy-${i}`);
      const report = JSON.parse(await outOf(["backup", folder.path, copy, "--json"]));
      expect(report).toMatchObject({ path: folder.path, destination: copy });
      expect(Array.from(readMark(join(copy, "journal.mark"), 2)!)).toEqual(report.sequences);
      expect(JSON.parse(await outOf(["verify", copy, "--json"])).vectors).toBeGreaterThanOrEqual(count);
      await expectHoldsUpTo(copy, count);
    }
  } finally {
    server.stdin.end();
  }
  const [, code, err] = await Promise.all([reading, server.exited, new Response(server.stderr).text()]);
  expect([code, err]).toEqual([0, ""]);
  await expectHoldsUpTo(folder.path, acknowledged);
});

describe("index.backup", () => {
  test("copies everything that was accepted before, while the same process adds and takes snapshots", async () => {
    using folder = new Folder();
    const opened = await folder.open({ ...OPTIONS, durability: "relaxed" });
    const { index } = opened;
    let n = 0;
    let ending = false;
    const adding = (async () => {
      while (!ending) {
        n++;
        await index.space(`space ${n % 5}`).add(n, [n, 1, 2, 3]);
        if (n % 100 === 0) await Promise.all([index.checkpoint(), index.flush()]);
      }
    })();
    for (let i = 0; i < 4; i++) {
      const count = n;
      const copy = join(folder.root, `copy-${i}`);
      const { sequences, bytes } = await index.backup(copy);
      expect(sequences.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(count);
      expect(bytes).toBeGreaterThan(0);
      await expectHoldsUpTo(copy, count);
    }
    ending = true;
    await adding;
    await index.close();
    expect((await refusalOf(() => index.backup(join(folder.root, "late")))).code).toBe("CLOSED");
    expect((await run(["verify", join(folder.root, "copy-3")])).code).toBe(0);
  });

  test("needs a path, the thread that opened the index, and a name", async () => {
    using folder = new Folder();
    await using memory = await openWith(OPTIONS, {}).then(({ index }) => index);
    expect((await refusalOf(() => memory.backup(join(folder.root, "b")))).code).toBe("BAD_OPTION");
    await using opened = await folder.open(OPTIONS);
    await using other = attach(opened.index.attach());
    expect((await refusalOf(() => other.backup(join(folder.root, "b")))).code).toBe("BAD_OPTION");
    expect((await refusalOf(() => opened.index.backup(""))).code).toBe("BAD_OPTION");
    expect((await refusalOf(() => opened.index.backup(join(folder.path, "b")))).code).toBe("BAD_OPTION");
    expect((await refusalOf(() => opened.index.backup(folder.root))).code).toBe("PATH_FOREIGN");
    await opened.index.space("s").add(1, [1, 2, 3, 4]); // it still works
    await opened.index.checkpoint();
    await opened.index.backup(join(folder.root, "b"));
    expect((await run(["verify", join(folder.root, "b")])).code).toBe(0);
  });
});

describe("a backup of a closed folder", () => {
  async function closed(folder: Folder): Promise<void> {
    const { index } = await folder.open(OPTIONS);
    for (let n = 1; n <= 20; n++) {
      await index.space(`space ${n % 5}`).add(n, [n, 1, 2, 3]);
      if (n % 10 === 0) await index.checkpoint();
    }
    await index.close();
  }

  test("changes nothing in it, and says what was copied", async () => {
    using folder = new Folder();
    await closed(folder);
    const before = stateOf(folder.path);
    const copy = join(folder.root, "copy");
    mkdirSync(copy); // it may exist if it is empty
    const said = await outOf(["backup", folder.path, copy]);
    expect(said).toMatch(/copy: [\d.]+ KiB, the journal and 2 files of snapshots\n$/);
    expect(stateOf(folder.path)).toEqual(before);
    expect(readdirSync(copy).sort()).toEqual(["journal.mark", "journal.sqlite", "snapshots"]);
    await expectHoldsUpTo(copy, 20);
  });

  test("is refused where it can't go, and creates nothing there", async () => {
    using folder = new Folder();
    await closed(folder);
    const copyTo = (to: string) => failureOf(["backup", folder.path, to]);
    const inside = join(folder.path, "copy");
    expect(await copyTo(inside)).toBe(`2 BAD_OPTION: A backup can't lie inside ${folder.path} itself.`);
    expect(await copyTo(folder.path)).toStartWith("2 BAD_OPTION: ");
    const link = join(folder.root, "link");
    symlinkSync(folder.path, link);
    expect(await copyTo(join(link, "copy"))).toStartWith("2 BAD_OPTION: ");
    expect(existsSync(inside)).toBe(false);
    const full = join(folder.root, "full");
    mkdirSync(full);
    writeFileSync(join(full, "file"), "");
    const says = `1 PATH_FOREIGN: The folder ${full} is not empty: give the backup a folder of its own.`;
    expect(await copyTo(full)).toBe(says);
    expect(readdirSync(full)).toEqual(["file"]);
    expect(await copyTo(join(full, "file"))).toStartWith("1 PATH_FAILED: ");
  });

  test("starts again when a round of snapshots replaces a file", async () => {
    using folder = new Folder();
    await closed(folder);
    const journal = await SqliteFile.open(join(folder.path, "journal.sqlite"), "write");
    const catalog = new Catalog(journal);
    const states = catalog.partitions(2);
    let rounds = 0;
    const round = () => {
      if (rounds++ > 0) return;
      const rows = catalog.snapshots();
      const snapshots = join(folder.path, "snapshots");
      for (const file of new Set(rows.map((row) => row.file))) {
        copyFileSync(join(snapshots, file), join(snapshots, `9${file}`));
      }
      const moved = rows.map((row) => ({ ...row, file: `9${row.file}` }));
      const isOld = ({ file }: { file: string }) => !file.startsWith("9");
      catalog.register(moved, isOld, () => states);
      for (const file of readdirSync(snapshots)) if (!file.startsWith("9")) rmSync(join(snapshots, file));
    };
    const copy = join(folder.root, "copy");
    const { files } = await backUp(folder.path, copy, round);
    journal.close();
    expect(rounds).toBeGreaterThan(files);
    expect(readdirSync(join(copy, "snapshots")).every((file) => file.startsWith("9"))).toBe(true);
    await expectHoldsUpTo(copy, 20);
  });

  test("of a folder without one of its files is refused as damaged, and leaves nothing at the destination", async () => {
    using folder = new Folder();
    await closed(folder);
    const [file] = readdirSync(join(folder.path, "snapshots"));
    rmSync(join(folder.path, "snapshots", file!));
    const copy = join(folder.root, "a", "copy");
    const failure = await failureOf(["backup", folder.path, copy]);
    expect(failure).toStartWith(`1 PATH_DAMAGED: ${join(folder.path, "snapshots", file!)} is missing`);
    expect(existsSync(copy)).toBe(false);
  });
});
