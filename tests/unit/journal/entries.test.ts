/* Is a payload of the journal read as what was written, and refused where it makes no sense? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  J_BYTES,
  J_HEADER,
  J_KEY,
  J_KIND,
  J_SPACE,
  JOURNAL_ADD,
  JOURNAL_CREATE,
  JOURNAL_DELETE,
  JOURNAL_DROP,
} from "../../../assembly/layout.ts";
import { entriesOf } from "../../../src/journal/entries.ts";
import { decodeKey, encodeKey, type Key } from "../../../src/values/keys.ts";

const DIMENSIONS = 3;

interface Op {
  kind: number;
  space: number;
  key: Key;
  vector: number[];
}

/** As assembly/journal/ring.ts writes it. */
function written(ops: Op[]): Uint8Array {
  const parts = ops.map(({ kind, space, key, vector }) => {
    const bytes = new Uint8Array(2048);
    const start = J_HEADER + (kind === JOURNAL_ADD ? 4 * DIMENSIONS : 0);
    const header = kind === JOURNAL_DROP ? 0 : encodeKey(key, bytes, start);
    const length = start + (((header & 0xffffff) + 3) & ~3);
    const words = new DataView(bytes.buffer);
    for (const [at, word] of [
      [J_BYTES, length],
      [J_KIND, kind],
      [J_SPACE, space],
      [J_KEY, header],
    ] as const) {
      words.setUint32(at, word, true);
    }
    if (kind === JOURNAL_ADD) vector.forEach((x, i) => void words.setFloat32(J_HEADER + 4 * i, x, true));
    return bytes.subarray(0, length);
  });
  return new Uint8Array(Buffer.concat(parts));
}

const someOp: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom(JOURNAL_ADD, JOURNAL_DELETE, JOURNAL_CREATE, JOURNAL_DROP),
  space: fc.nat(),
  key: fc.oneof(fc.string({ minLength: 1, maxLength: 40 }), fc.maxSafeInteger(), fc.bigInt()),
  vector: fc.array(fc.float({ noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS }),
});

test("entries come back in their order", () => {
  fc.assert(
    fc.property(fc.array(someOp, { maxLength: 20 }), (ops) => {
      const read = Array.from(entriesOf(written(ops), DIMENSIONS), ({ kind, space, header, vector, key }) => ({
        ...{ kind, space },
        key: header === 0 ? undefined : decodeKey(header, key, 0),
        vector: [...new Float32Array(vector.slice().buffer)],
      }));
      expect(read).toEqual(
        ops.map(({ kind, space, key, vector }) => ({
          ...{ kind, space },
          key: kind === JOURNAL_DROP ? undefined : typeof key === "number" ? key + 0 : key,
          vector: kind === JOURNAL_ADD ? vector : [],
        })),
      );
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("a payload that is cut off, or whose lengths do not fit, is refused with its place", () => {
  const payload = written([
    { kind: JOURNAL_DELETE, space: 0, key: "first", vector: [] },
    { kind: JOURNAL_ADD, space: 0, key: "second", vector: [1, 2, 3] },
  ]);
  const [first] = entriesOf(payload, DIMENSIONS);
  const second = J_HEADER + ((first!.key.length + 3) & ~3);
  const all = (bytes: Uint8Array, dimensions = DIMENSIONS) => [...entriesOf(bytes, dimensions)];
  expect(() => all(payload.subarray(0, second + 4))).toThrow(`cut off at byte ${second}`);
  expect(() => all(payload.subarray(0, payload.length - 4))).toThrow(`at byte ${second} makes no sense`);
  expect(() => all(payload, DIMENSIONS + 1)).toThrow(`at byte ${second} makes no sense`);
  const unknown = payload.slice();
  unknown[J_KIND] = 99;
  expect(() => all(unknown)).toThrow("at byte 0 makes no sense");
});
