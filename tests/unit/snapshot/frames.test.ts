/* Do frames come out of a stream as they went in, however it is cut, and is every change noticed? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { F_BYTES, F_HEADER, F_KIND } from "../../../assembly/layout.ts";
import {
  BadFrame,
  CHECKSUM_BYTES,
  checkFrame,
  FrameSplitter,
  kindOf,
  LARGEST_BODY,
  ownHash,
  putFrame,
} from "../../../src/snapshot/frames.ts";

const hash = ownHash!;

function bodyOf(bytes: number, kind: number): Uint8Array {
  const body = new Uint8Array(bytes);
  for (let i = F_HEADER; i < bytes; i++) body[i] = (i * 31 + kind) & 255;
  const words = new DataView(body.buffer);
  words.setUint32(F_BYTES, bytes, true);
  words.setUint32(F_KIND, kind, true);
  return body;
}

function streamOf(bodies: Uint8Array[]): Uint8Array {
  const stream = new Uint8Array(bodies.reduce((sum, { length }) => sum + length + CHECKSUM_BYTES, 0));
  let at = 0;
  for (const body of bodies) {
    putFrame(body, hash, stream, at);
    at += body.length + CHECKSUM_BYTES;
  }
  return stream;
}

/** Every body of a stream that comes in pieces of these lengths, again and again, checked. */
function read(stream: Uint8Array, lengths: number[]): Uint8Array[] {
  const splitter = new FrameSplitter();
  const bodies: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const end = at + lengths[i % lengths.length]!;
    for (const frame of splitter.push(stream.subarray(at, end))) {
      checkFrame(frame, hash);
      bodies.push(frame.body.slice());
    }
    at = end;
  }
  expect(splitter.isBetweenFrames).toBe(true);
  return bodies;
}

const someBody = fc
  .tuple(fc.oneof(fc.nat(40), fc.constant((LARGEST_BODY - F_HEADER) / 8)), fc.nat(9))
  .map(([eights, kind]) => bodyOf(Math.ceil(F_HEADER / 8) * 8 + Math.min(eights * 8, LARGEST_BODY - 16), kind));

test("frames come out as they went in, whatever the chunks", () => {
  fc.assert(
    fc.property(
      fc.array(someBody, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }),
      (bodies, lengths) => expect(read(streamOf(bodies), lengths)).toEqual(bodies),
    ),
    { seed: 5, numRuns: 60 },
  );
});

test("any changed bit of a frame is a BadFrame", () => {
  const stream = streamOf([bodyOf(64, 2)]);
  for (let bit = 0; bit < stream.length * 8; bit++) {
    const changed = stream.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const readAll = () => {
      const splitter = new FrameSplitter();
      for (const frame of splitter.push(changed)) checkFrame(frame, hash);
      if (!splitter.isBetweenFrames) throw new BadFrame("cut off");
    };
    expect(readAll, `bit ${bit}`).toThrow(BadFrame);
  }
});

test("a frame that is not complete is waited for", () => {
  const stream = streamOf([bodyOf(64, 1), bodyOf(64, 2)]);
  const splitter = new FrameSplitter();
  expect([...splitter.push(stream.subarray(0, 100))].map(({ body }) => kindOf(body))).toEqual([1]);
  expect(splitter.isBetweenFrames).toBe(false);
  expect([...splitter.push(stream.subarray(100))].map(({ body }) => kindOf(body))).toEqual([2]);
});
