/* Is a condition the program that the core expects? */
import { expect, test } from "bun:test";
import { FieldTable } from "../../../src/documents/fields.ts";
import { programOf } from "../../../src/documents/program.ts";
import { type Condition, readWhere } from "../../../src/documents/where.ts";

const FIELDS = new FieldTable([
  ["tags", "keyword"],
  ["size", "number"],
]);

/** Its ops: number, field and payload in words. */
function opsOf(condition: Condition) {
  const bytes = programOf(condition).slice();
  const view = new DataView(bytes.buffer);
  const ops = [];
  let at = 8;
  while (at < bytes.length) {
    const payload = view.getUint32(at + 4, true);
    ops.push([view.getUint16(at, true), view.getUint16(at + 2, true), payload]);
    at += 8 + ((payload + 7) & ~7);
  }
  expect([view.getUint32(0, true), view.getUint32(4, true), at]).toEqual([bytes.length, ops.length, bytes.length]);
  return ops;
}
const ops = (where: unknown) => opsOf(readWhere(where, FIELDS));

test("ops come in postfix order, and two bitmaps are joined at a time", () => {
  expect(ops({})).toEqual([[9, 0, 0]]);
  expect(ops({ tags: { $exists: true } })).toEqual([[1, 0, 0]]);
  expect(ops({ tags: { $ne: "abc" } })).toEqual([
    [3, 0, 16],
    [8, 0, 0],
  ]);
  expect(ops({ $or: [{ size: 1 }, { size: null }, { tags: { $in: ["a", "b"] } }] })).toEqual([
    [3, 1, 16],
    [2, 1, 0],
    [7, 0, 8],
    [4, 0, 40],
    [7, 0, 8],
  ]);
});

test("a range has its flags and both bounds", () => {
  const program = programOf(readWhere({ size: { $gt: 1, $lte: 5 } }, FIELDS));
  const view = new DataView(program.buffer, program.byteOffset + 16);
  expect([view.getUint32(0, true), view.getFloat64(8, true), view.getFloat64(16, true)]).toEqual([1 | 4 | 8, 1, 5]);
  expect(ops({ tags: { $gte: "abc" } })).toEqual([[5, 0, 8 + 8 + 8]]);
});

test("keys go as the core keeps them", () => {
  expect(opsOf({ is: "keys", keys: ["abc", 5, 7n] })).toEqual([[12, 0, 8 + 8 + 12 + 8]]);
});
