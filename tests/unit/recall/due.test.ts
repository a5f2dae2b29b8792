/* When is a graph measured, with how many queries, and how much may all of that take? */
import { describe, expect, test } from "bun:test";
import type { GraphFigures } from "../../../src/core/recall.ts";
import { MOST_MS, RecallBudget } from "../../../src/recall/budget.ts";
import { costOf, isDue, queriesFor } from "../../../src/recall/due.ts";
import { RecentSearches } from "../../../src/recall/searches.ts";

const graph = (changes: Partial<GraphFigures> = {}): GraphFigures => ({
  ...{ notes: 1, live: 1000, linked: 1000, serial: 1, pending: 0, goesByCodes: true, isCompacting: false },
  ...{ noted: { linked: 1000, serial: 1, searched: 0 }, ...changes },
});

describe("a graph is due", () => {
  test("when it was never measured, and once it has grown by half", () => {
    expect(isDue(graph({ notes: 0 }), 0)).toBe(true);
    expect(isDue(graph(), 0)).toBe(false);
    expect(isDue(graph({ linked: 1500 }), 0)).toBe(false);
    expect(isDue(graph({ linked: 1501 }), 0)).toBe(true);
  });

  test("after a compaction, not during it", () => {
    expect(isDue(graph({ serial: 2 }), 0)).toBe(true);
    expect(isDue(graph({ serial: 2, isCompacting: true }), 0)).toBe(false);
  });

  test("once hardly anything waits", () => {
    expect(isDue(graph({ notes: 0, pending: 100 }), 0)).toBe(false);
    expect(isDue(graph({ notes: 0, pending: 10 }), 0)).toBe(true);
  });

  test("once when queries have come, and not again for more of them", () => {
    expect(isDue(graph(), 10)).toBe(false);
    expect(isDue(graph(), 60)).toBe(true);
    expect(isDue(graph({ noted: { linked: 1000, serial: 1, searched: 60 } }), 100)).toBe(false);
  });
});

test("a measurement that would take too long searches for fewer vectors", () => {
  expect(queriesFor(100_000, 100, 100, MOST_MS)).toEqual({ stored: 300, searched: 100 });
  for (const [vectors, dimensions] of [[2_800_000, 100] as const, [650_000, 1536] as const]) {
    const { stored, searched } = queriesFor(vectors, dimensions, 100, MOST_MS);
    expect(stored).toBeWithin(40, 300);
    expect(searched).toBeWithin(10, 100);
    expect(costOf(vectors, dimensions, stored + searched)).toBeLessThanOrEqual(MOST_MS);
  }
});

test("a budget is what a hundredth of ten minutes holds, and comes back after them", () => {
  const budget = new RecallBudget();
  expect(budget.left(0)).toBe(6000);
  budget.spend(0, 4000);
  budget.spend(300_000, 1500);
  expect(budget.left(300_001)).toBe(500);
  expect(budget.left(599_999)).toBe(500);
  expect(budget.left(600_000)).toBe(4500);
  expect(budget.left(900_000)).toBe(6000);
});

test("queries are kept up to a hundred, as copies; later ones take the place of some", () => {
  const searches = new RecentSearches();
  const query = new Float32Array([0, 0]);
  for (let i = 0; i < 100; i++) {
    query[0] = i;
    searches.add(query);
  }
  expect(searches.count).toBe(100);
  expect([...searches.all(2)].filter((_, i) => i % 2 === 0)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (let i = 0; i < 10_000; i++) searches.add(Float32Array.of(-1, -1));
  expect(searches.count).toBe(100);
  expect([...searches.all(2)].filter((value) => value === -1).length).toBe(200);
});
