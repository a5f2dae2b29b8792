/* Are the vectors of a large addMany linked in portions that always fill, and others one by one? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isWorthBulk, portionOf, portionsOf } from "../../../src/scheduler/portions.ts";

const SEED = 377;
const MOST = 8192;
const BULK = 500;

describe("a portion", () => {
  test("is made of 500 vectors and up, of all of them while they are few", () => {
    expect(portionOf(499, 0, BULK, 16_384)).toBe(0);
    expect(portionOf(500, 0, BULK, 16_384)).toBe(500);
    expect(portionOf(MOST, 0, BULK, 16_384)).toBe(MOST);
    expect(portionOf(MOST + 1, 0, BULK, 16_384)).toBe(MOST / 2 + 1);
  });

  test("is not worth it for less than half a percent of what is linked", () => {
    expect(portionOf(500, 100_000, BULK, 16_384)).toBe(500);
    expect(portionOf(500, 100_001, BULK, 16_384)).toBe(0);
    expect(portionOf(5000, 1_000_000, BULK, 16_384)).toBe(5000);
  });

  test("needs room for two among what may wait", () => {
    expect(portionOf(2000, 0, BULK, 1200)).toBe(500);
    expect(portionOf(2000, 0, BULK, 998)).toBe(0);
  });

  test("fits, and all are of about the same size, whatever comes", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.nat(10_000_000),
      fc.integer({ min: 16, max: 5000 }),
      fc.integer({ min: 64, max: 1_000_000 }),
      (count, linked, from, maxPending) => {
        const portion = portionOf(count, linked, from, maxPending);
        if (portion === 0) return;
        expect(count).toBeGreaterThanOrEqual(from);
        expect(portion).toBeLessThanOrEqual(Math.min(MOST, maxPending / 2, count));
        const last = count - Math.floor((count - 1) / portion) * portion;
        expect(portion - last).toBeLessThanOrEqual(Math.ceil(count / portion));
      },
    );
    fc.assert(property, { seed: SEED });
  });
});

test("what becomes work at once makes portions of a quarter of what may wait at most", () => {
  expect(portionsOf(BULK, 16_384)).toEqual({ from: 500, most: 4096 });
  expect(portionsOf(BULK, 1_000_000)).toEqual({ from: 500, most: MOST });
  expect(portionsOf(BULK, 1999)).toBeNull();
});

test("a portion is linked as a whole unless sixteen others are idle that could help to link its vectors one by one", () => {
  expect([0, 1, 15, 16].map((idle) => isWorthBulk(idle, true))).toEqual([true, true, true, false]);
  expect(isWorthBulk(63, false)).toBe(true);
});
