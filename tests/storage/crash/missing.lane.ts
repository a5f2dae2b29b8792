/*
 * What if a file of the folder is gone, or was never finished? It is reported or does not matter, and a salvage brings
 * back what is left.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Workplace } from "./client.ts";
import { filesOf, inventedIn, type KnownFolder, killedFolder, look } from "./folders.ts";
import { differenceOf } from "./model.ts";
import { FIELDS } from "./ops.ts";

const SEED = 20_261_127;

let place: Workplace;
/** Of killed processes: with everything in the write-ahead log; and with snapshots and a trimmed journal. */
let young: KnownFolder;
let old: KnownFolder;

beforeAll(async () => {
  place = new Workplace();
  young = await killedFolder(place, SEED, 25, 2);
  old = await killedFolder(place, SEED + 1, 250, 2);
});
afterAll(() => place[Symbol.dispose]());

function without(folder: KnownFolder, ...names: string[]): string {
  const path = place.copy(folder.path, "lacking");
  for (const name of names) {
    expect(existsSync(join(path, name)), `${name} was there`).toBeTrue();
    rmSync(join(path, name), { recursive: true });
  }
  return path;
}

async function expectWhole(folder: KnownFolder, path: string): Promise<void> {
  const { refusal, content, unsound, problems } = await look(folder.options, path);
  expect(refusal).toBe(null);
  expect(differenceOf(content, folder.content)).toBe(null);
  expect([...unsound, ...problems]).toEqual([]);
}

async function expectDamage(folder: KnownFolder, path: string, says: RegExp): Promise<void> {
  const { refusal } = await look(folder.options, path);
  expect(refusal?.code).toBe("PATH_DAMAGED");
  expect(refusal!.message).toMatch(says);
  expect(refusal!.message).toInclude('onDamage: "salvage"');
}

/** Salvages, and checks that a plain opening then finds the same. Resolves to the number of vectors. */
async function salvaged(folder: KnownFolder, path: string): Promise<number> {
  const first = await look({ ...folder.options, onDamage: "salvage" }, path);
  expect(first.refusal).toBe(null);
  expect(first.problems).not.toEqual([]);
  expect(first.unsound).toEqual([]);
  expect(inventedIn(first.content, folder)).toBe(null);
  const second = await look(folder.options, path);
  expect(second.refusal).toBe(null);
  expect(second.problems).toEqual([]);
  expect(differenceOf(second.content, first.content)).toBe(null);
  return [...first.content.values()].reduce((sum, { size }) => sum + size, 0);
}

describe("harmless", () => {
  for (const name of ["lock", "journal.mark", "journal.sqlite-shm"]) {
    test(name, async () => {
      await expectWhole(young, without(young, name));
      await expectWhole(old, without(old, name));
    });
  }

  test("snapshots/ of an index that had none", async () => {
    expect(filesOf(young.path).filter((name) => name.startsWith("snapshots/"))).toEqual([]);
    await expectWhole(young, without(young, "snapshots"));
  });

  test("everything: the folder of a new index", async () => {
    const path = without(young, ...filesOf(young.path), "snapshots");
    const { refusal, content } = await look(young.options, path);
    expect(refusal).toBe(null);
    expect(content.size).toBe(0);
  });

  test("the tables of a new index, killed while SQLite created the write-ahead log", async () => {
    const path = without(young, ...filesOf(young.path), "snapshots");
    const journal = join(path, "journal.sqlite");
    const database = new Database(journal);
    database.run("PRAGMA page_size = 32768");
    database.run("PRAGMA journal_mode = WAL");
    database.close();
    // The header of a rollback journal: magic number, no page, a nonce, 0 pages before, sizes of sectors and pages.
    const header = new DataView(new ArrayBuffer(512));
    for (const [i, word] of [0xd9d505f9, 0x20a163d7, 0, 1, 0, 512, 32768].entries()) header.setUint32(i * 4, word);
    writeFileSync(`${journal}-journal`, header);
    const { refusal, content } = await look(young.options, path);
    expect(refusal).toBe(null);
    expect(content.size).toBe(0);
  });
});

describe("the write-ahead log", () => {
  test("with ops that were durable", async () => {
    const path = without(young, "journal.sqlite-wal");
    await expectDamage(young, path, /journal/);
    await salvaged(young, path);
  });

  test("with ops that were durable, and snapshots", async () => {
    const path = without(old, "journal.sqlite-wal");
    await expectDamage(old, path, /journal/);
    expect(await salvaged(old, path)).toBeGreaterThan(0);
  });

  test("of a journal whose file was never written, without a mark", async () => {
    const path = without(old, "journal.sqlite-wal", "journal.mark");
    await Bun.write(join(path, "journal.sqlite"), ""); // as SQLite leaves it until the first checkpoint
    await expectDamage(old, path, /journal/);
    expect(await salvaged(old, path)).toBeGreaterThan(0);
  });
});

describe("the journal", () => {
  test("is missed where there are snapshots", async () => {
    const path = without(old, "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "journal.mark");
    await expectDamage(old, path, /journal\.sqlite is missing/);
    const { refusal } = await look({ ...old.options, fields: FIELDS, onDamage: "salvage" }, path);
    expect(refusal?.code).toBe("PATH_MISMATCH"); // nothing is salvaged without the fields that `addField` has added
    expect(refusal!.message).toInclude(`entries of ${Object.keys(old.options.fields!).length} fields`);
    expect(await salvaged(old, path)).toBeGreaterThan(0);
  });

  test("is missed where there is a mark", async () => {
    const path = without(young, "journal.sqlite");
    await expectDamage(young, path, /journal\.sqlite is missing/);
    expect(await salvaged(young, path)).toBe(0);
  });

  test("is missed where its log is still there", async () => {
    const path = without(old, "journal.sqlite");
    await expectDamage(old, path, /journal\.sqlite is missing/);
    expect(await salvaged(old, path)).toBeGreaterThan(0);
  });
});

describe("snapshots", () => {
  test("any one file: its predecessor and the journal make up for it", async () => {
    const files = filesOf(old.path).filter((name) => name.startsWith("snapshots/"));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const { refusal, content, unsound } = await look(old.options, without(old, file));
      expect(refusal, file).toBe(null);
      expect(differenceOf(content, old.content), file).toBe(null);
      expect(unsound, file).toEqual([]);
    }
  });

  test("the folder", async () => {
    const path = without(old, "snapshots");
    const { refusal } = await look(old.options, path);
    expect(refusal?.code).toBe("PATH_DAMAGED");
    await salvaged(old, path);
  });
});

test("a salvage interrupted between its renames is completed by the next opening", async () => {
  const path = without(old, "journal.sqlite");
  await salvaged(old, path);
  const content = (await look(old.options, path)).content;
  renameSync(join(path, "journal.sqlite"), join(path, "journal.salvaged.sqlite"));
  const { refusal, content: after, problems } = await look(old.options, path);
  expect(refusal).toBe(null);
  expect(problems).toEqual([]);
  expect(differenceOf(after, content)).toBe(null);
});
