/* Are .npy, .f32, .fvecs and .bvecs files read as NumPy reads them, under keys of a file, and refused with a reason otherwise? */
import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Key } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, type Model, uniform, type VectorSet } from "../support/indexes.ts";
import { dictOf, npy } from "../support/npy.ts";
import { failureOf, outOf, READ_BACK } from "./program.ts";

function bytesOf(values: Float32Array | Float64Array | Int32Array | Uint8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function modelOf(set: VectorSet, keyOf: (i: number) => Key): Model {
  return new Map(Array.from({ length: set.count }, (_, i) => [keyOf(i), set.at(i)]));
}

async function expectImported(folder: Folder, model: Model): Promise<void> {
  await using opened = await folder.open({ dimensions: 3, workers: 0 });
  await expectHolds(opened.index.space("s"), model, "imported");
}

/** As .fvecs or .bvecs: before each vector the number of its values. */
function vecs(vectors: (Float32Array | Uint8Array)[]): Uint8Array {
  return Buffer.concat(vectors.flatMap((one) => [bytesOf(Int32Array.of(one.length)), bytesOf(one)]));
}

const set = uniform(2100, 3, 9); // more than a batch

describe("imported", () => {
  test.each([1, 2, 3])("from .npy of version %d with 4-byte floats, under 0, 1, 2, …", async (major) => {
    using folder = new Folder();
    const file = join(folder.root, "vectors.npy");
    writeFileSync(file, npy(dictOf("<f4", "(2100, 3)"), bytesOf(set.values), major));
    const said = JSON.parse(await outOf(["import", folder.path, file, "--space", "s", "--json"]));
    expect(said.imported).toBe(2100);
    await expectImported(
      folder,
      modelOf(set, (i) => i),
    );
  });

  test("from .npy with 8-byte floats, rounded to the nearest, under keys of a file", async () => {
    using folder = new Folder();
    const [file, keys] = [join(folder.root, "vectors.npy"), join(folder.root, "keys.txt")];
    writeFileSync(file, npy(dictOf("<f8", "(2100, 3)"), bytesOf(Float64Array.from(set.values, (x) => x + 1e-12))));
    writeFileSync(keys, Array.from({ length: 2100 }, (_, i) => `Nr. ${i} ü`).join("\r\n"));
    await outOf(["import", folder.path, file, "--space", "s", "--keys", keys]);
    const rounded: Model = new Map();
    for (let i = 0; i < 2100; i++)
      rounded.set(
        `Nr. ${i} ü`,
        set.at(i).map((x) => Math.fround(x + 1e-12)),
      );
    await expectImported(folder, rounded);
  });

  test("from .fvecs, bit for bit", async () => {
    using folder = new Folder();
    const file = join(folder.root, "base.fvecs");
    writeFileSync(file, vecs(Array.from({ length: 2100 }, (_, i) => set.at(i))));
    const said = JSON.parse(await outOf(["import", folder.path, file, "--space", "s", "--json"]));
    expect(said.imported).toBe(2100);
    await expectImported(
      folder,
      modelOf(set, (i) => i),
    );
  });

  test("from .bvecs, bytes as they are, under keys of a file", async () => {
    using folder = new Folder();
    const [file, keys] = [join(folder.root, "base.BVECS"), join(folder.root, "keys.txt")];
    const rows = [Uint8Array.of(0, 1, 2), Uint8Array.of(127, 128, 255)];
    writeFileSync(file, vecs(rows));
    writeFileSync(keys, "a\nb\n");
    await outOf(["import", folder.path, file, "--space", "s", "--keys", keys, "--metric", "l2"]);
    await expectImported(folder, new Map(rows.map((row, i) => ["ab"[i]!, Float32Array.from(row)])));
  });

  test("from .f32, under integers of a file, where a later row replaces an earlier one", async () => {
    using folder = new Folder();
    const [file, keys] = [join(folder.root, "vectors.f32"), join(folder.root, "keys.txt")];
    writeFileSync(file, bytesOf(set.values));
    const keyOf = (i: number) => (i % 700) - 350;
    writeFileSync(keys, `${Array.from({ length: 2100 }, (_, i) => keyOf(i)).join("\n")}\n`);
    const options = ["--space", "s", "--dimensions", "3", "--metric", "l2", "--keys", keys, "--integer-keys"];
    const said = await outOf(["import", folder.path, file, ...options]);
    expect(said).toBe(`${folder.path}: 2,100 vectors added in space "s"\n${READ_BACK}\n`);
    await expectImported(folder, modelOf(set, keyOf));
    // PATH is there now and knows its dimensions.
    await outOf(["import", folder.path, file, "--space", "t"]);
    expect(JSON.parse(await outOf(["verify", folder.path, "--json"]))).toMatchObject({ spaces: 2, vectors: 2800 });
  });
});

describe("refused, and PATH is not created", () => {
  const two = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6));
  const BAD: [name: string, bytes: Uint8Array, says: string][] = [
    ["an empty file", new Uint8Array(0), "it is not a .npy file"],
    ["something else", Buffer.from("PK\x03\x04 and more of a zip"), "it is not a .npy file"],
    ["a later version", npy(dictOf("<f4", "(2, 3)"), two, 4), "version 4 of .npy is unknown; known are 1 to 3"],
    ["a cut-off header", npy(dictOf("<f4", "(2, 3)")).subarray(0, 40), "the file ends in its header"],
    ["nonsense", npy("{'descr': <f4}"), "the header of the .npy file is malformed"],
    ["other values", npy(dictOf("<i8", "(2, 3)"), two), "the values are '<i8', not '<f4' or '<f8'"],
    ["big-endian floats", npy(dictOf(">f4", "(2, 3)"), two), "the values are '>f4', not '<f4' or '<f8'"],
    [
      "records",
      npy("{'descr': [('x', '<f4'), ('y', '<f4', (2,))], 'fortran_order': False, 'shape': (2,), }", two),
      "the values are records, not '<f4' or '<f8'",
    ],
    ["Fortran order", npy(dictOf("<f4", "(2, 3)", "True"), two), "the array is in Fortran order"],
    ["one dimension", npy(dictOf("<f4", "(6,)"), two), "the shape is (6), not (vectors, dimensions)"],
    ["three dimensions", npy(dictOf("<f4", "(1, 2, 3)"), two), "the shape is (1,2,3), not (vectors, dimensions)"],
    [
      "a short one",
      npy(dictOf("<f4", "(2, 3)"), two.subarray(4)),
      "2 × 3 floats of 4 bytes make 152 bytes, the file has 148",
    ],
    ["a long one", npy(dictOf("<f4", "(1, 3)"), two), "1 × 3 floats of 4 bytes make 140 bytes, the file has 152"],
  ];
  for (const [name, bytes, says] of BAD) {
    test(name, async () => {
      using folder = new Folder();
      const file = join(folder.root, "bad.npy");
      writeFileSync(file, bytes);
      const failure = await failureOf(["import", folder.path, file, "--space", "s"]);
      expect(failure).toStartWith(`1 BAD_FILE: ${file}: ${says}`);
      expect(existsSync(folder.path)).toBe(false);
    });
  }

  test(".f32 of another length", async () => {
    using folder = new Folder();
    const file = join(folder.root, "x.f32");
    writeFileSync(file, two);
    const failure = await failureOf(["import", folder.path, file, "--space", "s", "--dimensions", "4"]);
    expect(failure).toBe(`1 BAD_FILE: ${file}: its 24 bytes are not a multiple of 4 floats of 4 bytes`);
  });

  const head = (dimensions: number) => bytesOf(Int32Array.of(dimensions));
  test.each([
    ["x.fvecs", new Uint8Array(3), "the file ends before its first vector"],
    ["x.fvecs", Buffer.concat([head(0), two]), "its 28 bytes are not a whole number of vectors of 0 values of 4 bytes"],
    [
      "x.fvecs",
      Buffer.concat([head(-1), two]),
      "its 28 bytes are not a whole number of vectors of -1 values of 4 bytes",
    ],
    [
      "x.fvecs",
      Buffer.concat([head(2 ** 31 - 1), two]),
      "its 28 bytes are not a whole number of vectors of 2147483647",
    ],
    ["x.fvecs", vecs([set.at(0), set.at(1)]).subarray(0, -1), "its 31 bytes are not a whole number of vectors of 3"],
    ["x.bvecs", Buffer.concat([head(5), two]), "its 28 bytes are not a whole number of vectors of 5 values of 1 byte"],
  ])("%s that is cut off or no such file: %#", async (name, bytes, says) => {
    using folder = new Folder();
    const file = join(folder.root, name);
    writeFileSync(file, bytes);
    const failure = await failureOf(["import", folder.path, file, "--space", "s"]);
    expect(failure).toStartWith(`1 BAD_FILE: ${file}: ${says}`);
    expect(existsSync(folder.path)).toBe(false);
  });

  test("keys that do not fit", async () => {
    using folder = new Folder();
    const [file, keys] = [join(folder.root, "x.npy"), join(folder.root, "keys")];
    writeFileSync(file, npy(dictOf("<f4", "(2, 3)"), two));
    const import_ = (text: string | null, ...more: string[]) => {
      if (text !== null) writeFileSync(keys, text);
      return failureOf(["import", folder.path, file, "--space", "s", "--keys", keys, ...more]);
    };
    expect(await import_(null)).toStartWith(`1 BAD_FILE: ${keys}: can't be read`);
    expect(await import_("a\n")).toBe(`1 BAD_FILE: ${keys}: 1 key for the 2 vectors of ${file}`);
    expect(await import_("1\n1.5\n", "--integer-keys")).toBe(
      `1 BAD_FILE: ${keys}: line 2: "1.5" is not a safe integer`,
    );
    expect(await import_("1\n9007199254740993", "--integer-keys")).toContain("is not a safe integer");
    expect(existsSync(folder.path)).toBe(false);
    expect(await import_("a\n\n")).toBe(
      `1 BAD_KEY: ${file}, row 1: A key must not be the empty string. 1 vector was added before.`,
    );
  });

  test("dimensions that do not fit", async () => {
    using folder = new Folder();
    const file = join(folder.root, "x.npy");
    writeFileSync(file, npy(dictOf("<f4", "(2, 3)"), two));
    const says = `1 BAD_DIMENSIONS: ${file} has 3 dimensions, the index has 4.`;
    expect(await failureOf(["import", folder.path, file, "--space", "s", "--dimensions", "4"])).toBe(says);
    expect(existsSync(folder.path)).toBe(false);
    await (await folder.open({ dimensions: 4, workers: 0, partitions: 1 })).index.close();
    expect(await failureOf(["import", folder.path, file, "--space", "s"])).toBe(says);
  });
});

test(".fvecs in which a row has another number of values: the import ends, and names it", async () => {
  using folder = new Folder();
  const file = join(folder.root, "x.fvecs");
  writeFileSync(file, vecs([set.at(0), Float32Array.of(1), Float32Array.of(2), set.at(1)]));
  const failure = await failureOf(["import", folder.path, file, "--space", "s"]);
  expect(failure).toBe(`1 BAD_FILE: ${file}: row 1 has 1 values, the first 3`);
});
