/* Do rows of .parquet files come over: every key, float and document? */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { Folder } from "../support/folder.ts";
import { failureOf, outOf, READ_BACK } from "./program.ts";

type Column = Parameters<typeof parquetWriteBuffer>[0]["columnData"][number];

const ROWS = 2500; // three batches
const floats = (i: number) => [Math.fround(Math.sin(i)), Math.fround(Math.cos(i)), i];

async function written(folder: Folder, columnData: Column[], name = "data.parquet"): Promise<string> {
  const path = join(folder.root, name);
  await Bun.write(path, parquetWriteBuffer({ columnData, rowGroupSize: 700 }));
  return path;
}

async function exported(path: string): Promise<unknown[]> {
  return (await outOf(["export", path, "--space", "s"]))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const rows = <T>(value: (i: number) => T) => Array.from({ length: ROWS }, (_, i) => value(i));

test("keys, vectors and the other columns come over", async () => {
  using folder = new Folder();
  const day = new Date("2026-01-02T03:04:05.678Z");
  const file = await written(folder, [
    { name: "id", data: rows((i) => BigInt(i)), type: "INT64" },
    { name: "embedding", data: rows(floats) },
    { name: "title", data: rows((i) => `title ${i}`), type: "STRING" },
    { name: "count", data: rows((i) => (i % 2 === 0 ? i : null)), type: "INT32", nullable: true },
    { name: "at", data: rows(() => day), type: "TIMESTAMP" },
  ]);
  const out = await outOf(["import", folder.path, file, "--space", "s", "--metric", "l2", "--fields", "count:number"]);
  expect(out).toBe(`${folder.path}: 2,500 vectors added in space "s"\n${READ_BACK}\n`);
  const wanted = rows((key) => {
    const count = key % 2 === 0 ? { count: key } : {};
    return { key, vector: floats(key), metadata: { title: `title ${key}`, ...count, at: day.toISOString() } };
  });
  const found = (await exported(folder.path)) as { vector: number[] }[];
  // An export writes the shortest numbers that read back as the same floats.
  expect(found.map((row) => ({ ...row, vector: row.vector.map(Math.fround) }))).toEqual(wanted);
});

test("columns of other names are named; texts and large integers are keys; a later row replaces", async () => {
  using folder = new Folder();
  const vectors = {
    name: "emb",
    data: [
      [1, 2.5],
      [3, 4.5],
      [5, 6.5],
    ],
  };
  const texts = await written(folder, [{ name: "url", data: ["a", "b", "a"], type: "STRING" }, vectors]);
  const given = ["--space", "s", "--key-column", "url", "--vector-column", "emb"];
  await outOf(["import", folder.path, texts, ...given, "--metric", "dot"]);
  expect(await exported(folder.path)).toEqual([
    { key: "b", vector: [3, 4.5] },
    { key: "a", vector: [5, 6.5] },
  ]);
  using other = new Folder();
  const keys = [2n ** 60n + 1n, -5n, 7n];
  const large = await written(other, [{ name: "url", data: keys, type: "INT64" }, vectors], "large.parquet");
  await outOf(["import", other.path, large, ...given]);
  const found = (await exported(other.path)) as { key: unknown }[];
  expect(found.map(({ key }) => key)).toEqual([{ bigint: String(keys[0]) }, -5, 7]);
});

describe("refused", () => {
  const vector = {
    name: "vector",
    data: [
      [1, 2],
      [3, 4],
    ],
  };
  const id: Column = { name: "id", data: [1, 2], type: "INT32" };
  const cases: [columns: Column[], says: string][] = [
    [[vector], "no column is named key or id: give --key-column; there are vector"],
    [[id], "no column is named vector or embedding: give --vector-column; there are id"],
    [[{ ...id, data: [1.5, 2], type: "DOUBLE" }, vector], "row 0: its key is no text and no integer"],
    [[id, { name: "vector", data: ["1", "2"], type: "STRING" }], "row 0: its vector is no list of numbers"],
    [[id, { name: "vector", data: [[1, 2], [3]] }], "row 1: "],
    [
      [id, vector, { name: "raw", data: [new Uint8Array([255]), new Uint8Array([1])], type: "BYTE_ARRAY" }],
      "row 0: raw holds bytes",
    ],
  ];
  test.each(cases)("%p", async (columns, says) => {
    using folder = new Folder();
    expect(await failureOf(["import", folder.path, await written(folder, columns), "--space", "s"])).toContain(says);
  });

  test("files that are cut off, are none, or are not there", async () => {
    using folder = new Folder();
    const whole = await written(folder, [id, vector]);
    const bytes = await Bun.file(whole).bytes();
    const cut = join(folder.root, "cut.parquet");
    await Bun.write(cut, bytes.slice(0, bytes.length - 9));
    expect(await failureOf(["import", folder.path, cut, "--space", "s"])).toStartWith(
      `1 BAD_FILE: ${cut}: can't be read: `,
    );
    const missing = join(folder.root, "missing.parquet");
    expect(await failureOf(["import", folder.path, missing, "--space", "s"])).toBe(
      `1 BAD_FILE: ${missing}: there is no such file`,
    );
    expect(await failureOf(["import", folder.path, whole, "--all"])).toStartWith("2 USAGE: --all is for lines of JSON");
    expect(await failureOf(["import", folder.path, whole, "--space", "s", "--keys", "k"])).toStartWith(
      "2 USAGE: --keys is for files without keys",
    );
  });
});
