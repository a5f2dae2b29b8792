/* Which ef is chosen from a curve, and from the table where there is none? */
import { describe, expect, test } from "bun:test";
import { choose, EXACT_EF, efOn, KS, type Measured, recallAt, type Step } from "../../../src/recall/curve.ts";

/** A step where that share is found for every k; without an error, so that the figures are easy to follow. */
const step = (ef: number, recall: number): Step => ({
  ef,
  recall: KS.map((k) => (k > ef ? 0 : recall)),
  error: [0, 0, 0],
  ofSearches: 0,
});

const CURVE = [step(64, 0.9), step(128, 0.94), step(256, 0.96), step(512, 0.99)];
const measured = (changes: Partial<Measured> = {}): Measured => ({
  ...{ vectors: 10_000, linked: 10_000, serial: 1, stored: 300, searched: 0, goesByCodes: true, isWhole: true },
  ...{ steps: CURVE, f32: [], shares: [], ...changes },
});
const WISH = { k: 10, target: 0.95, live: 10_000, dimensions: 100 };

describe("an ef on a curve", () => {
  test("lies between the two widths whose recall encloses the target", () => {
    expect(efOn(CURVE, 10, 0.95)).toBeCloseTo(Math.sqrt(128 * 256), 5);
    expect(efOn(CURVE, 10, 0.96)).toBeCloseTo(256, 5);
  });

  test("is the narrowest one where that is enough, and none where nothing is", () => {
    expect(efOn(CURVE, 10, 0.8)).toBe(64);
    expect(efOn(CURVE, 10, 0.995)).toBeNull();
  });

  test("leaves out widths below k, and grows with k beyond what was measured", () => {
    expect(efOn(CURVE, 100, 0.8)).toBe(128);
    expect(efOn(CURVE, 400, 0.8)).toBe(512);
  });

  test("is wider where the measurement is uncertain", () => {
    const uncertain = CURVE.map((one) => ({ ...one, error: [0.01, 0.01, 0.01] }));
    expect(efOn(uncertain, 10, 0.95)!).toBeGreaterThan(efOn(CURVE, 10, 0.95)!);
  });

  test("is not misled by a step that found less than a narrower one", () => {
    const dented = [step(64, 0.94), step(128, 0.93), step(256, 0.97)];
    expect(efOn(dented, 10, 0.95)!).toBeWithin(128, 257);
  });
});

describe("a choice", () => {
  test("is never below 64, nor below k", () => {
    expect(choose(measured(), { ...WISH, target: 0.5 })).toEqual({ ef: 64, inF32: false });
    expect(choose(measured(), { ...WISH, target: 0.5, k: 300 }).ef).toBeGreaterThanOrEqual(300);
    expect(choose(null, { ...WISH, live: 10, target: 0.5 }).ef).toBe(64);
  });

  test("goes by f32 where codes never reach the target, and scans where that doesn't either", () => {
    const hard = measured({ steps: [step(64, 0.5), step(4096, 0.6)], f32: [step(64, 0.97), step(128, 0.99)] });
    expect(choose(hard, WISH)).toEqual({ ef: 64, inF32: true });
    expect(choose(hard, { ...WISH, target: 0.995 })).toEqual({ ef: EXACT_EF, inF32: false });
  });

  test("goes beyond a curve that ended since hardly anything was missed, or its time was over, and scans if that is too wide", () => {
    const good = measured({ steps: [step(64, 0.99), step(128, 0.996)] });
    expect(choose(good, { ...WISH, target: 0.998 }).ef).toBeWithin(200, 260);
    const cut = measured({ steps: [step(64, 0.8), step(96, 0.85)], isWhole: false });
    expect(choose(cut, WISH).ef).toBeWithin(200, 300);
    expect(choose(cut, { ...WISH, target: 0.999 }).ef).toBe(EXACT_EF);
    expect(choose({ ...cut, isWhole: true }, WISH).ef).toBe(EXACT_EF);
  });

  test("is wider once the space has grown, and no narrower once it has shrunk", () => {
    const then = choose(measured(), WISH).ef;
    expect(choose(measured(), { ...WISH, live: 300_000 }).ef).toBeGreaterThan(then);
    expect(choose(measured(), { ...WISH, live: 5_000 }).ef).toBe(then);
  });

  test("among matches is as much wider as it was found to take, and for shares between two as for the smaller one", () => {
    const shares = [
      [
        { ef: 64, recall: 0.93 },
        { ef: 256, recall: 0.96 },
      ],
      [{ ef: 512, recall: 0.97 }],
      [],
      [],
      [],
    ];
    const efOf = (matches?: number) => choose(measured({ shares }), { ...WISH, matches }).ef;
    expect(efOf(10_000)).toBe(efOf());
    expect(efOf(5000)).toBe(256);
    expect([efOf(4999), efOf(2500)]).toEqual([512, 512]);
    expect(efOf(1000)).toBe(efOf()); // those are scanned
  });

  test("among matches whose recall never reached the target is twice as wide as what was measured", () => {
    const shares = [[{ ef: 512, recall: 0.9 }]];
    expect(choose(measured({ shares }), { ...WISH, matches: 5000 }).ef).toBe(1024);
  });

  test("without a measurement grows with the space, the hits and the target", () => {
    const efOf = (changes: object) => choose(null, { ...WISH, ...changes }).ef;
    expect(efOf({ live: 1_000 })).toBe(64);
    expect(efOf({ live: 1_000_000 })).toBeGreaterThan(efOf({ live: 100_000 }));
    expect(efOf({ target: 0.99 })).toBeGreaterThan(efOf({}));
    expect(efOf({ k: 100 })).toBeGreaterThan(efOf({}));
  });
});

test("recall is read off at any ef", () => {
  expect(recallAt(CURVE, 1, 64).recall).toBeCloseTo(0.9);
  expect(recallAt(CURVE, 1, Math.sqrt(128 * 256)).recall).toBeCloseTo(0.95);
  expect(recallAt(CURVE, 1, 4096).recall).toBeCloseTo(0.99);
  expect(recallAt(CURVE, 2, 64).recall).toBeCloseTo(0.9 + 0.04 * Math.log2(100 / 64), 1); // for 100 hits ef is 100
});
