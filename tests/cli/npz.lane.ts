/* Are .npz files imported as NumPy has written them (given/arrays.py, NumPy 2), or refused by name? */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Key } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, type Model } from "../support/indexes.ts";
import { failureOf, outOf } from "./program.ts";

const given = (name: string) => join(import.meta.dir, "given", name);
const ROWS = Array.from({ length: 5 }, (_, i) => Float32Array.from([0, 1, 2], (j) => (3 * i + j - 7) / 10));

const CASES: [file: string, options: string[], keys: Key[], sign: 1 | -1][] = [
  ["texts.npz", [], ["a", "b", "çé", "𝄞", "eeeeeeeee"], 1],
  ["integers.npz", [], [1, 2, 3, -4, 2n ** 63n - 1n], 1],
  ["alone.npz", [], [0, 1, 2, 3, 4], 1],
  ["others.npz", ["--vector-column", "right", "--key-column", "names"], ["v", "w", "x", "y", "z"], -1],
];
test.each(CASES)("%s %p", async (file, options, keys, sign) => {
  using folder = new Folder();
  const command = ["import", folder.path, given(file), "--space", "s", "--metric", "l2", ...options, "--json"];
  const said = JSON.parse(await outOf(command));
  expect(said).toMatchObject({ imported: 5, expected: 5, sample: { entries: 5, differing: 0 } });
  await using opened = await folder.open({ workers: 0 } as never);
  const model: Model = new Map(keys.map((key, i) => [key, ROWS[i]!.map((value) => sign * value)]));
  await expectHolds(opened.index.space("s"), model, file);
});

test("keys of a file of their own", async () => {
  using folder = new Folder();
  const keys = join(folder.root, "keys");
  writeFileSync(keys, "v\nw\nx\ny\nz\n");
  await outOf(["import", folder.path, given("texts.npz"), "--space", "s", "--keys", keys, "--metric", "l2"]);
  await using opened = await folder.open({ workers: 0 } as never);
  expect(await opened.index.space("s").get("w")).toEqual(ROWS[1]);
});

describe("refused", () => {
  async function refusal(file: string, ...options: string[]): Promise<string> {
    using folder = new Folder();
    return (await failureOf(["import", folder.path, file, "--space", "s", ...options])).replace(file, "FILE");
  }

  test("arrays that are not there, or are no vectors and keys", async () => {
    const list = "there are left, right, names";
    expect(await refusal(given("others.npz"))).toBe(
      `1 BAD_FILE: FILE: no array is named vectors or vector or embeddings or embedding or arr_0: give --vector-column; ${list}`,
    );
    const none = await refusal(given("others.npz"), "--vector-column", "left", "--key-column", "ids");
    expect(none).toBe(`1 BAD_FILE: FILE: no array is named ids: give --key-column; ${list}`);
    const objects = await refusal(given("objects.npz"));
    expect(objects).toStartWith("1 BAD_FILE: FILE: keys.npy holds values of the type object, which only Python reads");
    const matrix = await refusal(given("others.npz"), "--vector-column", "left", "--key-column", "right");
    expect(matrix).toContain("holds values of the type <f4");
  });

  const LENGTH = readFileSync(given("texts.npz")).length;
  test.each<[name: string, says: string, change: (bytes: Buffer) => Uint8Array]>([
    ["texts.npz", "it is no ZIP archive, or was cut off", (bytes) => bytes.subarray(0, LENGTH - 30)],
    ["texts.npz", "it is no ZIP archive, or was cut off", () => Buffer.alloc(10)],
    ["texts.npz", "its directory is damaged", (bytes) => bytes.with(bytes.lastIndexOf("PK\x01\x02"), 0)],
    ["texts.npz", "vectors.npy in it is damaged", (bytes) => bytes.with(0, 0)],
    ["texts.npz", "vectors.npy in it is damaged, or was cut off", (bytes) => bytes.with(200, bytes[200]! ^ 1)],
    ["integers.npz", "embeddings.npy in it is damaged, or was cut off", (bytes) => bytes.with(90, bytes[90]! ^ 255)],
    ["texts.npz", "vectors.npy in it is encrypted", (bytes) => bytes.with(bytes.indexOf("PK\x01\x02") + 8, 1)],
    [
      "texts.npz",
      "vectors.npy in it is packed by the method 12",
      (bytes) => bytes.with(bytes.indexOf("PK\x01\x02") + 10, 12),
    ],
  ])("%s: %s", async (name, says, change) => {
    using folder = new Folder();
    const file = join(folder.root, name);
    writeFileSync(file, change(readFileSync(given(name))));
    expect(await refusal(file)).toStartWith(`1 BAD_FILE: FILE: ${says}`);
  });
});
