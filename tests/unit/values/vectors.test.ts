/* Is a vector, or a list of them, taken in every form that is allowed, and refused by name in every other? */
import { expect, test } from "bun:test";
import type { HnswError } from "../../../src/errors.ts";
import { checkShape, type Vector, VectorList } from "../../../src/values/vectors.ts";

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as HnswError).code;
  }
  return "none";
};

test("a vector is a Float32Array, a Float64Array or an array of numbers, of the index's dimensions", () => {
  for (const vector of [[1, 2], Float32Array.of(1, 2), Float64Array.of(1, 2)]) {
    expect(codeOf(() => checkShape(vector, 2))).toBe("none");
    expect(codeOf(() => checkShape(vector, 3))).toBe("BAD_DIMENSIONS");
  }
  for (const vector of ["12", null, 5, Int32Array.of(1, 2), { length: 2 }]) {
    expect({ vector, code: codeOf(() => checkShape(vector, 2)) }).toEqual({ vector, code: "BAD_VECTOR" });
  }
});

test("a list gives its rows in every form, one by one and together", () => {
  const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
  const forms = [Float32Array.of(1, 2, 3, 4, 5, 6), rows, rows.map((row) => [...row])];
  for (const form of forms) {
    const list = new VectorList(form as Float32Array, 2);
    list.checkRows(0, 3);
    expect(list.count).toBe(3);
    expect([0, 1, 2].map((i) => [...list.row(i)])).toEqual(rows.map((row) => [...row]));
    expect(list.flatten(1, 2)).toEqual(Float32Array.of(3, 4, 5, 6));
  }
});

test("a flat list of another length, and one of plain numbers, are refused at once", () => {
  expect(codeOf(() => new VectorList(new Float32Array(5), 2))).toBe("BAD_DIMENSIONS");
  expect(codeOf(() => new VectorList([1, 2] as unknown as Vector[], 2))).toBe("BAD_VECTOR");
  expect(codeOf(() => new VectorList(undefined as unknown as Vector[], 2))).toBe("BAD_VECTOR");
});

test("a later row that is no vector is found when its slice is checked", () => {
  const list = new VectorList([[1, 2], [3]] as Vector[], 2);
  expect(() => list.checkRows(0, 2)).toThrow(/^Vector 1 has 1 dimensions/);
});
