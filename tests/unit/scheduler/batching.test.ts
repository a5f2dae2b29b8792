/* Is a batch small at low depth, large at high depth, smooth between, and never older than its latency target? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BatchingPolicy, batchSize, DEFAULT_BATCHING, load } from "../../../src/scheduler/batching.ts";

const SEED = 815;
const UNKNOWN_COST = 0;

const somePolicy: fc.Arbitrary<BatchingPolicy> = fc
  .record({
    min: fc.integer({ min: 1, max: 200 }),
    more: fc.nat(2000),
    lowDepth: fc.integer({ min: 1, max: 5000 }),
    deeper: fc.integer({ min: 1, max: 20_000 }),
    latencyMsLow: fc.integer({ min: 1, max: 50 }),
    later: fc.nat(500),
  })
  .map(({ min, more, lowDepth, deeper, latencyMsLow, later }) => ({
    ...{ min, max: min + more, lowDepth, highDepth: lowDepth + deeper },
    ...{ latencyMsLow, latencyMsHigh: latencyMsLow + later, bulk: 500 },
  }));
const someDepth = fc.nat(50_000);

describe("the default policy", () => {
  const size = (depth: number) => batchSize(depth, UNKNOWN_COST, DEFAULT_BATCHING);

  test("takes 10 while under 100 wait", () => {
    for (const depth of [0, 1, 10, 99, 100]) expect(size(depth), `depth ${depth}`).toBe(10);
  });

  test("takes 500 once over 1,000 wait", () => {
    for (const depth of [1000, 1001, 5000, 1e6, 2 ** 32 - 1]) expect(size(depth), `depth ${depth}`).toBe(500);
  });

  test("grows without a jump between them", () => {
    for (let depth = 101; depth <= 1000; depth++) {
      const step = size(depth) - size(depth - 1);
      expect(step, `depth ${depth}`).toBeWithin(0, 4);
    }
    expect(size(316)).toBeWithin(65, 76); // half way on a logarithmic scale: √(10 × 500)
  });

  test("keeps within 10 ms at low load and 100 ms at high load", () => {
    expect(batchSize(50, 2, DEFAULT_BATCHING)).toBe(5);
    expect(batchSize(5000, 2, DEFAULT_BATCHING)).toBe(50);
    expect(batchSize(5000, 0.01, DEFAULT_BATCHING)).toBe(500);
    expect(batchSize(50, 1000, DEFAULT_BATCHING)).toBe(1);
  });
});

describe("any policy", () => {
  test("is within its limits, a whole number, and at least 1", () => {
    fc.assert(
      fc.property(somePolicy, someDepth, fc.double({ min: 0, max: 100, noNaN: true }), (policy, depth, msPerOp) => {
        const size = batchSize(depth, msPerOp, policy);
        expect(Number.isInteger(size)).toBe(true);
        expect(size).toBeWithin(1, policy.max + 1);
        if (depth <= policy.lowDepth) expect(size).toBeLessThanOrEqual(policy.min);
      }),
      { seed: SEED },
    );
  });

  test("never shrinks as more waits", () => {
    fc.assert(
      fc.property(somePolicy, someDepth, fc.nat(5000), (policy, depth, more) => {
        expect(batchSize(depth + more, UNKNOWN_COST, policy)).toBeGreaterThanOrEqual(
          batchSize(depth, UNKNOWN_COST, policy),
        );
        expect(load(depth + more, policy)).toBeGreaterThanOrEqual(load(depth, policy));
      }),
      { seed: SEED },
    );
  });

  test("never takes more than the latency target of its load allows, but for a single op", () => {
    fc.assert(
      fc.property(somePolicy, someDepth, fc.double({ min: 0.001, max: 100, noNaN: true }), (policy, depth, msPerOp) => {
        const size = batchSize(depth, msPerOp, policy);
        if (size > 1) expect(size * msPerOp).toBeLessThanOrEqual(policy.latencyMsHigh + 1e-9);
        if (size > 1 && depth <= policy.lowDepth) {
          expect(size * msPerOp).toBeLessThanOrEqual(policy.latencyMsLow + 1e-9);
        }
      }),
      { seed: SEED },
    );
  });
});
