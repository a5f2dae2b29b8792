/* Is growth looked at where it is said to be, and judged by what was measured? */
import { describe, expect, test } from "bun:test";
import { section } from "../../bench/experiments/scale/page.ts";
import type { VectorsStage } from "../../bench/experiments/scale/vectors.ts";
import { sizes } from "../../bench/kit/sizes.ts";
import { markdown } from "../../bench/report/markdown.ts";

test("sizes are those of the powers of ten from the first to the last, which is always one", () => {
  expect(sizes(1000, 1_000_000, [1, 3])).toEqual([1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]);
  expect(sizes(1, 100_000, [1])).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
  expect(sizes(1000, 2500, [1, 3])).toEqual([1000, 2500]);
  expect(sizes(1, 1, [1])).toEqual([1]);
});

describe("the page", () => {
  const stage = (vectors: number, rate: number, found: Partial<VectorsStage> = {}): VectorsStage => ({
    ...{ vectors, kind: "graph", insertsPerSecond: rate, searchesPerSecond: rate, bytesPerVector: 1000, recall: 0.97 },
    ...{ equalSearchesPerSecond: rate, ...found },
  });
  const spaces = [1, 100_000].map((count) => ({
    ...{ spaces: count, insertsPerSecond: 100, bytesPerSpace: 10, searchesPerSecond: 100 },
  }));
  const pageOf = (growing: VectorsStage[]) =>
    section.page({
      ...{ suite: "scale", date: "2026-01-02T03:04:05Z", machine: {} as never, repeats: 3 },
      ...{ growing, many: [{ vectors: 10, stages: spaces }] },
    });

  test("judges graphs by each other, not by what was scanned", () => {
    const flat = stage(1000, 100_000, { kind: "flat" });
    const { findings } = pageOf([flat, stage(3000, 1000), stage(1_000_000, 200)]);
    expect(findings.map(({ verdict }) => verdict)).toEqual(["holds", "holds"]);
    expect(findings[0]!.measured).toContain("from 3,000 to 1,000,000 an insert gets 5 times as expensive");
  });

  test("does not call it slow growth when the recall is not reached any more", () => {
    const { findings, body } = pageOf([
      stage(3000, 1000),
      stage(1_000_000, 900, { equalSearchesPerSecond: undefined }),
    ]);
    expect(findings[0]!.verdict).toBe("holds in part");
    expect(findings[0]!.why).toContain("recall .95 was not reached at 1,000,000");
    expect(markdown(body)).not.toMatch(/NaN|undefined|null/);
  });
});
