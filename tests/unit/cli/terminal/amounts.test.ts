/* Are counts, bytes and tables written as people read them? */
import { expect, test } from "bun:test";
import { bytesOf, counted, table } from "../../../../src/cli/terminal/amounts.ts";

test("counts", () => {
  expect([counted(1, "op"), counted(12345, "op"), counted(0, "entry", "entries")]).toEqual([
    ...["1 op", "12,345 ops", "0 entries"],
  ]);
});

test("bytes", () => {
  expect([0, 1023, 1024, 1024 ** 2 * 1.25, 5 * 1024 ** 4, 2048 * 1024 ** 4].map(bytesOf)).toEqual([
    ...["0 bytes", "1,023 bytes", "1 KiB", "1.3 MiB", "5 TiB", "2,048 TiB"],
  ]);
});

test("a table has its numbers to the right, under their heads", () => {
  const rows = [
    ["space", "vectors"],
    ["a", 1234567],
    ["longer", 8],
  ];
  expect(table(rows)).toEqual(["  space     vectors", "  a       1,234,567", "  longer          8"]);
});
