/* Does every key come back as what it was, and does it name one vector only? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_KEY_BYTES } from "../../../assembly/layout.ts";
import { HnswError } from "../../../src/errors.ts";
import type { Key } from "../../../src/values/keys.ts";
import { CoreSpace, partition } from "../harness.ts";

const SEED = 31337;
const RUNS = 150;

const units = (most: number) => fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: most });
const anyString = fc.oneof(
  fc.string({ minLength: 1, maxLength: 60 }),
  fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }),
  fc.string({ minLength: 200, maxLength: 256, unit: "binary" }),
  units(20).map((codes) => String.fromCharCode(...codes)), // lone surrogates among them
  fc.constantFrom("\ufeff", "\ufeffname", "a\ufeff", "\u0000", "__proto__", "\ud800", "\udc00\ud800", "é", "e\u0301"),
);
const anyInteger = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(0, -1, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const anyBigint = fc.oneof(fc.bigInt(), fc.bigInt({ min: -(2n ** 600n), max: 2n ** 600n }), fc.constantFrom(0n, -1n));
const anyKey: fc.Arbitrary<Key> = fc.oneof(anyString, anyInteger, anyBigint);

/** A key that no other type's key equals; −0 is 0. */
function identity(key: Key): string {
  return `${typeof key} ${typeof key === "number" ? key + 0 : key}`;
}

/** Adds the keys one by one and expects each to be found by get, search and listing, and nothing else. */
function expectRoundTrip(space: CoreSpace, keys: Key[]): void {
  const wanted = new Map<string, number>();
  for (const [i, key] of keys.entries()) {
    space.add(key, [i, 1, 0, 0]);
    wanted.set(identity(key), i);
  }
  for (const key of keys) expect(space.get(key)?.[0]).toBe(wanted.get(identity(key))!);
  const found = space.search([0, 0, 0, 0], keys.length + 5).map((hit) => identity(hit.key));
  expect(found.toSorted()).toEqual([...wanted.keys()].toSorted());
  expect(space.keys().map(identity).toSorted()).toEqual([...wanted.keys()].toSorted());
}

describe("keys", async () => {
  const seat = await partition({ dimensions: 4 });
  let made = 0;
  const inFreshSpace = (use: (space: CoreSpace) => void) => {
    const space = new CoreSpace(seat, `space ${made++}`);
    use(space);
    space.drop();
  };
  const roundTrip = (key: fc.Arbitrary<Key>) =>
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 30 }), (keys) => {
        inFreshSpace((space) => expectRoundTrip(space, keys));
      }),
      { seed: SEED, numRuns: RUNS },
    );

  test("strings come back as they went in", () => roundTrip(anyString));
  test("integers come back as they went in", () => roundTrip(anyInteger));
  test("bigints come back as they went in", () => roundTrip(anyBigint));
  test("keys of all types live side by side", () => roundTrip(anyKey));

  test("1, '1', 1n and −1 are four keys", () => {
    inFreshSpace((space) => {
      const keys: Key[] = [1, "1", 1n, -1, -1n, "-1"];
      expectRoundTrip(space, keys);
      expect(space.remove(1)).toBe(true);
      expect(keys.map((key) => space.get(key)?.[0])).toEqual([undefined, 1, 2, 3, 4, 5]);
    });
  });

  test("a key of the most bytes is taken, one byte more is refused and changes nothing", () => {
    const refused = [
      "x".repeat(MAX_KEY_BYTES + 1),
      "é".repeat(MAX_KEY_BYTES / 2 + 1),
      "\ud800".repeat(MAX_KEY_BYTES / 2 + 1),
      2n ** BigInt(8 * (MAX_KEY_BYTES - 1)),
      "",
      0.5,
      2 ** 53,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ];
    inFreshSpace((space) => {
      const largest = ["x".repeat(MAX_KEY_BYTES), "é".repeat(MAX_KEY_BYTES / 2), "\ud800".repeat(MAX_KEY_BYTES / 2)];
      expectRoundTrip(space, [...largest, 2n ** BigInt(8 * (MAX_KEY_BYTES - 1)) - 1n]);
      for (const key of refused) {
        let code = "";
        try {
          space.tryAdd(key, [0, 0, 0, 0]);
        } catch (error) {
          code = (error as HnswError).code;
        }
        expect(`${typeof key} ${code}`).toBe(`${typeof key} BAD_KEY`);
      }
      expect(space.figures().live).toBe(4);
    });
  });

  test("what is not a key at all is refused", () => {
    for (const key of [null, undefined, true, {}, [], Symbol("x"), () => 1]) {
      expect(() => seat.putKey(key as unknown as Key)).toThrow(HnswError);
    }
  });
});

test("200,000 keys through all growth of the table", async () => {
  const space = new CoreSpace(await partition({ dimensions: 1, flatBelow: 1e9 }), "many");
  const keyOf = (i: number): Key => (i % 3 === 0 ? `key ${i}` : i % 3 === 1 ? i : BigInt(-i));
  const count = 200_000;
  for (let i = 0; i < count; i++) space.add(keyOf(i), [i]);
  expect(space.figures().live).toBe(count);
  let wrong = 0;
  for (let i = 0; i < count; i++) if (space.get(keyOf(i))?.[0] !== i) wrong++;
  expect(wrong).toBe(0);
  expect(space.get("absent")).toBeUndefined();
  expect(space.get(count * 3 + 1)).toBeUndefined();
  space.expectWhole("200,000 keys");
});
