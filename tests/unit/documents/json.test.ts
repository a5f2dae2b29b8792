/* Is a document what JSON keeps, and refused by the path of what JSON would drop or alter? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ownCopy } from "../../../src/documents/json.ts";
import { HnswError } from "../../../src/errors.ts";

const LIMIT = 65536;

function refusal(value: unknown, limit = LIMIT): string {
  try {
    ownCopy(value, limit);
  } catch (error) {
    if (error instanceof HnswError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "taken";
}

test("every JSON value comes back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const copy = ownCopy(value, LIMIT);
      expect(copy).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("a property that is undefined counts as absent; −0 is 0; `__proto__` is a property like any other", () => {
  expect(Object.keys(ownCopy({ a: undefined, b: 1 }, LIMIT) as object)).toEqual(["b"]);
  expect(Object.is(ownCopy(-0, LIMIT), 0)).toBe(true);
  const hostile = JSON.parse('{"__proto__": {"polluted": true}}');
  const copy = ownCopy(hostile, LIMIT) as Record<string, unknown>;
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test("each property is read once", () => {
  let reads = 0;
  const moody = {
    get a() {
      return ++reads === 1 ? "first" : 5n;
    },
  };
  expect(ownCopy(moody, LIMIT)).toEqual({ a: "first" });
  expect(reads).toBe(1);
});

const circle: Record<string, unknown> = { a: {} };
(circle.a as Record<string, unknown>).b = [circle];
const deep = Array.from({ length: 80 }).reduce<unknown>((inner) => [inner], 1);
const withProperty = Object.assign([1], { extra: 2 });
class Note {
  text = "a";
}

describe.each<[what: string, value: unknown, says: RegExp]>([
  ["a function", { a: { b: [1, () => 2] } }, /`metadata\.a\.b\[1\]` is a function, which JSON drops/],
  ["a symbol", Symbol("a"), /`metadata` is a symbol, which JSON drops/],
  ["undefined", undefined, /`metadata` is undefined/],
  ["undefined in an array", { tags: ["a", undefined] }, /`metadata\.tags\[1\]` is undefined/],
  ["a hole", { tags: new Array(2) }, /`metadata\.tags\[0\]` is undefined/],
  ["NaN", { "a b": { c: Number.NaN } }, /`metadata\["a b"\]\.c` is NaN, which JSON can't say/],
  ["an infinity", [Number.NEGATIVE_INFINITY], /`metadata\[0\]` is -Infinity/],
  ["a bigint", { id: 5n }, /`metadata\.id` is a bigint, .* make it a string/],
  ["a date", { at: new Date(0) }, /`metadata\.at` is a Date, which JSON alters: give `toISOString\(\)`/],
  ["a map", { m: new Map() }, /`metadata\.m` is a Map, which JSON alters/],
  ["a typed array", new Float32Array(2), /`metadata` is a Float32Array/],
  ["an instance of a class", { note: new Note() }, /`metadata\.note` is a Note, .* a plain object/],
  ["a name that is a symbol", { a: { [Symbol("x")]: 1 } }, /`metadata\.a` has a symbol as a name/],
  ["an array with properties", { list: withProperty }, /`metadata\.list` is an array with properties/],
  ["a circle", circle, /`metadata\.a\.b\[0\]` contains itself/],
  ["too many levels", deep, /.*lies deeper than 64 levels/],
])("refused is %s", (_, value, says) => {
  test("by its path", () => expect(refusal(value)).toMatch(new RegExp(`^BAD_METADATA: ${says.source}`)));
});

test("what can't fit is refused before it is copied as a whole", () => {
  let twice: unknown = "x".repeat(100);
  for (let i = 0; i < 60; i++) twice = [twice, twice]; // 2^60 texts if it were written out
  expect(refusal(twice)).toMatch(/^DOCUMENT_TOO_LARGE: .*65536 bytes.*`maxDocumentBytes`/);
  expect(refusal("x".repeat(101), 100)).toMatch(/^DOCUMENT_TOO_LARGE/);
});
