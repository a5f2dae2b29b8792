/* Do documents, entries without a vector and expiry pass through lines of JSON and back, and can they be chosen by a filter? */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { failureOf, outOf } from "./program.ts";

const FIELDS = { tag: "keyword", size: "number" } as const;
const LATER = 9e12;

async function fill(path: string): Promise<void> {
  await using index = await open({ path, dimensions: 2, metric: "l2", workers: 0, fields: FIELDS });
  const space = index.space("s");
  await space.add("a", [1, 2], { tag: "red", size: 1, text: "line\nend" });
  await space.add("b", [3, 4]);
  await space.add("c", null, { tag: "blue", size: 2 });
  await space.add("d", [5, 6], { tag: ["red", "blue"] }, { expiresAt: LATER });
  await space.add("gone", [7, 8], { tag: "red" }, { expiresAt: 5 });
  await index.space("t").add(1n, [9, 9], ["any", { json: null }]);
}

const LINES = [
  '{"key":"a","vector":[1,2],"metadata":{"tag":"red","size":1,"text":"line\\nend"}}',
  '{"key":"b","vector":[3,4]}',
  '{"key":"c","vector":null,"metadata":{"tag":"blue","size":2}}',
  `{"key":"d","vector":[5,6],"metadata":{"tag":["red","blue"]},"expiresAt":${LATER}}`,
];

test("entries are exported and imported whole", async () => {
  using from = new Folder();
  using to = new Folder();
  await fill(from.path);
  const lines = await outOf(["export", from.path, "--space", "s"]);
  expect(lines).toBe(`${LINES.join("\n")}\n`);
  const options = ["--space", "s", "--dimensions", "2", "--metric", "l2", "--fields", "tag:keyword,size:number"];
  expect(await outOf(["import", to.path, "-", ...options], lines)).toContain("4 vectors added");
  expect(await outOf(["export", to.path, "--space", "s"])).toBe(lines);
  await using index = await open({ path: to.path });
  expect(index.options.fields).toEqual(FIELDS);
  expect(await index.space("s").count({ where: { tag: "blue" } })).toBe(2);
});

test("a filter chooses what is exported", async () => {
  using folder = new Folder();
  await fill(folder.path);
  const where = (filter: object) => outOf(["export", folder.path, "--space", "s", "--where", JSON.stringify(filter)]);
  expect(await where({ tag: "blue" })).toBe(`${LINES[2]}\n${LINES[3]}\n`);
  expect(await where({ size: { $lt: 2 } })).toBe(`${LINES[0]}\n`);
  expect(await where({ tag: "green" })).toBe("");
  const command = ["export", folder.path, "--space", "s", "--where"];
  expect(await failureOf([...command, '{"colour":"red"}'])).toMatch(
    /^1 BAD_WHERE: "colour" is no field; there are tag, size/,
  );
  expect(await failureOf([...command, "{tag:"])).toMatch(/^2 USAGE: --where must be JSON/);
});

test("all files with lines of JSON in a folder are imported, in the order of their names", async () => {
  using folder = new Folder();
  const files = join(folder.root, "files");
  mkdirSync(files);
  writeFileSync(join(files, "2.jsonl"), '{"key":"x","vector":[2,2],"metadata":{"n":2}}\n');
  writeFileSync(join(files, "1.ndjson"), '{"key":"x","vector":[1,1],"metadata":{"n":1}}\n{"key":"y","vector":[1,1]}\n');
  writeFileSync(join(files, "3.txt"), "not these");
  await outOf(["import", folder.path, files, "--space", "s", "--dimensions", "2"]);
  const lines = await outOf(["export", folder.path, "--space", "s"]);
  expect(lines).toBe('{"key":"y","vector":[1,1]}\n{"key":"x","vector":[2,2],"metadata":{"n":2}}\n');
  expect(await failureOf(["import", folder.path, folder.root, "--space", "s"])).toMatch(
    /holds no \.jsonl or \.ndjson files/,
  );
});

test("a line with a document that is refused is named; those before it stay", async () => {
  using folder = new Folder();
  await fill(folder.path);
  const lines =
    '{"key":"e","vector":[1,1],"metadata":{"size":3}}\n{"key":"f","vector":[1,1],"metadata":{"size":"4"}}\n';
  const said = await failureOf(["import", folder.path, "-", "--space", "s"], lines);
  expect(said).toMatch(
    /^1 BAD_FIELD: stdin, line 2: The field "size" takes a finite number, not "4"\. 1 vector was added/,
  );
});

test("`inspect` shows the fields", async () => {
  using folder = new Folder();
  await fill(folder.path);
  expect(await outOf(["inspect", folder.path])).toContain("\nfields: tag (keyword), size (number)\n");
  expect(JSON.parse(await outOf(["inspect", folder.path, "--json"])).fields).toEqual(FIELDS);
});
