/* Does a row come back as it went in, for every type and form of value, from wherever it is read? */
import { describe, expect, test } from "bun:test";
import { E_CHANGED, E_ROW, E_STALE, FAULT_ROW_CODE, NOT_FOUND, OK } from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import type { Field, FieldType, FieldValue } from "../../../src/documents/fields.ts";
import { encodeValues } from "../../../src/documents/row.ts";
import { coreModule, usedBytes } from "../harness.ts";
import { type RowLike, type RowSpace, rowSpace } from "./row-space.ts";

await coreModule("debug");
const TYPES = { word: "keyword", size: "number", seen: "boolean", day: "date" } as const;
const V = [1, 2, 3, 4];

const VALUES: { [name in FieldType]: FieldValue[] } = {
  keyword: [
    "a",
    "",
    "é😀",
    "x".repeat(1000),
    ["a", "b"],
    [],
    ["", "a", "a"],
    Array.from({ length: 500 }, (_, i) => `k${i}`),
    null,
  ],
  number: [0, -0, 1.5, 1e308, -1e-300, 2 ** 53, [1, 2.5], [], [0], Array.from({ length: 500 }, (_, i) => i / 7), null],
  boolean: [true, false, [true], [false], [false, true], [], null],
  date: [0, -1, 1764345600000, [1, 2], null],
};

const CASES: RowLike[] = [
  {},
  { text: "{}" },
  { text: JSON.stringify({ text: "ä".repeat(40_000) }) },
  { text: "1", expiresAt: 1e12 },
  { expiresAt: 0 },
  ...Object.entries(TYPES).flatMap(([name, type]) =>
    VALUES[type].map((value) => ({ text: '{"x":1}', values: { [name]: value } })),
  ),
  { text: "[]", values: { word: "a", size: 1, seen: true, day: 5 } },
  { values: { word: ["z"], day: null } },
];
const hex = (row: Uint8Array) => Buffer.from(row).toString("hex");

/** Puts every case under its number, some of them after others were there, and returns what each should be. */
function fill(space: RowSpace): Map<number, string> {
  const wanted = new Map<number, string>();
  for (const [i, row] of CASES.entries()) {
    const vector = i % 3 === 0 ? null : V;
    space.put(i, vector, row);
    wanted.set(i, hex(space.encode(row, vector !== null)));
  }
  return wanted;
}

function expectRows(space: RowSpace, wanted: Map<number, string>, context: string): void {
  for (const [key, row] of wanted) expect(`${context} ${key} ${space.rowOf(key)}`).toBe(`${context} ${key} ${row}`);
  space.expectWhole(context);
}

describe("a row", () => {
  test("comes back as it went in, with its vector", async () => {
    const space = await rowSpace(TYPES);
    expectRows(space, fill(space), "added");
    expect(space.read(1)!.vector).toEqual(new Float32Array(V));
    expect(space.read(0)!.vector).toBeUndefined();
  });

  test("is the same after compactions, of its space's flat and graph generations", async () => {
    for (const flatBelow of [10, 1e6]) {
      const space = await rowSpace(TYPES, { flatBelow });
      const wanted = fill(space);
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 300; i++) space.put(`other ${i}`, V, { text: "{}", values: { word: `w${i}` } });
        for (let i = 0; i < 300; i++) space.remove(`other ${i}`);
        space.linkAll();
      }
      expect(space.figures().compactions).toBeGreaterThan(0);
      expectRows(space, wanted, `flatBelow ${flatBelow}`);
    }
  });

  test("is gone with the next add without one, and was none before", async () => {
    const space = await rowSpace(TYPES);
    space.add("plain", V);
    expect(space.rowOf("plain")).toBe("no row");
    space.put("plain", V, { values: { word: "a" } });
    space.add("plain", V);
    expect(space.rowOf("plain")).toBe("no row");
    expect(space.matching({ is: "exists", field: space.fields.list[0]! })).toEqual([]);
  });

  test("of a hit and of a match is that of their entries", async () => {
    const space = await rowSpace(TYPES, { flatBelow: 10 });
    for (let i = 0; i < 100; i++) space.put(i, [i, 0, 0, 0], { text: String(i), values: { size: i % 7 } });
    space.linkAll();
    expect(space.filter({ is: "equal", field: space.fields.list[1]!, value: 3 })).toBe(14);
    const { hits } = space.nearest([50, 0, 0, 0], 5);
    const rows = hits.map(({ key }, i) => hex(space.hitRow(i)) === space.rowOf(key as number));
    expect(rows).toEqual([true, true, true, true, true]);
    space.end();
  });
});

