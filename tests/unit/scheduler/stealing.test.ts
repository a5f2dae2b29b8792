/* Does an idle worker take half from the busiest that has more than the threshold, no more than it can link in time, and
 * never from itself? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseVictim, DEFAULT_STEALING, type StealingPolicy, stealSize } from "../../../src/scheduler/stealing.ts";

const SEED = 1999;

const somePolicy: fc.Arbitrary<StealingPolicy> = fc.record({
  enabled: fc.constant(true),
  threshold: fc.nat(5000),
  fraction: fc.double({ min: 0.01, max: 1, noNaN: true }),
  latencyMs: fc.integer({ min: 1, max: 60_000 }),
});
const costs = { min: 0, max: 100, noNaN: true };
const someDepths = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 64 });

describe("the default policy", () => {
  test("steals only from more than 250", () => {
    expect(chooseVictim(0, [0, 250], DEFAULT_STEALING)).toBe(-1);
    expect(chooseVictim(0, [0, 251], DEFAULT_STEALING)).toBe(1);
  });

  test("steals from the busiest", () => {
    expect(chooseVictim(1, [2000, 0, 9000, 8999], DEFAULT_STEALING)).toBe(2);
  });

  test("steals half", () => {
    expect(stealSize(301, 0.05, DEFAULT_STEALING)).toBe(150);
    expect(stealSize(9000, 0.001, DEFAULT_STEALING)).toBe(4500);
  });

  test("steals no more than the thief links in 20 ms", () => {
    expect(stealSize(9000, 0.05, DEFAULT_STEALING)).toBe(400);
    expect(stealSize(9000, 30, DEFAULT_STEALING)).toBe(1);
  });

  test("without a cost that it knows a thief does not take half of a long queue", () => {
    expect(stealSize(1_000_000, 0, DEFAULT_STEALING)).toBe(400);
  });

  test("never steals from itself, and alone has no victim", () => {
    expect(chooseVictim(0, [50_000, 10], DEFAULT_STEALING)).toBe(-1);
    expect(chooseVictim(0, [50_000], DEFAULT_STEALING)).toBe(-1);
  });
});

test("with a threshold of 1,000 and any time it is the source's: half, only from more than that", () => {
  const policy = { ...DEFAULT_STEALING, threshold: 1000, latencyMs: 60_000 };
  expect(chooseVictim(0, [0, 1000], policy)).toBe(-1);
  expect(chooseVictim(0, [0, 1001], policy)).toBe(1);
  expect(stealSize(1001, 0.05, policy)).toBe(500);
  expect(stealSize(90_000, 0.5, policy)).toBe(45_000);
});

test("disabled, there is no victim", () => {
  const never = { ...DEFAULT_STEALING, enabled: false, threshold: 0 };
  expect(chooseVictim(0, [0, 1_000_000], never)).toBe(-1);
});

describe("any policy", () => {
  test("chooses the deepest other queue above the threshold, or none where none is that deep", () => {
    fc.assert(
      fc.property(somePolicy, someDepths, fc.nat(63), (policy, depths, some) => {
        const thief = some % depths.length;
        const victim = chooseVictim(thief, depths, policy);
        const others = depths.filter((_, worker) => worker !== thief);
        const deepest = Math.max(-1, ...others);
        if (deepest <= policy.threshold) {
          expect(victim).toBe(-1);
        } else {
          expect(victim).not.toBe(thief);
          expect(depths[victim]).toBe(deepest);
        }
      }),
      { seed: SEED },
    );
  });

  test("takes at least one op and never more than there are", () => {
    fc.assert(
      fc.property(somePolicy, fc.integer({ min: 1, max: 1_000_000 }), fc.double(costs), (policy, depth, msPerOp) => {
        const size = stealSize(depth, msPerOp, policy);
        expect(Number.isInteger(size)).toBe(true);
        expect(size).toBeWithin(1, depth + 1);
        expect(size).toBeLessThanOrEqual(Math.max(1, depth * policy.fraction));
        if (msPerOp > 0) expect((size - 1) * msPerOp).toBeLessThanOrEqual(policy.latencyMs);
      }),
      { seed: SEED },
    );
  });
});
