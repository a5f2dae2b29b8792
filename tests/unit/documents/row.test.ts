/* Is a row laid out as it is documented, and does it come back? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { FieldTable } from "../../../src/documents/fields.ts";
import { decodeRow, encodeRow } from "../../../src/documents/row.ts";

const FIELDS = new FieldTable([
  ["tags", "keyword"],
  ["size", "number"],
  ["done", "boolean"],
]);

test("a row byte by byte", () => {
  const document = { tags: ["ä", "b"], size: 1.5, done: null };
  const text = JSON.stringify(document);
  const row = encodeRow({ text, hasVector: false, expiresAt: 7 }, FIELDS, FIELDS.valuesOf(document));
  const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)];
  const f64 = (value: number) => [...new Uint8Array(Float64Array.of(value).buffer)];
  const bytes = new TextEncoder().encode(text);
  const values = [
    ...[0, 0, 1, 2, ...u32(11), ...u32(2), 0xc3, 0xa4, ...u32(1), 0x62, 0, 0, 0, 0, 0],
    ...[1, 0, 2, 1, ...u32(8), ...f64(1.5)],
    ...[2, 0, 3, 0, ...u32(0)],
  ];
  const padding = Array.from({ length: -bytes.length & 7 }, () => 0);
  const header = [...u32(32 + values.length + bytes.length + padding.length), ...u32(7), ...f64(7)];
  header.push(...u32(bytes.length), ...u32(3), ...u32(3), ...u32(0));
  expect([...row]).toEqual([...header, ...values, ...bytes, ...padding]);
});

test("document, expiry and whether there is a vector come back, whatever the fields hold", () => {
  const tags = fc.option(fc.oneof(fc.array(fc.string({ unit: "grapheme" })), fc.string({ unit: "grapheme" })));
  const document = fc.record({ tags, size: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })) });
  const expiry = fc.option(fc.nat());
  fc.assert(
    fc.property(document, expiry, fc.boolean(), (document, expiresAt, hasVector) => {
      const contents = { text: JSON.stringify(document), hasVector, expiresAt };
      const row = encodeRow(contents, FIELDS, FIELDS.valuesOf(document));
      expect(row.length % 8).toBe(0);
      expect(decodeRow(row)).toEqual(contents);
    }),
  );
  const without = encodeRow({ text: null, hasVector: true, expiresAt: null }, new FieldTable(), []);
  expect(decodeRow(without)).toEqual({ text: null, hasVector: true, expiresAt: null });
  expect(without.length).toBe(32);
});
