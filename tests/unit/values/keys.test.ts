/* Does a key come back from its bytes as the value and type it was, and does nothing else become one? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_KEY_BYTES } from "../../../assembly/layout.ts";
import { decodeKey, encodeKey, isSurelyKey, type Key, keyBytes } from "../../../src/values/keys.ts";

const AT = 24; // bytes before and behind the key's stay as they were
const FILL = 0xee;

const anyKey: fc.Arbitrary<Key> = fc.oneof(
  fc.string({ minLength: 1, maxLength: 120, unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 80 }).map((u) => String.fromCharCode(...u)),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 600n), max: 2n ** 600n }),
  fc.constantFrom("\ufeff", "\ud800", "x".repeat(48), "x".repeat(49), 0, -1, 2 ** 32, -(2 ** 32), 0n, -1n),
);

test("every key comes back, and only its own bytes are written", () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const bytes = new Uint8Array(AT + MAX_KEY_BYTES + 8).fill(FILL);
      const header = encodeKey(key, bytes, AT);
      const length = header & 0xffffff;
      expect(Object.is(decodeKey(header, bytes, AT), typeof key === "number" ? key + 0 : key)).toBe(true);
      expect(bytes.subarray(0, AT).every((byte) => byte === FILL)).toBe(true);
      expect(bytes.subarray(AT + length).every((byte) => byte === FILL)).toBe(true);
      expect(keyBytes(header)).toBeWithin(length, length + 8);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

test("1, '1' and 1n differ, and −0 is 0", () => {
  const encoded = (key: Key) => {
    const bytes = new Uint8Array(16);
    return `${encodeKey(key, bytes, 0)} ${bytes.join()}`;
  };
  expect(new Set([1, "1", 1n, -1, -1n, "-1"].map(encoded)).size).toBe(6);
  expect(encoded(-0)).toBe(encoded(0));
});

describe("refused before anything is written", () => {
  const refused: [what: string, key: unknown, says: RegExp][] = [
    ["the empty string", "", /must not be the empty string/],
    ["a string too long", "x".repeat(MAX_KEY_BYTES + 1), /at most 1024 bytes, this one has 1025/],
    ["a string too long as UTF-8", "é".repeat(MAX_KEY_BYTES / 2 + 1), /has 1026 bytes/],
    ["a string too long as UTF-16", "\ud800".repeat(MAX_KEY_BYTES / 2 + 1), /has 1026 bytes/],
    ["a bigint too long", 1n << 8184n, /this one has 1025 bytes/],
    ["a fraction", 0.5, /safe integer, not 0.5/],
    ["an unsafe integer", 2 ** 53, /safe integer, not 9007199254740992/],
    ["null", null, /not null/],
    ["an array", ["a"], /not an array/],
    ["a symbol", Symbol("a"), /not symbol/],
  ];
  test.each(refused)("%s", (_, key, says) => {
    const bytes = new Uint8Array(2048).fill(FILL);
    expect(() => encodeKey(key as Key, bytes, 0)).toThrow(says);
    expect(bytes.every((byte) => byte === FILL)).toBe(true);
  });
});

test("a key that is surely one is one", () => {
  const keys = ["", "a", "€".repeat(341), "€".repeat(342), "\ud800".repeat(341), 0, -1, 2 ** 53, 1.5, Number.NaN, 5n];
  for (const key of keys.filter(isSurelyKey)) encodeKey(key, new Uint8Array(1024), 0);
  expect(keys.filter(isSurelyKey)).toHaveLength(5);
});
