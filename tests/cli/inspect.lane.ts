/* Does `inspect` show what a folder holds, even an open one, without touching it? */
import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Inspection } from "../../src/storage/tools/inspect.ts";
import { Folder } from "../support/folder.ts";
import { uniform } from "../support/indexes.ts";
import { outOf, run, stateOf } from "./program.ts";

const OPTIONS = { dimensions: 2, metric: "l2", M: 8, seed: 7, workers: 0, partitions: 1 } as const;

async function inspectionOf(path: string): Promise<Inspection> {
  return JSON.parse(await outOf(["inspect", path, "--json"]));
}

/** A space with a snapshot of 3 keys in 4 slots and 2 ops since, one without a snapshot, and one that was dropped. */
async function filled(folder: Folder) {
  const opened = await folder.open(OPTIONS);
  const { index } = opened;
  const space = index.space("first");
  for (const [i, key] of ["a", "b", "c", "a"].entries()) await space.add(key, [i, i]);
  await index.space("dropped").add(1, [1, 1]);
  await index.checkpoint();
  await space.add("d", [9, 9]);
  await space.delete("b");
  await index.space("zweiter Raum").add(1n, [1, 2]);
  await index.dropSpace("dropped");
  return opened;
}

describe("of an open folder", () => {
  test("everything is of one moment", async () => {
    using folder = new Folder();
    await using opened = await filled(folder);
    expect(opened.index.spaces()).toHaveLength(2);
    const { spaces, partitions, ...rest } = await inspectionOf(folder.path);
    expect(rest).toEqual({
      path: folder.path,
      format: 3,
      fields: {},
      dimensions: 2,
      metric: "l2",
      M: 8,
      seed: 7,
      snapshots: { count: 2, files: 1, bytes: expect.any(Number) },
      mark: [12],
      problems: [],
    });
    // 1 to 5: the space "first" and its adds; 6, 7: "dropped"; 8, 9: on "first"; 10, 11; 12: the drop
    const figures = { groups: expect.any(Number), ops: expect.any(Number), bytes: expect.any(Number) };
    expect(partitions).toEqual([{ partition: 0, last: 12, trimmed: 0, ...figures }]);
    expect(partitions[0]!.ops).toBe(12);
    expect(spaces).toEqual([
      {
        name: "first",
        partition: 0,
        id: 0,
        snapshot: { sequence: 7, file: "00000001.hnsw", bytes: expect.any(Number), live: 3, slots: 4 },
        memory: {
          ...{ all: expect.any(Number), vectors: expect.any(Number), graph: 0 },
          ...{ documents: 0, columns: 0, dictionaries: 0 },
        },
        ops: 2,
      },
      { name: "zweiter Raum", partition: 0, id: 2, snapshot: null, memory: null, ops: 2 },
    ]);
  });

  test("the text says the same", async () => {
    using folder = new Folder();
    await using opened = await filled(folder);
    expect(opened.index.spaces()).toHaveLength(2);
    const text = await outOf(["inspect", folder.path]);
    expect(text).toContain(`${folder.path}: format 3, 2 dimensions, l2, M 8, seed 7\n`);
    expect(text).toMatch(/\n {2}first +0 +0 +7 +3 +4 +2\n/);
    expect(text).toMatch(/\n {2}zweiter Raum +0 +2 +– +– +– +2\n/);
  });

  test("nothing in it changes, and it can be added to", async () => {
    using folder = new Folder();
    await using opened = await filled(folder);
    const [, before] = [await opened.index.flush(), readdirSync(folder.path).sort()];
    await Promise.all([inspectionOf(folder.path), opened.index.space("first").add("e", [3, 3])]);
    expect(readdirSync(folder.path).sort()).toEqual(before);
    expect((await inspectionOf(folder.path)).partitions[0]!.last).toBe(13);
  });
});

