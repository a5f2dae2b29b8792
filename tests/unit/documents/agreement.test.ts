/* Is a row taken only with the field values that its document has? */
import { describe, expect, test } from "bun:test";
import { agrees } from "../../../src/documents/agreement.ts";
import { FieldTable, type FieldType } from "../../../src/documents/fields.ts";
import type { Json } from "../../../src/documents/json.ts";
import { encodeRow } from "../../../src/documents/row.ts";

const TYPES: [string, FieldType][] = [
  ["tags", "keyword"],
  ["size", "number"],
  ["done", "boolean"],
  ["at", "date"],
];
const FIELDS = new FieldTable(TYPES);
const first = (count: number) => new FieldTable(TYPES.slice(0, count));
const DOCUMENT = { tags: ["ä", "b"], size: -0, done: [true, false, true], at: "1970-01-01T00:00:01Z", more: 1 };
const VALUES: unknown[] = [["ä", "b"], 0, [true, false, true], 1000];

/** A row with these values, whatever its document says. */
function rowWith(
  values: (typeof VALUES)[number][] | unknown[],
  document: Json = DOCUMENT,
  fields = FIELDS,
): Uint8Array {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return encodeRow({ text, hasVector: true, expiresAt: null }, fields, values as never).slice();
}

describe("it is taken", () => {
  test("with the values of its document, and with the booleans of a list in any order, each as often as it may be", () => {
    expect(agrees(rowWith(VALUES), FIELDS)).toBe(true);
    expect(agrees(rowWith(VALUES.with(2, [false, true])), FIELDS)).toBe(true);
  });

  test("with those of the fields that it knows alone", () => {
    for (const known of [0, 1, 2, 3]) {
      expect(agrees(rowWith(VALUES, DOCUMENT, first(known)), FIELDS)).toBe(true);
    }
  });

  test("without a value where its document has none, or one of another type", () => {
    expect(agrees(rowWith([undefined, undefined, null], { tags: 5, done: null }), FIELDS)).toBe(true);
    expect(agrees(encodeRow({ text: null, hasVector: false, expiresAt: 5 }, first(0), []), FIELDS)).toBe(true);
  });

  test("with anything in the gaps between its values", () => {
    const row = rowWith(VALUES);
    expect(row[32 + 8 + 11]).toBe(0); // behind the keywords, which take 11 bytes
    row[32 + 8 + 11] = 77;
    expect(agrees(row, FIELDS)).toBe(true);
  });
});

describe("it is refused", () => {
  const others = [
    ...[VALUES.with(0, ["ä", "c"]), VALUES.with(0, ["b", "ä"]), VALUES.with(0, ["ä"]), VALUES.with(0, "ä")],
    ...[VALUES.with(1, 1), VALUES.with(2, [true]), VALUES.with(2, [true, true]), VALUES.with(2, true)],
    ...[VALUES.with(3, 1001), [undefined, ...VALUES.slice(1)], VALUES.slice(0, 3), [...VALUES.slice(0, 3), null]],
  ];
  test.each(others.map((values) => [JSON.stringify(values), values] as const))("with %s", (_, values) => {
    expect(agrees(rowWith(values), FIELDS)).toBe(false);
  });

  test("with a value where its document has none, or one of another type", () => {
    expect(agrees(rowWith(["a"], {}), FIELDS)).toBe(false);
    expect(agrees(rowWith(["5"], { tags: 5 }), FIELDS)).toBe(false);
    expect(agrees(encodeRow({ text: null, hasVector: true, expiresAt: null }, FIELDS, ["a"]), FIELDS)).toBe(false);
  });

  test("with a document that is no JSON, and fields that there are not", () => {
    expect(agrees(rowWith([], "{"), FIELDS)).toBe(false);
    expect(agrees(rowWith(VALUES), first(3))).toBe(false);
  });

  test("cut off anywhere, and with any length in it", () => {
    const row = rowWith(VALUES);
    for (let length = 0; length < row.length - 8; length++) expect(agrees(row.subarray(0, length), FIELDS)).toBe(false);
    for (const at of [16, 20, 36]) {
      for (const length of [0xffffffff, 0xfffffff0, 0x80000000]) {
        const changed = row.slice();
        new DataView(changed.buffer).setUint32(at, length, true);
        expect(agrees(changed, FIELDS)).toBe(false);
      }
    }
  });

  test("with lengths that lead back again and again", () => {
    const row = rowWith(VALUES);
    const words = new DataView(row.buffer);
    words.setUint32(20, 0xffffffff, true);
    words.setUint32(36, 0xfffffff0, true);
    expect(agrees(row, FIELDS)).toBe(false);
  });
});
