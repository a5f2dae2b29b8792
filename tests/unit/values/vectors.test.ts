/* Is a vector, or a list of them, taken in every form that is allowed, and refused by name in every other? */
import { expect, test } from "bun:test";
import type { HnswError } from "../../../src/errors.ts";
import { numbersOf, VectorList } from "../../../src/values/vectors.ts";

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as HnswError).code;
  }
  return "none";
};

test("a vector is a typed array of numbers or an array of them, of the index's dimensions", () => {
  for (const vector of [[1, 2], Float32Array.of(1, 2), Float64Array.of(1, 2), Int32Array.of(1, 2)]) {
    expect(Array.from(numbersOf(vector, 2))).toEqual([1, 2]);
    expect(codeOf(() => numbersOf(vector, 3))).toBe("BAD_DIMENSIONS");
  }
  for (const vector of ["12", null, 5, BigInt64Array.of(1n, 2n), new DataView(new ArrayBuffer(2)), { length: 2 }]) {
    expect({ vector, code: codeOf(() => numbersOf(vector, 2)) }).toEqual({ vector, code: "BAD_VECTOR" });
  }
});

test("what a caller has defined on a typed array, or put before it, is not asked", () => {
  const long = Object.defineProperty(Float32Array.of(1, 2, 3), "length", { value: 2 });
  expect(codeOf(() => numbersOf(long, 2))).toBe("BAD_DIMENSIONS");
  const short = new (class extends Float32Array {
    override get length() {
      return 2;
    }
  })(1);
  expect(codeOf(() => numbersOf(short, 2))).toBe("BAD_DIMENSIONS");
  expect(codeOf(() => new VectorList(short, 2))).toBe("BAD_DIMENSIONS");
  expect(codeOf(() => numbersOf(new Proxy(Float32Array.of(1, 2), {}), 2))).toBe("BAD_VECTOR");
});

test("a list gives its rows in every form, one by one and together", () => {
  const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
  const flat = [1, 2, 3, 4, 5, 6];
  const forms = [Float32Array.from(flat), Uint8Array.from(flat), rows, rows.map((row) => [...row])];
  for (const form of forms) {
    const list = new VectorList(form, 2);
    expect(list.count).toBe(3);
    expect([0, 1, 2].map((i) => list.copy(i, 1))).toEqual(rows);
    expect(list.copy(1, 2)).toEqual(Float32Array.of(3, 4, 5, 6));
  }
});

test("a flat list of another length, and one of plain numbers, are refused at once", () => {
  expect(codeOf(() => new VectorList(new Float32Array(5), 2))).toBe("BAD_DIMENSIONS");
  expect(codeOf(() => new VectorList([1, 2], 2))).toBe("BAD_VECTOR");
  expect(codeOf(() => new VectorList(undefined, 2))).toBe("BAD_VECTOR");
});

test("a later row that is no vector is found when its slice comes; one that was a vector has changed", () => {
  const rows = [[1, 2], [3]];
  const list = new VectorList(rows, 2);
  expect(() => list.copy(0, 2)).toThrow(/^Vector 1 has 1 dimensions/);
  rows[1]!.push(4);
  expect(list.copy(0, 2)).toEqual(Float32Array.of(1, 2, 3, 4));
  rows[1]!.pop();
  expect(() => list.copy(0, 2)).toThrow(/^Vector 1 changed while it was being read: Vector 1 has 1 dimensions/);
  rows.pop();
  expect(() => list.copy(0, 1)).toThrow(/^The list changed while it was being read: there are 1 vectors instead of 2/);
});

test("a flat list whose memory is taken away or shrinks has changed; one whose memory grows has not", () => {
  const taken = Float32Array.of(1, 2, 3, 4);
  const lists = [new VectorList(taken, 2)];
  structuredClone(taken.buffer, { transfer: [taken.buffer] });
  const buffer = new ArrayBuffer(16, { maxByteLength: 32 });
  lists.push(new VectorList(new Float32Array(buffer), 2), new VectorList(new Float32Array(buffer, 0, 4), 2));
  buffer.resize(12);
  for (const list of lists) expect(codeOf(() => list.copy(0, 1))).toBe("INPUT_CHANGED");
  buffer.resize(16);
  const growing = new VectorList(new Float32Array(buffer), 2);
  buffer.resize(32);
  expect(growing.copy(0, 2)).toEqual(new Float32Array(4));
});
