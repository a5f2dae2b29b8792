/* What does an import say of a line that it refuses, and what has it added by then? */
import { describe, expect, test } from "bun:test";
import { Folder } from "../support/folder.ts";
import { failureOf } from "./program.ts";

describe("a line that is refused is named, and the lines before it are added", () => {
  const GOOD = '{"key":1,"vector":[1,2,3,4]}\n{"key":2,"vector":[2,2,3,4]}\n';
  const progress = " 2 vectors were added before.";
  const BAD: [name: string, line: string, says: string][] = [
    ["not JSON", "{", "BAD_FILE: stdin, line 3: not JSON"],
    ["not an object", "[1]", 'BAD_FILE: stdin, line 3: not an object with "key" and "vector".'],
    ["no vector", '{"key":3}', 'BAD_FILE: stdin, line 3: "vector" is not an array of numbers.'],
    ["no numbers", '{"key":3,"vector":[1,2,3,"4"]}', 'BAD_FILE: stdin, line 3: "vector" is not an array of numbers.'],
    ["no key", '{"vector":[1,2,3,4]}', 'BAD_FILE: stdin, line 3: "key" is not a string, an integer or'],
    ["no bigint", '{"key":{"bigint":"0x1"},"vector":[1,2,3,4]}', 'BAD_FILE: stdin, line 3: "key" is not'],
    ["a fraction", '{"key":1.5,"vector":[1,2,3,4]}', "BAD_KEY: stdin, line 3: A number as key must be a safe integer"],
    ["no key at all", '{"key":"","vector":[1,2,3,4]}', "BAD_KEY: stdin, line 3: A key must not be the empty string."],
    ["too short", '{"key":3,"vector":[1,2,3]}', "BAD_DIMENSIONS: stdin, line 3: The vector has 3 dimensions"],
    ["too large", '{"key":3,"vector":[1,2,3,1e39]}', "NOT_FINITE: stdin, line 3: The vector holds NaN or an infinity"],
    [
      "another space",
      '{"space":"t","key":3,"vector":[1,2,3,4]}',
      'BAD_FILE: stdin, line 3 is for space "t": use --all.',
    ],
  ];
  for (const [name, line, says] of BAD) {
    test(name, async () => {
      using folder = new Folder();
      const input = `${GOOD}${line}\n${GOOD}`;
      const failure = await failureOf(["import", folder.path, "-", "--space", "s", "--dimensions", "4"], input);
      expect(failure).toStartWith(`1 ${says}`);
      expect(failure).toEndWith(progress);
      await using opened = await folder.open({ dimensions: 4, workers: 0 });
      expect(await opened.index.space("s").keys()).toEqual([1, 2]);
    });
  }

  test("bytes that are not UTF-8", async () => {
    using folder = new Folder();
    const input = Buffer.concat([Buffer.from(GOOD), Buffer.of(0xff, 10)]);
    const failure = await failureOf(["import", folder.path, "-", "--space", "s", "--dimensions", "4"], input);
    expect(failure).toStartWith("1 BAD_FILE: stdin");
    expect(failure).toContain("not UTF-8");
  });

  test("--all without a space in the line", async () => {
    using folder = new Folder();
    const failure = await failureOf(["import", folder.path, "-", "--all", "--dimensions", "4"], GOOD);
    expect(failure).toBe("1 BAD_FILE: stdin, line 1 names no space");
  });
});
