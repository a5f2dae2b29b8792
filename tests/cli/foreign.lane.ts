/* Are files of usearch and hnswlib imported, every key and float as their own readers return them, or refused by name? */
import { describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Key } from "../../src/index.ts";
import { original } from "../dropin/originals.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, isNear, type Model, uniform } from "../support/indexes.ts";
import { failureOf, outOf } from "./program.ts";

const given = (name: string) => join(import.meta.dir, "../dropin/given", name);
/** What the given files were made of, by hnswlib-node 3.0.0 and usearch 2.26.2. */
const POINTS = [
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 5],
  [-1, 0.5, 0.25],
  [7, 8, -9],
];
const TENTHS = POINTS.map((point) => Float32Array.from(point, (value) => value / 10));

async function heldBy(folder: Folder, metric: "l2" | "dot" | "cosine", model: Model): Promise<void> {
  await using opened = await folder.open({ workers: 0 } as never);
  expect(opened.index.options.metric).toBe(metric);
  await expectHolds(opened.index.space("s"), model, "imported");
}

describe("imported", () => {
  test("from usearch, f32 and f64: keys, floats and metric, without what was removed", async () => {
    for (const name of ["f32.usearch", "f64.usearch"]) {
      using folder = new Folder();
      const said = JSON.parse(await outOf(["import", folder.path, given(name), "--space", "s", "--json"]));
      expect(said.imported).toBe(5);
      const model: Model = new Map<Key, Float32Array>([
        ...([0, 1, 3, 4] as const).map((i) => [100 + i, TENTHS[i]!] as const),
        [2n ** 63n + 5n, Float32Array.of(0.5, 0.5, 0.5)],
      ]);
      await heldBy(folder, "l2", model);
    }
  });

  test("from usearch, f16: what its rounding left", async () => {
    using folder = new Folder();
    await outOf(["import", folder.path, given("f16.usearch"), "--space", "s"]);
    await using opened = await folder.open({ workers: 0 } as never);
    const found = await opened.index.space("s").get(104);
    for (const [i, value] of TENTHS[4]!.entries()) expect(isNear(found![i]!, value, 1e-3)).toBe(true);
  });

  test("from hnswlib: without what is marked as deleted, under the metric that is given", async () => {
    using folder = new Folder();
    await outOf(["import", folder.path, given("graph.hnswlib"), "--space", "s", "--metric", "l2"]);
    const model: Model = new Map([0, 1, 3, 4].map((i) => [10 + i, Float32Array.from(POINTS[i]!)]));
    await heldBy(folder, "l2", model);
  });

  const usearch = original<{ Index: new (...args: unknown[]) => Record<"add" | "save", (...args: unknown[]) => void> }>(
    "usearch",
  );
  test.skipIf(usearch === null)("from a file that usearch saves now, in more than one batch", async () => {
    using folder = new Folder();
    const set = uniform(5000, 8, 7);
    const index = new usearch!.Index(8, "cos");
    index.add(
      BigUint64Array.from({ length: 5000 }, (_, i) => BigInt(7 * i)),
      set.values,
      1,
    );
    const file = join(folder.root, "theirs.usearch");
    index.save(file);
    await outOf(["import", folder.path, file, "--space", "s"]);
    await heldBy(folder, "cosine", new Map(Array.from({ length: 5000 }, (_, i) => [7 * i, set.at(i)])));
  });
});

describe("refused", () => {
  test.each([
    ["i8.usearch", "its vectors were rounded to i8"],
    ["multi.usearch", "its keys may have several vectors"],
  ])("%s: %s", async (name, message) => {
    using folder = new Folder();
    expect(await failureOf(["import", folder.path, given(name), "--space", "s"])).toContain(message);
  });

  test("a file that is cut off, of a version that is not known, or of another library", async () => {
    using folder = new Folder();
    const file = join(folder.root, "x.usearch");
    const failure = (...rest: string[]) => failureOf(["import", folder.path, file, "--space", "s", ...rest]);
    const bytes = readFileSync(given("f32.usearch"));
    writeFileSync(file, bytes.subarray(0, 300));
    expect(await failure()).toContain("x.usearch: The usearch file is damaged: it ends at byte 300");
    bytes[8 + 72 + 7] = 9;
    writeFileSync(file, bytes);
    expect(await failure()).toContain("usearch 9.26.2 wrote it, versions 2.10 to 2.x are known");
    copyFileSync(given("graph.hnswlib"), file);
    expect(await failure()).toContain("damaged");
    writeFileSync(file, "");
    expect(await failure()).toContain("damaged");
  });

  test("keys from elsewhere, since the file has its own", async () => {
    using folder = new Folder();
    const keys = join(folder.root, "keys.txt");
    writeFileSync(keys, "a\n");
    const args = ["import", folder.path, given("f32.usearch"), "--space", "s", "--keys", keys];
    expect(await failureOf(args)).toContain("--keys is for files without keys");
  });
});