describe("of a closed folder", () => {
  test("nothing in it changes", async () => {
    using folder = new Folder();
    await (await filled(folder)).index.close();
    const before = stateOf(folder.path);
    const found = await inspectionOf(folder.path);
    expect(found.spaces.map(({ name, snapshot, ops }) => [name, snapshot?.live, ops])).toEqual([
      ["first", 3, 0],
      ["zweiter Raum", 1, 0],
    ]);
    expect(stateOf(folder.path)).toEqual(before);
  });

  test("a missing mark is reported, but is no problem", async () => {
    using folder = new Folder();
    await (await filled(folder)).index.close();
    rmSync(join(folder.path, "journal.mark"));
    expect((await inspectionOf(folder.path)).mark).toBe(null);
    expect(await outOf(["inspect", folder.path])).toContain("The mark is missing or unreadable");
  });

  test("a missing snapshot is a problem", async () => {
    using folder = new Folder();
    await (await filled(folder)).index.close();
    const file = join(folder.path, "snapshots", "00000002.hnsw");
    rmSync(file);
    const { code, out } = await run(["inspect", folder.path, "--json"]);
    const { problems } = JSON.parse(out) as Inspection;
    expect([code, problems[0]]).toEqual([1, `${file} is missing (space 0 of partition 0)`]);
  });

  test("a journal that SQLite did not write is refused", async () => {
    using folder = new Folder();
    await (await filled(folder)).index.close();
    writeFileSync(join(folder.path, "journal.sqlite"), "not a database, but long enough to look at it".repeat(100));
    const { code, err } = await run(["inspect", folder.path]);
    expect(code).toBe(1);
    expect(err).toStartWith("PATH_DAMAGED: ");
  });
});

test("what a space took in memory is told apart, as by `stats`", async () => {
  using folder = new Folder();
  const fields = { tag: "keyword", size: "number" } as const;
  await using opened = await folder.open({
    dimensions: 8,
    metric: "l2",
    workers: 0,
    partitions: 1,
    flatBelow: 100,
    fields,
  });
  const { index } = opened;
  const set = uniform(500, 8, 4);
  for (let i = 0; i < 500; i++)
    await index.space("notes").add(i, set.at(i), { tag: `t${i}`, size: i, text: "x".repeat(50) });
  for (let i = 0; i < 50; i++) await index.space("bare").add(i, set.at(i));
  await index.flush();
  await index.checkpoint();
  const { spaces } = await inspectionOf(folder.path);
  for (const { name, memory } of spaces) {
    const stats = index.stats().spaces.find((space) => space.name === name)!;
    expect(memory).toEqual({
      ...{ all: stats.bytes, vectors: stats.vectorBytes, graph: stats.graphBytes },
      ...{ documents: stats.documentBytes, columns: stats.columnBytes, dictionaries: stats.dictionaryBytes },
    });
    const parts = Object.values(memory!).reduce((sum, bytes) => sum + bytes) - memory!.all;
    expect(memory!.all - parts).toBeWithin(1, memory!.all / 2); // keys and headers
    for (const part of ["documents", "columns", "dictionaries", "graph"] as const) {
      expect({ name, part, some: memory![part] > 0 }).toEqual({ name, part, some: name === "notes" });
    }
    expect(memory!.vectors).toBeGreaterThan((name === "notes" ? 500 : 50) * 8 * 4);
  }
  const text = await outOf(["inspect", folder.path]);
  expect(text).toMatch(/\n {2}in memory +all +vectors +graph +documents +columns +dictionaries\n {2}notes {2}/);
  expect(text).toMatch(/\n {2}bare +[\d.]+ KiB +[\d.]+ KiB +0 bytes +0 bytes +0 bytes +0 bytes\n/);
});

test("control characters in a name do not reach the terminal", async () => {
  using folder = new Folder();
  await using opened = await folder.open(OPTIONS);
  await opened.index.space("red\u001b[31m\nalert").add(1, [1, 1]);
  expect(await outOf(["inspect", folder.path])).toContain("\n  red\\u001b[31m\\u000aalert  ");
});
