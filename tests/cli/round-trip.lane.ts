/* Is everything that was exported the same after an import: keys by type, vectors bit for bit? */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lineOf } from "../../src/cli/formats/jsonl.ts";
import type { Key } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, type Model, uniform } from "../support/indexes.ts";
import { failureOf, outOf, run, stateOf } from "./program.ts";

const OPTIONS = { dimensions: 4, metric: "l2", workers: 0, partitions: 2 } as const;
const KEYS: Key[] = [
  ...["red", "grün", "\ufeffmark", "🟦", "\ud800 alone", 'quotes " and \\', "line\nend", "1", "x".repeat(1024)],
  ...[0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ...[1n, -1n, 2n ** 64n, -(2n ** 200n)],
];
const HARD = [-0, 1e-45, 2 ** -126, 0.1, 16777217, 3e18, 1 / 3, 1e10, -123456.789, 0.5, 1.5e-40, 65504];

function modelOf(keys: Key[]): Model {
  const set = uniform(keys.length, 4, 5);
  return new Map(
    keys.map((key, i) => {
      const vector = set.at(i).slice();
      vector[i % 4] = HARD[i % HARD.length]!;
      return [key, vector];
    }),
  );
}

async function fill(folder: Folder, spaces: Record<string, Model>): Promise<void> {
  const { index } = await folder.open(OPTIONS);
  for (const [name, model] of Object.entries(spaces)) {
    const space = index.space(name);
    for (const [key, vector] of model) await space.add(key, vector);
  }
  await index.close();
}

test("a space is exported and imported, with keys of all types and hard floats", async () => {
  using from = new Folder();
  using to = new Folder();
  const model = modelOf(KEYS);
  await fill(from, { colours: model });
  const before = stateOf(from.path);
  const lines = await outOf(["export", from.path, "--space", "colours"]);
  expect(stateOf(from.path)).toEqual(before);
  expect(lines.split("\n")).toHaveLength(KEYS.length + 1);
  expect(lines).toContain('{"key":{"bigint":"18446744073709551616"},"vector":[');

  const file = join(to.root, "colours.jsonl");
  const said = await outOf(["export", from.path, "--space", "colours", "--output", file, "--json"]);
  expect(JSON.parse(said)).toEqual({ path: from.path, output: file, spaces: 1, vectors: KEYS.length });
  expect(readFileSync(file, "utf8")).toBe(lines);
  expect(readdirSync(to.root)).toEqual(["colours.jsonl"]);

  const options = ["--space", "farben", "--dimensions", "4", "--metric", "l2"];
  const imported = JSON.parse(await outOf(["import", to.path, file, ...options, "--json"]));
  expect(imported).toEqual({
    ...{ path: to.path, file, imported: KEYS.length, expected: null, resumedAfter: 0, ms: expect.any(Number) },
    sample: { entries: expect.any(Number), differing: 0 },
  });
  {
    await using opened = await to.open({ dimensions: 4, workers: 0 });
    expect(opened.index.spaces()).toEqual(["farben"]);
    expect(opened.index.options.metric).toBe("l2");
    await expectHolds(opened.index.space("farben"), model, "imported");
  }
  expect(await outOf(["export", to.path, "--space", "farben"])).toBe(lines);
});

test("all spaces are exported to one file and imported through stdin", async () => {
  using from = new Folder();
  using to = new Folder();
  const spaces = { b: modelOf(["x", 1]), "a\n": modelOf([2n]), "\ud800": modelOf(["y"]) };
  await fill(from, spaces);
  const lines = await outOf(["export", from.path, "--all"]);
  expect(lines.split("\n").map((line) => line.slice(0, line.indexOf(",")))).toEqual([
    ...['{"space":"a\\n"', '{"space":"b"', '{"space":"b"', '{"space":"\\ud800"', ""],
  ]);
  const said = await outOf(["import", to.path, "-", "--all", "--dimensions", "4", "--metric", "l2"], lines);
  expect(said).toBe(`${to.path}: 4 vectors added\n4 entries read back: the same floats and distances\n`);
  await using opened = await to.open({ dimensions: 4, workers: 0 });
  for (const [name, model] of Object.entries(spaces)) await expectHolds(opened.index.space(name), model, name);
});

test("a later line replaces an earlier one of the same key", async () => {
  using folder = new Folder();
  const keys: Key[] = ["a", "b", "a", "c", "b", "b", 1, "1", 1n, 1];
  const lines = keys.map((key, i) => lineOf(key, Float32Array.of(i, 1))).join("\r\n"); // and without a last line end
  await outOf(["import", folder.path, "-", "--space", "s", "--dimensions", "2"], lines);
  await using opened = await folder.open({ dimensions: 2, workers: 0 });
  const space = opened.index.space("s");
  expect(await space.keys()).toEqual(["a", "c", "b", "1", 1n, 1]);
  expect(await Promise.all([..."abc"].map(async (key) => (await space.get(key))?.[0]))).toEqual([2, 5, 3]);
  expect((await space.get(1))?.[0]).toBe(9);
});

test("an import into an existing index adds to it", async () => {
  using folder = new Folder();
  await fill(folder, { s: modelOf(["a"]) });
  const said = await outOf(["import", folder.path, "-", "--space", "s"], '\n{"key":"b","vector":[1,2,3,4]}\n\n');
  expect(said).toBe(`${folder.path}: 1 vector added in space "s"\n1 entry read back: the same floats and distances\n`);
  expect((await outOf(["export", folder.path, "--all"])).match(/"key":"."/g)).toEqual(['"key":"a"', '"key":"b"']);
});

test("more lines than a batch holds", async () => {
  using folder = new Folder();
  const count = 4500;
  const lines = Array.from({ length: count }, (_, i) => lineOf(i, Float32Array.of(i, 1, 0, 0)));
  await outOf(["import", folder.path, "-", "--space", "s", "--dimensions", "4"], lines.join("\n"));
  const back = (await outOf(["export", folder.path, "--space", "s"])).trimEnd().split("\n");
  expect(back).toEqual(lines);
});

describe("refused", () => {
  test("a space that does not exist; the file is not created", async () => {
    using folder = new Folder();
    await fill(folder, { s: modelOf(["a"]) });
    const output = join(folder.root, "x.jsonl");
    const says = `1 BAD_SPACE: There is no space "t" in ${folder.path}.`;
    expect(await failureOf(["export", folder.path, "--space", "t", "--output", output])).toBe(says);
    expect(readdirSync(folder.root)).toEqual(["index"]);
  });

  test("an output that can't be created", async () => {
    using folder = new Folder();
    await fill(folder, { s: modelOf(["a"]) });
    const output = join(folder.root, "nowhere", "x.jsonl");
    for (const bad of [output, folder.root]) {
      const says = `1 BAD_FILE: ${bad} can't be written`;
      expect(await failureOf(["export", folder.path, "--all", "--output", bad])).toStartWith(says);
    }
    expect(readdirSync(folder.root)).toEqual(["index"]);
  });

  test("a file that does not exist, or a folder without any; PATH is not created", async () => {
    using folder = new Folder();
    const import_ = (file: string) => failureOf(["import", folder.path, file, "--space", "s", "--dimensions", "4"]);
    expect(await import_("/nowhere.jsonl")).toBe("1 BAD_FILE: /nowhere.jsonl: there is no such file");
    expect(await import_(folder.root)).toBe(`1 BAD_FILE: ${folder.root}: holds no .jsonl or .ndjson files`);
    expect(existsSync(folder.path)).toBe(false);
  });

  test("other dimensions or another metric than the folder's", async () => {
    using folder = new Folder();
    await fill(folder, { s: modelOf(["a"]) });
    const import_ = (...more: string[]) => failureOf(["import", folder.path, "-", "--space", "s", ...more], "");
    expect(await import_("--dimensions", "5")).toStartWith("1 PATH_MISMATCH: ");
    expect(await import_("--metric", "dot")).toStartWith("1 PATH_MISMATCH: ");
  });

  test("a folder that is open, or holds something else", async () => {
    using folder = new Folder();
    await using opened = await folder.open(OPTIONS);
    await opened.index.space("s").add(1, [1, 2, 3, 4]);
    const import_ = (path: string) => failureOf(["import", path, "-", "--space", "s", "--dimensions", "4"], "");
    expect(await import_(folder.path)).toStartWith("1 PATH_IN_USE: ");
    expect(await failureOf(["export", folder.path, "--all"])).toStartWith("1 PATH_IN_USE: ");
    expect(await import_(import.meta.dir)).toStartWith("1 PATH_FOREIGN: ");
  });

  test("a damaged folder", async () => {
    using folder = new Folder();
    await fill(folder, { s: modelOf(["a"]) });
    writeFileSync(join(folder.path, "journal.sqlite"), "nothing that SQLite wrote, and long enough".repeat(50));
    expect(await failureOf(["export", folder.path, "--all"])).toStartWith("1 PATH_DAMAGED: ");
    expect(await failureOf(["import", folder.path, "-", "--all"], "")).toStartWith("1 PATH_DAMAGED: ");
  });
});

test("a reader that closes the pipe early gets the beginning, and no error is printed", async () => {
  using folder = new Folder();
  const { index } = await folder.open({ dimensions: 256, workers: 0, partitions: 1 });
  const set = uniform(500, 256, 3);
  await index.space("s").addMany(
    Array.from({ length: 500 }, (_, i) => i),
    set.values,
  );
  await index.close();
  const program = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const line = `"${process.execPath}" "${program}" export "${folder.path}" --all | head -n 1`;
  const job = Bun.spawn(["sh", "-c", line], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(job.stdout).text(), new Response(job.stderr).text()]);
  expect([out.split("\n").length, out.startsWith('{"space":"s","key":0,'), err]).toEqual([2, true, ""]);
  expect((await run(["verify", folder.path])).code).toBe(0);
});
