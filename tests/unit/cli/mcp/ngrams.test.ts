import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { embedNgrams } from "../../../../src/cli/mcp/ngrams.ts";

const DIMENSIONS = 512;

function similarity(a: string, b: string): number {
  const [left, right] = [embedNgrams(a, DIMENSIONS), embedNgrams(b, DIMENSIONS)];
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

test("every text has a vector with a direction, the same each time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 64 }), (text, dimensions) => {
      const vector = embedNgrams(text, dimensions);
      expect(vector.length).toBe(dimensions);
      expect(Number.isFinite(Math.hypot(...vector)) && Math.hypot(...vector) > 0).toBe(true);
      expect(embedNgrams(text, dimensions)).toEqual(vector);
    }),
  );
});

describe("nearer than another text are", () => {
  test.each([
    ["the user likes green tea", "Which tea does the user drink?", "the server runs in Frankfurt"],
    ["deploys happen on Thursdays", "when do we deploy?", "the user likes green tea"],
    ["Zürich", "zurich", "Zambia"],
    ["東京の天気", "東京の今日の天気", "大阪の食べ物"],
  ])("%s: %s", (text, near, far) => {
    expect(similarity(text, near)).toBeGreaterThan(similarity(text, far) + 0.1);
  });
});

test("the case and the order of words do not count", () => {
  expect(similarity("Green Tea", "tea, green!")).toBeCloseTo(1, 5);
});
