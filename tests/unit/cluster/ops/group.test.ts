/* Is a message of the log known again, and is one that was changed refused? */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { encodeOp, NewerOp } from "../../../../src/cluster/ops/codec.ts";
import {
  decodeGroup,
  digestIn,
  encodeGroup,
  GROUP_OVERHEAD,
  Malformed,
  newId,
} from "../../../../src/cluster/ops/group.ts";
import type { Op } from "../../../../src/cluster/ops/op.ts";

const head = { incarnation: newId(), writer: newId(), number: 2 ** 40 };
const ops: Op[] = [
  { kind: "delete", space: "a", key: 1n },
  { kind: "add", space: "b", key: -3, vector: Float32Array.of(1, -0, 3e-40), document: null, expiresAt: null },
];
const group = encodeGroup(head, ops.map(encodeOp));

/** With a digest that fits again. */
function signed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 16;
  bytes.set(createHash("sha256").update(bytes.subarray(0, end)).digest().subarray(0, 16), end);
  return bytes;
}

test("a group comes back with its head and its ops", () => {
  expect(decodeGroup(group, 3)).toEqual({ ...head, ops });
  expect(group.length).toBe(GROUP_OVERHEAD + ops.reduce((sum, op) => sum + encodeOp(op).length, 0));
});

test("what it is known by differs from that of a group with another head", () => {
  expect(digestIn(encodeGroup(head, ops.map(encodeOp)))).toBe(digestIn(group));
  expect(digestIn(encodeGroup({ ...head, number: 7 }, ops.map(encodeOp)))).not.toBe(digestIn(group));
});

describe("refused is", () => {
  test("a group in which any bit was flipped", () => {
    for (let at = 0; at < group.length; at++) {
      const changed = group.slice();
      changed[at]! ^= 1 << (at & 7);
      expect(() => decodeGroup(changed, 3)).toThrow(Malformed);
    }
  });

  test("a group that is cut off, and a message that is none", () => {
    for (let length = 0; length < group.length; length++) {
      expect(() => decodeGroup(group.subarray(0, length), 3)).toThrow(Malformed);
    }
  });

  test("a head that makes no sense, with a digest that fits", () => {
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer);
    for (const change of [
      (bytes: Uint8Array) => view(bytes).setFloat64(40, 0.5, true),
      (bytes: Uint8Array) => view(bytes).setFloat64(40, 0, true),
      (bytes: Uint8Array) => view(bytes).setFloat64(40, Number.NaN, true),
      (bytes: Uint8Array) => view(bytes).setUint32(48, 0xffffffff, true),
      (bytes: Uint8Array) => view(bytes).setUint32(52, 0xffffffff, true),
      (bytes: Uint8Array) => view(bytes).setUint16(4, 0, true),
    ]) {
      const changed = group.slice();
      change(changed);
      expect(() => decodeGroup(signed(changed), 3)).toThrow(Malformed);
    }
  });

  test("a newer version, as such", () => {
    const newer = group.slice();
    new DataView(newer.buffer).setUint16(4, 2, true);
    expect(() => decodeGroup(signed(newer), 3)).toThrow(NewerOp);
  });
});
