/* In which ranges are the rows of a .parquet file read? */
import { expect, test } from "bun:test";
import { rangesOf } from "../../../../src/cli/formats/parquet.ts";

test("every row once, few enough at once, and none over the end of its row group", () => {
  expect([...rangesOf([5, 0, 2, 3], 2)]).toEqual([
    [0, 2],
    [2, 4],
    [4, 5],
    [5, 7],
    [7, 9],
    [9, 10],
  ]);
  expect([...rangesOf([3, 4], 100)]).toEqual([
    [0, 3],
    [3, 7],
  ]);
  expect([...rangesOf([], 100)]).toEqual([]);
});
