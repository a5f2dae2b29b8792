/* Which rate of searches has a curve of recall and rates at a recall between its points? */
import { describe, expect, test } from "bun:test";
import { rateAtRecall } from "../../bench/kit/curve.ts";

describe("a rate at equal recall", () => {
  const curve = [
    { recall: 0.9, searchesPerSecond: 1000 },
    { recall: 0.96, searchesPerSecond: 500 },
    { recall: 0.98, searchesPerSecond: 250 },
  ];

  test("is read off between two points, by the time of a search", () => {
    expect(rateAtRecall(curve, 0.9)).toBe(1000);
    expect(rateAtRecall(curve, 0.93)).toBeCloseTo(1 / 0.0015, 6);
    expect(rateAtRecall(curve.toReversed(), 0.97)).toBeCloseTo(1 / 0.003, 6);
    expect(rateAtRecall(curve, 0.98)).toBe(250);
  });

  test("is not made up beyond what was measured", () => {
    expect(rateAtRecall(curve, 0.89)).toBeNull();
    expect(rateAtRecall(curve, 0.99)).toBeNull();
    expect(rateAtRecall([], 0.9)).toBeNull();
  });
});
