/* Is a .csv file with a column of vectors imported, with quoted cells as RFC 4180 has them, or refused with its line? */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../support/folder.ts";
import { failureOf, outOf } from "./program.ts";

async function imported(text: string, ...args: string[]) {
  using folder = new Folder();
  const file = join(folder.root, "rows.csv");
  writeFileSync(file, text);
  await outOf(["import", folder.path, file, "--space", "s", "--dimensions", "2", ...args]);
  await using opened = await folder.open({ workers: 0 } as never);
  const { entries } = await opened.index.space("s").page({ include: ["metadata", "vector"] });
  return entries.map(({ key, vector, metadata }) => [key, vector && Array.from(vector), metadata]);
}

test("cells are text, vectors arrays; quotes, commas, line breaks, a mark at the beginning and empty lines", async () => {
  const text =
    "\ufeffid,title,embedding,note\r\n" +
    'a,"said ""yes"", twice","[0.5, -2]",\r\n' +
    '"b\nc",007,"[1,1e-3]","two\r\nlines"\r\n\r\n' +
    'd,,"[3,4]",';
  expect(await imported(text)).toEqual([
    ["a", [0.5, -2], { title: 'said "yes", twice' }],
    ["b\nc", [1, Math.fround(1e-3)], { title: "007", note: "two\nlines" }],
    ["d", [3, 4], undefined],
  ]);
});

test("fields say which cells are numbers, truth values and dates; columns and integer keys are named", async () => {
  const text = 'n,v,price,sold,at,day\n7,"[1,2]",1.50,TRUE,1790000000000,2026-11-29\n8,"[2,1]",2,false,5,\n';
  const fields = ["--fields", "price:number,sold:boolean,at:date,day:date"];
  expect(await imported(text, "--key-column", "n", "--vector-column", "v", "--integer-keys", ...fields)).toEqual([
    [7, [1, 2], { price: 1.5, sold: true, at: 1790000000000, day: "2026-11-29" }],
    [8, [2, 1], { price: 2, sold: false, at: 5 }],
  ]);
});

test("a new folder has as many dimensions as the first vector", async () => {
  using folder = new Folder();
  const [table, lines] = [join(folder.root, "rows.csv"), join(folder.root, "rows.jsonl")];
  writeFileSync(table, 'id,vector\na,"[1,2,3]"');
  writeFileSync(lines, '\n{"key":1,"vector":null,"metadata":{}}\n{"key":2,"vector":[1,2,3]}');
  for (const file of [table, lines]) {
    const path = `${file}-index`;
    await outOf(["import", path, file, "--space", "s"]);
    expect(JSON.parse(await outOf(["inspect", path, "--json"]))).toMatchObject({ dimensions: 3 });
  }
  writeFileSync(lines, '{"key":1,"vector":"no"}');
  const refusal = await failureOf(["import", folder.path, lines, "--space", "s"]);
  expect(refusal).toStartWith(`1 BAD_FILE: ${lines}, line 1: `);
});

describe("refused, with the line:", () => {
  test.each([
    ["", "has no first row"],
    ["key,vector,key\n", "two columns have one name"],
    ["key,text\n", "no column is named vector or embedding: give --vector-column"],
    ["name,vector\n", "no column is named key or id: give --key-column"],
    ["key,vector\na\n", "line 2: 1 cells, and 2 columns"],
    ['key,vector\na,"[1,2]",x\n', "line 2: 3 cells, and 2 columns"],
    ["key,vector\na,1 2\n", "line 2: its vector is not an array of numbers"],
    ['key,vector\na,"[1,""2""]"\n', "line 2: its vector is not an array of numbers"],
    ['key,vector\na,"[1,2]"x\n', "line 2: something follows the quote of cell 2"],
    ['key,vector\na,"[1,2]\nb\n', "line 2: a quote is not closed"],
    ['key,vector\na,"[1,2]"\nb,"[1,2,3]"\n', "line 3: The vector has 3 dimensions, the index has 2"],
  ])("%j: %s", async (text, message) => {
    using folder = new Folder();
    const file = join(folder.root, "rows.csv");
    writeFileSync(file, text);
    const args = ["import", folder.path, file, "--space", "s", "--dimensions", "2"];
    expect(await failureOf(args)).toContain(message);
  });

  test("a cell that is not of its field's type, a key that is no integer, and options of other formats", async () => {
    using folder = new Folder();
    const file = join(folder.root, "rows.csv");
    const failure = (...rest: string[]) =>
      failureOf(["import", folder.path, file, "--space", "s", "--dimensions", "2", ...rest]);
    writeFileSync(file, 'key,vector,price\na,"[1,2]",cheap\n');
    expect(await failure("--fields", "price:number")).toContain('line 2: "cheap" is not a number, as price must be');
    writeFileSync(file, 'key,vector,sold\na,"[1,2]",perhaps\n');
    expect(await failure("--fields", "sold:boolean")).toContain('"perhaps" is not true or false, as sold must be');
    expect(await failure("--integer-keys")).toContain('its key "a" is not a safe integer');
    expect(await failure("--keys", file)).toContain("--keys is for files without keys");
    const other = join(folder.root, "rows.jsonl");
    writeFileSync(other, "");
    const args = ["import", folder.path, other, "--space", "s", "--dimensions", "2", "--key-column", "k"];
    expect(await failureOf(args)).toContain("--key-column is for .csv");
  });
});
