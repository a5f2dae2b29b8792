/* Does the core take the keys that src/values/keys.ts can have encoded, and no others? */
import { expect, test } from "bun:test";
import {
  E_BROKEN,
  F_BYTES,
  F_HEADER,
  FRAME_SLOTS,
  OK,
  R_HEADER,
  R_KEY,
  TAG_BIGINT,
  TAG_INTEGER,
  TAG_UTF8,
  TAG_UTF16,
} from "../../../assembly/layout.ts";
import { kindOf } from "../../../src/snapshot/frames.ts";
import { encodeKey, isEncodedKey, type Key } from "../../../src/values/keys.ts";
import { random } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";
import { load, SEED, snapshotOf } from "./snapshots.ts";

const settings = { dimensions: 1, metric: "l2", flatBelow: 100 } as const;

async function examiner() {
  const space = new CoreSpace(await partition(settings, "debug"), "s");
  space.add("key", [1]);
  const frames = snapshotOf(space);
  const seat = await partition(settings, "debug");
  const slots = frames.findIndex((frame) => kindOf(frame) === FRAME_SLOTS);
  /** Whether a snapshot is taken with these bytes for its only key. */
  return (header: number, key: Uint8Array): boolean => {
    const bytes = F_HEADER + R_HEADER + 4;
    const frame = new Uint8Array((bytes + key.length + 7) & ~7).fill(0xff);
    frame.set(frames[slots]!.subarray(0, bytes));
    frame.set(key, bytes);
    const words = new DataView(frame.buffer);
    words.setUint32(F_BYTES, frame.length, true);
    words.setUint32(F_HEADER + R_KEY, header, true);
    const status = load(seat, frames.with(slots, frame));
    if (status !== OK) expect(status).toBe(E_BROKEN);
    expect(seat.core.dropSpace(seat.infoAt(0), seat.infoAt(1))).toBe(OK);
    return status === OK;
  };
}

test("what encodeKey writes", async () => {
  const takes = await examiner();
  const keys: Key[] = ["a", "ü€😀", "\ud800", "a\udc00b", "\udbff\udbff", "\u{10ffff}", "\u0000", "x".repeat(1024)];
  keys.push(0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 0n, -1n, 255n, 256n, -(2n ** 8000n));
  const bytes = new Uint8Array(2048);
  for (const key of keys) {
    const header = encodeKey(key, bytes, 0);
    expect([key, takes(header, bytes.subarray(0, header & 0xffffff))]).toEqual([key, true]);
  }
});

test("any bytes: the same verdict as in JavaScript", async () => {
  const takes = await examiner();
  const { below } = random(SEED);
  const telling = [0, 1, 2, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xd8, 0xdc, 0xdf, 0xe0, 0xed, 0xf0, 0xf4, 0xff];
  let taken = 0;
  for (let round = 0; round < 6000; round++) {
    const length = below(3) === 0 ? 8 : below(12);
    const key = Uint8Array.from({ length }, () => (below(2) === 0 ? telling[below(telling.length)]! : below(128)));
    const header = [0, TAG_UTF8, TAG_INTEGER, TAG_BIGINT, TAG_UTF16, 5, 255][below(7)]! * 2 ** 24 + length;
    const verdict = takes(header, key);
    expect([header, [...key], verdict, `seed ${SEED}`]).toEqual([
      header,
      [...key],
      isEncodedKey(header, key),
      `seed ${SEED}`,
    ]);
    if (verdict) taken++;
  }
  expect(taken).toBeGreaterThan(200);
});
