/* Is text cut into lines wherever its chunks end? */
import { expect, test } from "bun:test";
import { linesOf } from "../../../../src/cli/formats/lines.ts";

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line, number } of linesOf(chunksOf(bytes, size), "x.txt")) lines.push(`${number} ${line}`);
  return lines;
}

test("lines and their numbers, with any line end and any chunk", async () => {
  const bytes = Buffer.from("one\r\ntwö €\n\nfour 🟦");
  for (const size of [1, 2, 3, 5, 100]) {
    expect(await read(bytes, size)).toEqual(["1 one", "2 twö €", "3 ", "4 four 🟦"]);
  }
  expect(await read(Buffer.from("a\n"), 10)).toEqual(["1 a"]);
  expect(await read(Buffer.from(""), 10)).toEqual([]);
});

test("bytes that are no UTF-8 are refused with the line before them", async () => {
  for (const size of [1, 100]) {
    expect(read(Buffer.from([0x61, 0x0a, 0xff, 0x0a]), size)).rejects.toThrow(/x\.txt, after line [01]: not UTF-8/);
  }
  expect(read(Buffer.from([0x61, 0x0a, 0xc3]), 100)).rejects.toThrow("x.txt, after line 1: not UTF-8");
});
