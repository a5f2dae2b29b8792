/* Are Arrow IPC files imported as PyArrow has written them (given/arrays.py, PyArrow 25), or refused by name? */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../support/folder.ts";
import { failureOf, outOf } from "./program.ts";

const given = (name: string) => join(import.meta.dir, "given", name);

const isThere = await import("@uwdata/flechette" as string).then(
  () => true,
  () => false,
);
if (!isThere) console.warn("SKIPPED: Arrow files, whose package @uwdata/flechette is not installed");

describe.skipIf(!isThere)("with its package", () => {
  test.each(["rows.arrow", "rows.arrows", "zstd.feather"])("%s: every key, float and value", async (name) => {
    using folder = new Folder();
    const command = ["import", folder.path, given(name), "--space", "s", "--metric", "l2", "--fields", "day:date"];
    const said = JSON.parse(await outOf([...command, "--json"]));
    expect(said).toMatchObject({ imported: 5, expected: 5, sample: { entries: 5, differing: 0 } });
    await using opened = await folder.open({ workers: 0 } as never);
    const space = opened.index.space<string>("s");
    const entries = await space.getMany(["row-0", "row-2", "row-4"], { include: ["vector", "metadata"] });
    expect(entries.map((entry) => Array.from(entry!.vector!, (value) => Math.round(value * 10)))).toEqual([
      [-7, -6, -5],
      [-1, 0, 1],
      [5, 6, 7],
    ]);
    expect(entries.map((entry) => entry!.metadata)).toEqual([
      { ...documentOf(0), tags: ["a", "b"], kind: "x" },
      documentOf(2),
      { ...documentOf(4), tags: ["d"], kind: "y" },
    ]);
  });

  const documentOf = (i: number) => ({
    ...{ wide: [1.5, i], number: String(2n ** 53n + BigInt(i)), deep: { n: i, text: "ü" } },
    day: `2026-01-0${1 + i}T12:00:00.000Z`,
  });

  test("another column of vectors, and of keys", async () => {
    using folder = new Folder();
    const options = ["--vector-column", "wide", "--key-column", "number", "--metric", "l2"];
    await outOf(["import", folder.path, given("rows.arrow"), "--space", "s", ...options]);
    await using opened = await folder.open({ workers: 0 } as never);
    expect(Array.from((await opened.index.space("s").get(2n ** 53n + 3n))!)).toEqual([1.5, 3]);
  });

  test.each<[name: string, says: string, change: (bytes: Buffer) => Uint8Array, options?: string[]]>([
    ["rows.arrow", "can't be read", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["rows.arrow", "can't be read", () => Buffer.from("no Arrow file at all")],
    ["rows.arrow", "no column is named v: give --vector-column; there are id, vector", (bytes) => bytes, ["v"]],
    ["rows.arrow", "row 0: its vector is no list of numbers", (bytes) => bytes, ["id"]],
    ["lz4.feather", "can't be read", (bytes) => bytes],
  ])("%s is refused: %s", async (name, says, change, [column] = []) => {
    using folder = new Folder();
    const file = join(folder.root, name);
    writeFileSync(file, change(readFileSync(given(name))));
    const options = column === undefined ? [] : ["--vector-column", column];
    const failure = await failureOf(["import", folder.path, file, "--space", "s", ...options]);
    expect(failure).toStartWith(`1 BAD_FILE: ${file}`);
    expect(failure).toContain(says);
  });
});
