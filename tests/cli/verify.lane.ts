/* Does `verify` find every flipped bit, in either generation of snapshots, and leave the folder as it is? */
import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteFile } from "../../src/storage/disk/sqlite.ts";
import { Catalog, type SnapshotRow } from "../../src/storage/snapshots/catalog.ts";
import { Folder } from "../support/folder.ts";
import { uniform } from "../support/indexes.ts";
import { failureOf, outOf, run, stateOf } from "./program.ts";

const OPTIONS = { dimensions: 8, workers: 0, partitions: 1 } as const;
const LAST = [0.123, 4.56, 7.89, 1.01, 2.02, 3.03, 4.04, 5.05];

/** A closed folder of 61 vectors with two snapshots, and ops in the journal since the older one. */
async function filled(folder: Folder): Promise<SnapshotRow[]> {
  const { index } = await folder.open(OPTIONS);
  const set = uniform(60, 8, 1);
  const space = index.space("only");
  for (let i = 0; i < 40; i++) await space.add(i, set.at(i));
  await index.checkpoint();
  for (let i = 40; i < 60; i++) await space.add(i, set.at(i));
  await space.add("last", LAST);
  await index.close();
  const journal = join(folder.path, "journal.sqlite");
  return await SqliteFile.using(journal, "read", (file) => new Catalog(file).snapshots());
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 4;
  writeFileSync(path, bytes);
}

async function verdictOn(path: string) {
  const { code, out, err } = await run(["verify", path, "--json"]);
  expect(err).toBe("");
  return { code, ...JSON.parse(out) };
}

test("a sound folder", async () => {
  using folder = new Folder();
  await filled(folder);
  const before = stateOf(folder.path);
  const verdict = await verdictOn(folder.path);
  expect(verdict).toMatchObject({ code: 0, ok: true, path: folder.path, problems: [], spaces: 1, vectors: 61 });
  expect(verdict).toMatchObject({ ops: 21, snapshots: 2, files: 2 });
  expect(stateOf(folder.path)).toEqual(before);
  const text = await outOf(["verify", folder.path]);
  expect(text).toContain(`${folder.path}: sound\n`);
  expect(text).toContain("61 vectors in 1 space\n");
});

test("a folder that a killed process left, with all of it in the write-ahead log", async () => {
  using folder = new Folder();
  const script = `
    import { open } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).pathname)};
    const index = await open({ ...${JSON.stringify(OPTIONS)}, path: ${JSON.stringify(folder.path)} });
    for (let i = 1; i <= 30; i++) await index.space("only").add(i, Array(8).fill(i));
    process.kill(process.pid, "SIGKILL");
  `;
  await Bun.spawn([process.execPath, "-e", script], { stderr: "inherit" }).exited;
  const wal = readFileSync(join(folder.path, "journal.sqlite-wal"));
  const database = readFileSync(join(folder.path, "journal.sqlite"));
  expect(wal.length).toBeGreaterThan(0);
  expect(await verdictOn(folder.path)).toMatchObject({ code: 0, ok: true, vectors: 30 });
  expect(readFileSync(join(folder.path, "journal.sqlite-wal")).equals(wal)).toBe(true);
  expect(readFileSync(join(folder.path, "journal.sqlite")).equals(database)).toBe(true);
  rmSync(join(folder.path, "journal.sqlite-wal")); // the mark shows that ops are missing now
  const { code, problems } = await verdictOn(folder.path);
  expect(code).toBe(1);
  expect(problems).toHaveLength(1);
});

describe("a flipped bit", () => {
  test("in the journal", async () => {
    using folder = new Folder();
    await filled(folder);
    const path = join(folder.path, "journal.sqlite");
    const needle = Buffer.from(new Float32Array(LAST).buffer);
    const bytes = readFileSync(path);
    const places: number[] = [];
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) places.push(at);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) flip(path, at + 5);
    const before = stateOf(folder.path);
    const { code, problems } = await verdictOn(folder.path);
    expect([code, problems]).toEqual([
      1,
      [`${path}: partition 0: the group of 1 ops from 62 on is damaged (bad checksum)`],
    ]);
    expect(stateOf(folder.path)).toEqual(before);
  });

  test.each([
    ["newer", 0],
    ["older", 1],
  ])("in the %s snapshot", async (_, generation) => {
    using folder = new Folder();
    const row = (await filled(folder))[generation]!;
    const path = join(folder.path, "snapshots", row.file);
    flip(path, row.offset + (row.bytes >> 1));
    const before = stateOf(folder.path);
    const { code, problems, vectors } = await verdictOn(folder.path);
    const where = `${path}: in the snapshot at byte ${row.offset}, a frame's checksum is wrong`;
    expect([code, problems, vectors]).toEqual([1, [`${where} (space 0 of partition 0)`], 61]);
    expect(stateOf(folder.path)).toEqual(before);
    expect((await run(["verify", folder.path])).out).toContain(`: 1 problem\n`);
  });

  test("in both snapshots", async () => {
    using folder = new Folder();
    for (const { file, offset, bytes } of await filled(folder)) {
      flip(join(folder.path, "snapshots", file), offset + (bytes >> 1));
    }
    const { code, problems } = await verdictOn(folder.path);
    expect(code).toBe(1);
    expect(problems.length).toBeGreaterThan(2); // the ops since then name a space that does not exist
  });

  test("in the head of the journal's file", async () => {
    using folder = new Folder();
    await filled(folder);
    flip(join(folder.path, "journal.sqlite"), 3);
    const { code, problems, vectors } = await verdictOn(folder.path);
    expect([code, problems.length, vectors]).toEqual([1, 1, null]);
  });
});

test("a missing snapshot", async () => {
  using folder = new Folder();
  const [newer] = await filled(folder);
  const path = join(folder.path, "snapshots", newer!.file);
  rmSync(path);
  const { code, problems } = await verdictOn(folder.path);
  expect([code, problems]).toEqual([1, [`${path} is missing (space 0 of partition 0)`]]);
});

test("an open folder is refused, with advice", async () => {
  using folder = new Folder();
  await using opened = await folder.open(OPTIONS);
  await opened.index.space("only").add(1, LAST);
  const line = await failureOf(["verify", folder.path]);
  expect(line).toStartWith(`1 PATH_IN_USE: The folder ${folder.path} is already open`);
  expect(line).toContain("hnsw-workers backup");
});
