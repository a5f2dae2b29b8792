/* Does what the release before wrote become an index of this release, and is it refused with the line that does it? */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { open, openStore } from "../../../src/index.ts";
import { Folder } from "../../support/folder.ts";
import { isSame, refusalOf } from "../../support/indexes.ts";
import { run } from "../../support/process.ts";
import { formerContent } from "./former.ts";

const MAIN = new URL("../../../src/cli/main.ts", import.meta.url).pathname;
const FIXTURE = JSON.parse(
  new TextDecoder().decode(Bun.gunzipSync(readFileSync(join(import.meta.dir, "former.json.gz")))),
) as { files: Record<string, string>; exported: string };

/** At which an upgrade is interrupted. */
const MOMENTS = 4;

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
const [OLD, OLD_EXPORT] = [join(folder.root, "old"), join(folder.root, "old.hnsw")];
const upgrade = (old: string, to: string) => run([process.execPath, MAIN, "upgrade", old, to]);

beforeAll(() => {
  for (const [name, content] of Object.entries(FIXTURE.files)) {
    mkdirSync(dirname(join(OLD, name)), { recursive: true });
    writeFileSync(join(OLD, name), Buffer.from(content, "base64"));
  }
  writeFileSync(OLD_EXPORT, Buffer.from(FIXTURE.exported, "base64"));
});

/** Every file of a folder with its bytes; but the lock, and what SQLite makes again whenever it reads. */
function bytesIn(path: string): Map<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => !/^lock|-shm$/.test(name) && statSync(join(path, name)).isFile());
  return new Map(files.sort().map((name) => [name, readFileSync(join(path, name)).toString("base64")]));
}

async function expectContent(index: Awaited<ReturnType<typeof open>>): Promise<void> {
  const content = formerContent();
  expect(index.spaces().sort()).toEqual([...content.keys()].sort());
  for (const [name, vectors] of content) {
    const space = index.space(name);
    expect(space.size).toBe(vectors.size);
    for (const [key, vector] of vectors) {
      if (!isSame(await space.get(key), vector)) throw new Error(`${name}, ${String(key)}: ${await space.get(key)}`);
    }
  }
  expect(await index.check()).toEqual({ ok: true, problems: [], unreachable: 0, warnings: [] });
}

describe("a folder of the release before", () => {
  test("is refused with the command that converts it, and untouched", async () => {
    const before = bytesIn(OLD);
    const error = await refusalOf(() => open({ path: OLD }));
    expect(error).toMatchObject({
      code: "PATH_FOREIGN",
      message: expect.stringContaining(
        `has format 1, this version reads 3: \`hnsw-workers upgrade ${OLD} NEW\` converts it.`,
      ),
    });
    expect(bytesIn(OLD)).toEqual(before);
  });

  test("becomes one with the same content; the old one is whole", async () => {
    const before = bytesIn(OLD);
    const to = join(folder.root, "new");
    const { code, out, err } = await upgrade(OLD, to);
    expect({ code, err, out }).toEqual({ code: 0, err: "", out: expect.stringMatching(/vectors in \d spaces\n$/) });
    expect(bytesIn(OLD)).toEqual(before);
    await using index = await open({ path: to });
    expect(index.options).toMatchObject({ dimensions: 6, metric: "l2", M: 6, seed: 7, partitions: 2 });
    await expectContent(index);
  });

  test("that is damaged is refused, and so is a new one that is not empty", async () => {
    const damaged = join(folder.root, "damaged");
    cpSync(OLD, damaged, { recursive: true });
    const snapshots = readdirSync(join(damaged, "snapshots"));
    for (const name of snapshots) writeFileSync(join(damaged, "snapshots", name), "not one");
    const to = join(folder.root, "from-damaged");
    expect(await upgrade(damaged, to)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^PATH_DAMAGED: no snapshot of/),
    });
    expect(existsSync(to)).toBe(false);
    expect(await upgrade(OLD, damaged)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^PATH_FOREIGN: .* not empty/),
    });
  });

  test("whose upgrade was interrupted is whole, and the new one is refused; the next upgrade of it succeeds", async () => {
    const before = bytesIn(OLD);
    let refused = 0;
    for (let moment = 0; moment < MOMENTS; moment++) {
      const to = join(folder.root, `interrupted ${moment}`);
      const child = Bun.spawn([process.execPath, MAIN, "upgrade", OLD, to], { stderr: "ignore", stdout: "ignore" });
      while (child.exitCode === null && !existsSync(join(to, "backup.unfinished", "journal.sqlite")))
        await Bun.sleep(0);
      await Promise.race([Bun.sleep(moment * 15), child.exited]);
      child.kill("SIGKILL");
      await child.exited;
      expect(bytesIn(OLD)).toEqual(before);
      // Killed or not, what is no longer called unfinished is whole.
      if (existsSync(join(to, "backup.unfinished"))) {
        expect(await refusalOf(() => open({ path: to, dimensions: 6 }))).toMatchObject({ code: "PATH_FOREIGN" });
        refused++;
        rmSync(to, { recursive: true });
        expect(await upgrade(OLD, to)).toMatchObject({ code: 0, err: "" });
      }
      await using index = await open({ path: to });
      await expectContent(index);
    }
    expect(refused).toBeGreaterThan(0);
  });
});

