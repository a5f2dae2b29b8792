/* Is what travels between members the same when it arrives, and refused where it was changed? */
import { expect, test } from "bun:test";
import { Malformed } from "../../../../src/cluster/ops/byte-reader.ts";
import { decodeValue, encodeValue } from "../../../../src/cluster/peers/values.ts";

const deep = { a: [{ b: { c: [{ d: { e: [1, "x", null, { f: { g: [[[]]] } }] } }] } }] };

const VALUES = [
  ...[undefined, null, true, false, 0, -0, 1.5, Number.POSITIVE_INFINITY, "", "é\u{1F600}", "lone \ud800", 0n, -5n],
  ...[2n ** 700n, Float32Array.of(1, 2.5), new Float32Array(0), [], {}, [undefined, [1, ["a"]]], deep],
  { key: "k", vector: Float32Array.of(1), metadata: deep, expiresAt: undefined },
];

test("every kind of value", () => {
  for (const value of VALUES) expect(decodeValue(encodeValue(value))).toEqual(value as never);
});

test("other arrays of numbers become floats, dates their text", () => {
  expect(decodeValue(encodeValue(Float64Array.of(1, 0.1)))).toEqual(Float32Array.of(1, 0.1));
  expect(decodeValue(encodeValue({ at: new Date(0) }))).toEqual({ at: "1970-01-01T00:00:00.000Z" });
});

test("a name that is special to objects is one like any other", () => {
  const value = JSON.parse('{"__proto__": 1, "a": {"__proto__": {"b": 2}}}');
  expect(JSON.stringify(decodeValue(encodeValue(value)))).toBe(JSON.stringify(value));
});

test("a function can't be sent", () => {
  expect(() => encodeValue([{ filter: () => true }])).toThrow(Malformed);
});

test("bytes that were changed or cut are a value or refused, nothing else", () => {
  const bytes = encodeValue([{ key: "k", list: [1, 2n, Float32Array.of(1, 2)], deep }, "text"]);
  for (let at = 0; at < bytes.length; at++) {
    for (const changed of [
      bytes.slice(0, at),
      bytes.with(at, bytes[at]! ^ 0xff),
      bytes.with(at, 9),
      bytes.with(at, 255),
    ]) {
      try {
        decodeValue(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }
  }
});
