/* Does an import of a file that was cut off go on where it was, and only of the same file? */
import { expect, test } from "bun:test";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../support/folder.ts";
import { failureOf, outOf } from "./program.ts";

const ROWS = 25_000; // notes are made every 10,000
const BAD = 23_000;

const lineOf = (i: number) => `{"key":${i},"vector":[${i},1]}`;

/** An import that ends at a bad line, and the file. */
async function cutOff(folder: Folder) {
  const file = join(folder.root, "many.jsonl");
  const lines = Array.from({ length: ROWS }, (_, i) => (i === BAD ? lineOf(i).replace("[", "<") : lineOf(i)));
  writeFileSync(file, lines.join("\n"));
  utimesSync(file, MADE, MADE);
  const command = ["import", folder.path, file, "--space", "s", "--dimensions", "2", "--metric", "l2"];
  expect(await failureOf(command)).toEndWith("23,000 vectors were added before.");
  return { file, command };
}

const MADE = new Date("2026-11-29T12:00:00Z");

/** As if the same bytes had been read now that could not be read before. */
function repair(file: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace("<", "["));
  utimesSync(file, MADE, MADE);
}

test("the same command goes on after what is noted, and everything is in", async () => {
  using folder = new Folder();
  const { file, command } = await cutOff(folder);
  expect(await failureOf(command)).toEndWith("3,000 vectors were added before."); // once more, after the note
  repair(file);
  const said = JSON.parse(await outOf([...command, "--json"]));
  expect(said).toMatchObject({ resumedAfter: 20_000, imported: ROWS, sample: { entries: 10, differing: 0 } });
  const lines = (await outOf(["export", folder.path, "--space", "s"])).trimEnd().split("\n");
  expect(new Set(lines)).toEqual(new Set(Array.from({ length: ROWS }, (_, i) => lineOf(i))));
  expect(JSON.parse(await outOf(["inspect", folder.path, "--json"])).spaces).toHaveLength(1); // the note is gone
});

test("a file that was changed, other options and another space start from the beginning", async () => {
  using folder = new Folder();
  const { file, command } = await cutOff(folder);
  repair(file);
  const other = JSON.parse(await outOf([...command.with(4, "other"), "--json"]));
  expect([other.resumedAfter, other.imported]).toEqual([0, ROWS]);
  writeFileSync(file, readFileSync(file)); // another time of change
  const said = JSON.parse(await outOf([...command, "--json"]));
  expect([said.resumedAfter, said.imported]).toEqual([0, ROWS]);
  expect(await outOf(command)).toStartWith(`${folder.path}: 25,000 vectors added in space "s"\n`);
});
