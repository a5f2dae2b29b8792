/* Does an op come back from its bytes as it was, and is everything else refused? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Malformed } from "../../../../src/cluster/ops/byte-reader.ts";
import { decodeOps, encodeOp, NewerOp } from "../../../../src/cluster/ops/codec.ts";
import type { Op } from "../../../../src/cluster/ops/op.ts";
import { FIELD_TYPES } from "../../../../src/documents/fields.ts";
import type { Key } from "../../../../src/values/keys.ts";

const DIMENSIONS = 5;
const keys = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: "binary" }),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.constant("\ud800"),
) as fc.Arbitrary<Key>;
const spaces = fc.string({ minLength: 1, maxLength: 40, unit: "binary" });
const texts = fc.json();
const expiries = fc.option(fc.integer({ min: 0, max: 8e15 }), { nil: null });
const changes = fc.record({
  patch: fc
    .uniqueArray(fc.tuple(fc.string(), fc.option(fc.integer(), { nil: undefined })), { selector: ([name]) => name })
    .map((patch) => patch.filter(([name]) => !/^\d+$/.test(name))) // such properties come first in any object
    .map((patch) => [
      ...patch.filter(([, value]) => value !== undefined),
      ...patch.filter(([, value]) => value === undefined),
    ]),
  expiresAt: fc.option(expiries, { nil: undefined }),
});
const vectors = fc.float32Array({ minLength: DIMENSIONS, maxLength: DIMENSIONS, noNaN: true });
const ops = fc.oneof(
  fc.record({
    ...{ kind: fc.constant("add" as const), space: spaces, key: keys, expiresAt: expiries },
    ...{ vector: fc.option(vectors, { nil: null }), document: fc.option(texts, { nil: null }) },
  }),
  fc.tuple(spaces, keys, changes).map(([space, key, change]) => ({ kind: "update" as const, space, key, ...change })),
  fc
    .tuple(spaces, texts, changes)
    .map(([space, where, change]) => ({ kind: "updateWhere" as const, space, where, ...change })),
  fc.record({ kind: fc.constant("delete" as const), space: spaces, key: keys }),
  fc.record({ kind: fc.constant("deleteWhere" as const), space: spaces, where: texts }),
  fc.record({ kind: fc.constant("dropSpace" as const), space: spaces }),
  fc.record({ kind: fc.constant("addField" as const), name: spaces, type: fc.constantFrom(...FIELD_TYPES) }),
) as fc.Arbitrary<Op>;

function joined(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

test("ops of every kind come back as they were, one after the other", () => {
  fc.assert(
    fc.property(fc.array(ops, { maxLength: 8 }), (given) => {
      const bytes = joined(given.map(encodeOp));
      expect(decodeOps(bytes, given.length, DIMENSIONS)).toEqual(given);
      expect(decodeOps(Buffer.from(bytes), given.length, DIMENSIONS)).toEqual(given); // as a socket gives them
    }),
    { numRuns: 400 },
  );
});

describe("refused is", () => {
  const op = encodeOp({
    kind: "add",
    space: "s",
    key: "k",
    vector: new Float32Array(DIMENSIONS),
    document: "{}",
    expiresAt: 7,
  });

  test("an op that is cut off anywhere, or longer than it says", () => {
    for (let length = 1; length < op.length; length++) {
      expect(() => decodeOps(op.subarray(0, length), 1, DIMENSIONS)).toThrow(Malformed);
    }
    expect(() => decodeOps(joined([op, new Uint8Array(4)]), 1, DIMENSIONS)).toThrow(Malformed);
  });

  test("another number of ops, and vectors of other dimensions", () => {
    expect(() => decodeOps(op, 2, DIMENSIONS)).toThrow(Malformed);
    expect(() => decodeOps(op, 1, DIMENSIONS - 1)).toThrow(Malformed);
    expect(() => decodeOps(op, 1, DIMENSIONS + 1)).toThrow(Malformed);
  });

  test("a kind that only a newer version knows, as such", () => {
    const newer = op.slice();
    newer[4] = 7;
    expect(() => decodeOps(newer, 1, DIMENSIONS)).toThrow(NewerOp);
  });

  test("any changed byte gives an op or one of these two refusals, and no other error", () => {
    fc.assert(
      fc.property(ops, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, by) => {
        const bytes = encodeOp(given);
        bytes[at % bytes.length]! ^= by;
        try {
          expect(decodeOps(bytes, 1, DIMENSIONS)).toHaveLength(1);
        } catch (error) {
          expect(error instanceof Malformed || error instanceof NewerOp).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