describe("an update", () => {
  test("replaces the row and keeps vector and age", async () => {
    const space = await rowSpace(TYPES, { flatBelow: 10 });
    for (let i = 0; i < 40; i++) space.put(i, [i, 1, 1, 1], { text: `${i}`, values: { size: i } });
    space.linkAll();
    const before = space.keys();
    for (let i = 0; i < 40; i += 2) space.update(i, { text: `"new ${i}"`, values: { size: -i } });
    space.linkAll();
    expect(space.keys()).toEqual(before);
    for (let i = 0; i < 40; i++) {
      const row: RowLike =
        i % 2 === 0 ? { text: `"new ${i}"`, values: { size: -i } } : { text: `${i}`, values: { size: i } };
      expect(space.rowOf(i)).toBe(hex(space.encode(row, true)));
      expect(Array.from(space.get(i)!)).toEqual([i, 1, 1, 1]);
      expect(space.search([i, 1, 1, 1], 1)).toEqual([{ key: i, distance: 0 }]);
    }
    space.expectWhole("updated");
  });

  test("with the stamp of an older version changes nothing", async () => {
    const space = await rowSpace(TYPES);
    space.put("a", V, { text: "1" });
    const { stamp } = space.read("a")!;
    expect(space.tryUpdate("a", space.encode({ text: "2" }, true), stamp)).toBe(OK);
    expect(space.tryUpdate("a", space.encode({ text: "3" }, true), stamp)).toBe(E_CHANGED);
    expect(space.rowOf("a")).toBe(hex(space.encode({ text: "2" }, true)));
    expect(space.tryUpdate("b", space.encode({ text: "3" }, true))).toBe(NOT_FOUND);
    space.drop();
    expect(space.tryUpdate("a", space.encode({ text: "3" }, true))).toBe(E_STALE);
  });
});

test("fields are added, never taken away or changed; a row is refused that knows more", async () => {
  const space = await rowSpace({ word: "keyword" });
  const wider = await rowSpace(TYPES);
  const row = wider.encode({ values: { size: 1 } }, true);
  expect(space.tryPut("a", V, row)).toBeLessThan(0);
  space.put("old", V, { values: { word: "a" } });
  space.addField("size", "number");
  space.put("new", V, { values: { word: "a", size: 1 } });
  expect(space.matching({ is: "behind", fields: space.fields.size })).toEqual(["old"]);
  expect(space.matching({ is: "exists", field: space.fields.list[1]! })).toEqual(["new"]);
  expect(() => new (space.constructor as typeof RowSpace)(space.seat, "s", { word: "number" })).toThrow();
  expect(() => new (space.constructor as typeof RowSpace)(space.seat, "s", { word: "keyword" })).toThrow();
});

test("a row that is filled stays behind a field that was added in the meantime", async () => {
  const space = await rowSpace({ word: "keyword" });
  space.put("a", V, { values: { word: "w" } });
  space.addField("size", "number");
  const [, size] = space.fields.list as [Field, Field];
  space.addField("seen", "boolean"); // known to the core, and not yet to the thread that fills
  const fill = (fields: Field[], values: FieldValue[], known: number) => {
    space.filter({ is: "behind", fields: space.fields.size });
    const refs: number[] = [];
    while (calls.listMatches(space.seat, calls.NO_FIELD, ({ ref }) => refs.push(ref)) > 0);
    const status = refs.map((ref) => calls.fillMatch(space.seat, ref, { values: encodeValues(fields, values), known }));
    space.end();
    return status;
  };
  expect(fill([size], [7], 2)).toEqual([OK]);
  expect(space.matching({ is: "exists", field: size })).toEqual(["a"]);
  expect(fill([space.fields.list[2]!], [true], 3)).toEqual([OK]);
  expect(space.matching({ is: "exists", field: space.fields.list[2]! })).toEqual(["a"]);
  expect(space.matching({ is: "behind", fields: space.fields.size })).toEqual([]);
  space.filter({ is: "all" });
  expect(calls.fillMatch(space.seat, 0, { values: new Uint8Array(0), known: 4 })).toBe(E_ROW);
  space.end();
});

test("memory of rows is given back: by compactions, and with the space", async () => {
  const space = await rowSpace(TYPES, { flatBelow: 1e6 });
  const text = JSON.stringify("x".repeat(2000));
  const round = (salt: number) => {
    for (let i = 0; i < 400; i++) {
      space.put(i, V, { text, values: { word: [`${salt} ${i}`], size: [i, salt], seen: [true], day: i } });
    }
    space.linkAll();
    expect(space.seat.core.tidy()).toBe(0);
    return usedBytes(space.seat);
  };
  const first = round(0);
  let last = 0;
  for (let salt = 1; salt < 12; salt++) last = round(salt);
  expect(last).toBeLessThan(2 * first);
  const other = await rowSpace(TYPES);
  const empty = usedBytes(other.seat);
  for (let i = 0; i < 400; i++) other.put(i, V, { text, values: { word: [`${i}`], size: [i] }, expiresAt: 1 });
  expect(usedBytes(other.seat)).toBeGreaterThan(empty + 400 * 2000);
  other.drop();
  other.seat.core.tidy();
  // What a seat keeps for the next call: its row buffer.
  expect(usedBytes(other.seat)).toBeLessThan(empty + 8192);
});

test("a keyword that a trap left without its place in the table is found by the code that rows have", async () => {
  const space = await rowSpace({ word: "keyword" }, { flatBelow: 1e6 });
  const word = space.fields.list[0]!;
  space.seat.core.armFault(FAULT_ROW_CODE, 1);
  expect(() => space.put("first", [0, 0, 0, 0], { values: { word: "a" } })).toThrow(WebAssembly.RuntimeError);
  expect(space.seat.core.repairSeat(0)).toBe(0);
  space.put("first", [0, 0, 0, 0], { values: { word: "a" } });
  for (let i = 0; i < 40; i++) space.put(i, [i, 0, 0, 0], { values: { word: `word ${i}` } }); // the table grows
  space.put("last", [0, 0, 0, 0], { values: { word: "a" } });
  expect(space.matching({ is: "equal", field: word, value: "a" })).toEqual(["first", "last"]);
  expect(space.matching({ is: "equal", field: word, value: "word 7" })).toEqual([7]);
  space.expectWhole("after a trap");
});