describe("a store with collections of the release before", () => {
  const made = async (name: string) => {
    const path = join(folder.root, name);
    await using store = await openStore(path, { workers: 0 });
    for (const one of ["old", "new"])
      await store.create(one, { dimensions: 6, metric: "l2", shared: false, note: { of: one } });
    await store.use("new", (index) => index.space("s").add(1, [1, 2, 3, 4, 5, 6]));
    await store.alias([{ alias: "former", to: "old" }]);
    return path;
  };
  const replaceFirst = (path: string) => {
    const first = join(path, "collections", "1");
    rmSync(first, { recursive: true });
    cpSync(OLD, first, { recursive: true });
  };

  test("becomes one with the same content, names and aliases; the old one is whole", async () => {
    const path = await made("store");
    replaceFirst(path);
    const before = bytesIn(join(path, "collections", "1"));
    const to = join(folder.root, "store-new");
    const { code, out, err } = await upgrade(path, to);
    expect({ code, err, out }).toEqual({ code: 0, err: "", out: expect.stringMatching(/vectors in \d spaces\n$/) });
    expect(bytesIn(join(path, "collections", "1"))).toEqual(before);
    {
      await using index = await open({ path: join(to, "collections", "1") });
      await expectContent(index);
    }
    await using store = await openStore(to, { workers: 0 });
    expect(store.info("former")).toMatchObject({ name: "old", note: { of: "old" } });
    expect(await store.use("new", (index) => index.space("s").get(1))).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  test("is refused while it is open, when it is damaged, and when none is old; then there is no new one", async () => {
    const path = await made("refused");
    const to = join(folder.root, "refused-new");
    expect(await upgrade(path, to)).toMatchObject({ code: 1, err: expect.stringContaining("nothing to upgrade") });
    replaceFirst(path);
    {
      await using _ = await openStore(path, { workers: 0 });
      expect(await upgrade(path, to)).toMatchObject({ code: 1, err: expect.stringMatching(/^PATH_IN_USE: /) });
    }
    rmSync(join(path, "collections", "1", "snapshots"), { recursive: true });
    expect(await upgrade(path, to)).toMatchObject({ code: 1, err: expect.stringMatching(/^PATH_DAMAGED: /) });
    expect(existsSync(to)).toBe(false);
  });
});

describe("an export of the release before", () => {
  test("is refused with the command that converts it", async () => {
    expect(await refusalOf(() => open({ from: readFileSync(OLD_EXPORT) }))).toMatchObject({
      code: "EXPORT_FOREIGN",
      message: "`from` has format 1, this version reads 3: `hnsw-workers upgrade OLD NEW` converts it.",
    });
  });

  test("becomes one with the same content", async () => {
    const to = join(folder.root, "new.hnsw");
    expect(await upgrade(OLD_EXPORT, to)).toMatchObject({ code: 0, err: "" });
    await using index = await open({ from: readFileSync(to) });
    await expectContent(index);
    expect(await upgrade(OLD_EXPORT, to)).toMatchObject({ code: 1, err: expect.stringContaining("exists already") });
  });

  test("whose upgrade was interrupted is whole, and there is no new one; the next upgrade of it succeeds", async () => {
    const before = readFileSync(OLD_EXPORT);
    let interrupted = 0;
    for (let moment = 0; moment < MOMENTS; moment++) {
      const to = join(folder.root, `interrupted ${moment}.hnsw`);
      const child = Bun.spawn([process.execPath, MAIN, "upgrade", OLD_EXPORT, to], {
        stderr: "ignore",
        stdout: "ignore",
      });
      await Promise.race([Bun.sleep(60 + moment * 60), child.exited]);
      child.kill("SIGKILL");
      await child.exited;
      expect(readFileSync(OLD_EXPORT).equals(before)).toBe(true);
      // Killed or not, what has its name is whole.
      if (!existsSync(to)) {
        interrupted++;
        expect(await upgrade(OLD_EXPORT, to)).toMatchObject({ code: 0, err: "" });
      }
      await using index = await open({ from: readFileSync(to) });
      await expectContent(index);
    }
    expect(interrupted).toBeGreaterThan(0);
  });

  test("that is cut off is refused, and leaves nothing", async () => {
    const cut = join(folder.root, "cut.hnsw");
    writeFileSync(cut, readFileSync(OLD_EXPORT).subarray(0, -8));
    const to = join(folder.root, "from-cut.hnsw");
    expect(await upgrade(cut, to)).toMatchObject({ code: 1, err: expect.stringMatching(/^EXPORT_DAMAGED: .*cut off/) });
    expect(readdirSync(folder.root).filter((name) => name.startsWith("from-cut"))).toEqual([]);
  });
});

test("a folder of a newer version is refused by its number", async () => {
  using newer = new Folder();
  await (await open({ path: newer.path, dimensions: 3 })).close();
  const { Database } = await import("bun:sqlite");
  const journal = new Database(join(newer.path, "journal.sqlite"));
  journal.run("PRAGMA user_version = 9");
  journal.close();
  const before = bytesIn(newer.path);
  expect(await refusalOf(() => open({ path: newer.path }))).toMatchObject({
    code: "PATH_FOREIGN",
    message: expect.stringContaining("has format 9, this version reads 3: a newer version wrote it, use that."),
  });
  expect(bytesIn(newer.path)).toEqual(before);
});

describe("what is of this release, or of a newer one, is not upgraded:", () => {
  const versions = [
    { format: 3, says: "has format 3, this version upgrades 1: there is nothing to upgrade." },
    { format: 9, says: "has format 9, this version upgrades 1: a newer version wrote it, use that." },
  ];
  test.each(versions)("a folder of format $format", async ({ format, says }) => {
    using old = new Folder();
    await (await open({ path: old.path, dimensions: 3 })).close();
    const { Database } = await import("bun:sqlite");
    const journal = new Database(join(old.path, "journal.sqlite"));
    journal.run(`PRAGMA user_version = ${format}`);
    journal.close();
    const before = bytesIn(old.path);
    const to = join(old.root, "new");
    expect(await upgrade(old.path, to)).toMatchObject({ code: 1, err: expect.stringMatching(/^PATH_FOREIGN: /) });
    expect((await upgrade(old.path, to)).err).toContain(says);
    expect([existsSync(to), bytesIn(old.path)]).toEqual([false, before]);
  });

  test.each(versions)("an export of format $format", async ({ format, says }) => {
    await using index = await open({ dimensions: 3, workers: 0 });
    const bytes = await index.exportBytes();
    bytes[15] = format;
    const [from, to] = [join(folder.root, `of ${format}.hnsw`), join(folder.root, `from ${format}.hnsw`)];
    writeFileSync(from, bytes);
    const { code, err } = await upgrade(from, to);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^EXPORT_FOREIGN: /) });
    expect(err).toContain(says);
    expect(existsSync(to)).toBe(false);
    if (format === 9)
      expect((await refusalOf(() => open({ from: bytes }))).message).toContain("a newer version wrote it");
  });
});
