/* Do percentiles of latencies lie where the values are, whatever these are? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Latencies } from "../../../src/values/latencies.ts";

const STEP = Math.SQRT2 + 1e-9;

test("a percentile is at least the value, and at most a bucket more", () => {
  const ms = fc.double({ min: 0.001, max: 60_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(ms, { minLength: 1, maxLength: 200 }), (values) => {
      const latencies = new Latencies();
      for (const value of values) latencies.add(value);
      const { count, meanMs, maxMs, ...shares } = Latencies.report([latencies]);
      const sorted = values.toSorted((a, b) => a - b);
      expect(count).toBe(values.length);
      expect(maxMs).toBe(sorted.at(-1)!);
      expect(meanMs).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / values.length, 6);
      for (const [share, found] of [
        [0.5, shares.p50Ms],
        [0.9, shares.p90Ms],
        [0.99, shares.p99Ms],
      ] as const) {
        const value = sorted[Math.ceil(values.length * share) - 1]!;
        expect(found).toBeGreaterThanOrEqual(value);
        expect(found).toBeLessThanOrEqual(Math.min(maxMs, value * STEP));
      }
    }),
  );
});

test("what is shorter or longer than any bucket is counted, and several are reported as one", () => {
  const [one, other] = [new Latencies(), new Latencies()];
  one.add(0);
  one.add(1e9, 2);
  other.add(1, 7);
  const { count, p50Ms, maxMs } = Latencies.report([one, other]);
  expect({ count, p50Ms, maxMs }).toEqual({ count: 10, p50Ms: expect.any(Number), maxMs: 1e9 });
  expect(p50Ms).toBeWithin(1, 1.42);
  expect(Latencies.report([new Latencies()])).toMatchObject({ count: 0, meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
});
