/* Which slots match a filter, at which moment, and which of them are the nearest? */
import { describe, expect, test } from "bun:test";
import { E_ROW, E_STALE, MATCH_EMPTYING, S_GENERATIONS } from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import { ALL, type Condition } from "../../../src/documents/where.ts";
import { random, uniform } from "../../support/vectors.ts";
import { coreModule } from "../harness.ts";
import { type RowSpace, rowSpace } from "./row-space.ts";

await coreModule("debug");
await coreModule("release");
const SEED = 77;
const TYPES = { word: "keyword", size: "number", seen: "boolean" } as const;
const numbers = (keys: unknown[]) => (keys as number[]).toSorted((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Of the field in that place. */
const equal = (space: RowSpace, field: number, value: string | number | boolean): Condition => ({
  is: "equal",
  field: space.fields.list[field]!,
  value,
});
const from = (space: RowSpace, low: number): Condition => ({
  is: "range",
  field: space.fields.list[1]!,
  low: { value: low, inclusive: true },
  high: null,
});

describe("a filter", () => {
  test.each([1, 7, 8, 9, 63, 64, 65, 1023, 1024, 1025, 3000])(
    "finds each of its matches once among %d",
    async (count) => {
      const space = await rowSpace(TYPES, { flatBelow: 1e6 });
      for (let i = 0; i < count; i++) {
        // Chunks in which no row has a value of a field, and some with a value of another type of form.
        const values = Math.floor(i / 600) % 2 === 1 ? {} : { word: `w${i % 5}`, size: i % 7, seen: i % 2 === 0 };
        if (i % 11 === 0) space.add(i, [i, 0, 0, 0]);
        else space.put(i, [i, 0, 0, 0], { values });
      }
      const has = (i: number) => i % 11 !== 0 && Math.floor(i / 600) % 2 === 0;
      const cases: [Condition, (i: number) => boolean][] = [
        [ALL, () => true],
        [{ is: "none" }, () => false],
        [equal(space, 0, "w3"), (i) => has(i) && i % 5 === 3],
        [equal(space, 1, 3), (i) => has(i) && i % 7 === 3],
        [equal(space, 2, true), (i) => has(i) && i % 2 === 0],
        [{ is: "not", of: equal(space, 2, true) }, (i) => !(has(i) && i % 2 === 0)],
        [{ is: "exists", field: space.fields.list[1]! }, has],
        [{ is: "keys", keys: [0, count - 1, 2 * count, "x"] }, (i) => i === 0 || i === count - 1],
      ];
      for (const [condition, matches] of cases) {
        const found = space.matching(condition);
        expect(numbers(found)).toEqual(upTo(count).filter(matches));
        expect(space.filter(condition)).toBe(found.length);
        space.end();
      }
    },
  );

  test("sees its moment: nothing that is added, replaced, updated, deleted or compacted later", async () => {
    const space = await rowSpace(TYPES, { flatBelow: 50 });
    for (let i = 0; i < 400; i++) space.put(i, [i, 0, 0, 0], { values: { size: i, word: "old" } });
    space.linkAll();
    space.filter(from(space, 100));
    for (let i = 100; i < 200; i++) space.remove(i);
    for (let i = 200; i < 300; i++) space.put(i, [-i, 0, 0, 0], { values: { size: 0, word: "new" } });
    for (let i = 300; i < 350; i++) space.update(i, { values: { size: 0, word: "new" } });
    for (let i = 400; i < 500; i++) space.put(i, [i, 0, 0, 0], { values: { size: i } });
    space.linkAll();
    expect(space.figures().compactions).toBeGreaterThan(0);
    expect(numbers(space.listed())).toEqual(upTo(400).slice(100));
    for (const how of [0, 1, 2]) {
      const { hits } = space.nearest([250, 0, 0, 0], 5, 64, how);
      expect(hits.map(({ distance }) => distance)).toEqual([0, 1, 1, 4, 4]);
      expect(hits[0]!.key).toBe(250);
    }
    space.end();
    expect(numbers(space.matching(equal(space, 0, "new")))).toEqual(upTo(350).slice(200));
  });

  test("sees a slot of its moment that waited then, and was replaced before it was linked", async () => {
    const space = await rowSpace(TYPES, { flatBelow: 50 });
    for (let i = 0; i < 200; i++) space.put(i, [i, 0, 0, 0], { values: { size: i } });
    space.linkAll();
    space.put("late", [50.5, 0, 0, 0], { values: { size: 1000 } });
    space.filter(from(space, 0));
    space.put("late", [-1000, 0, 0, 0], { values: { size: 1000 } });
    space.linkAll();
    for (const how of [0, 1, 2]) expect(space.nearest([50.5, 0, 0, 0], 1, 64, how).hits[0]!.key).toBe("late");
    space.end();
  });

  test("looks at both generations while a compaction runs, where codes of keywords differ", async () => {
    const space = await rowSpace(TYPES, { flatBelow: 50 });
    for (let i = 0; i < 600; i++) space.put(i, [i, 0, 0, 0], { values: { word: `w${(i * 7) % 10}`, size: i } });
    space.linkAll();
    for (let i = 0; i < 200; i++) space.remove(i * 3);
    const emptying = () => new Uint32Array(space.seat.memory.buffer)[(space.at + S_GENERATIONS + 4) >>> 2] !== 0;
    space.seat.core.claim(0, 1, 1);
    space.seat.core.link(1);
    expect(emptying()).toBe(true);
    const live = upTo(600).filter((i) => i % 3 !== 0);
    for (let w = 0; w < 10; w++) {
      expect(numbers(space.matching(equal(space, 0, `w${w}`)))).toEqual(live.filter((i) => (i * 7) % 10 === w));
    }
    space.filter(from(space, 0));
    const refs: number[] = [];
    calls.relistMatches(space.seat);
    while (calls.listMatches(space.seat, 0, ({ ref, value }) => refs.push(ref, value)) > 0);
    expect(refs.some((ref, i) => i % 2 === 0 && ref >= MATCH_EMPTYING)).toBe(true);
    expect(refs.some((ref, i) => i % 2 === 0 && ref < MATCH_EMPTYING)).toBe(true);
    for (let i = 0; i < refs.length; i += 2) {
      const key = calls.keyOfMatch(space.seat, refs[i]!) as number;
      const word = new TextDecoder().decode(calls.keywordAt(space.seat, refs[i]!, 0, refs[i + 1]!) as Uint8Array);
      expect(word).toBe(`w${(key * 7) % 10}`);
    }
    for (const how of [0, 1, 2]) {
      const { hits } = space.nearest([300, 0, 0, 0], 4, 64, how);
      expect(hits.map(({ key }) => key).toSorted()).toEqual([298, 299, 301, 302]);
    }
    space.end();
    space.linkAll();
    expect(emptying()).toBe(false);
  });

  test("of a space that was dropped is refused, and one that runs goes on", async () => {
    const space = await rowSpace(TYPES);
    for (let i = 0; i < 20; i++) space.put(i, [i, 0, 0, 0], { values: { size: i } });
    space.filter(from(space, 10));
    space.drop();
    space.seat.core.tidy();
    expect(numbers(space.listed())).toEqual(upTo(20).slice(10));
    expect(space.nearest([0, 0, 0, 0], 3).hits.map(({ key }) => key)).toEqual([10, 11, 12]);
    space.end();
    expect(() => space.filter(ALL)).toThrow(String(E_STALE));
  });

  test("takes other matches from its caller", async () => {
    const space = await rowSpace(TYPES);
    for (let i = 0; i < 50; i++) space.put(i, [i, 0, 0, 0], {});
    space.filter(ALL);
    expect(calls.keepMatches(space.seat, Uint32Array.of(3, 7), true)).toBe(0);
    expect(calls.keepMatches(space.seat, Uint32Array.of(7, 9), false)).toBe(0);
    expect(space.listed()).toEqual([3, 7, 9]);
    expect(space.nearest([8, 0, 0, 0], 50).hits).toHaveLength(3);
    expect(calls.keepMatches(space.seat, Uint32Array.of(50), false)).toBe(E_ROW);
    expect(calls.keepMatches(space.seat, Uint32Array.of(MATCH_EMPTYING), false)).toBe(E_ROW);
    space.end();
  });
});

test("a dictionary of many keywords keeps each apart, in lists and ranges too", async () => {
  const { below } = random(SEED);
  const space = await rowSpace({ word: "keyword", list: "keyword" }, { flatBelow: 1e6 }, "release");
  const count = 30_000;
  for (let i = 0; i < count; i++) {
    space.put(i, [i, 0, 0, 0], { values: { word: `word ${i}`, list: [`word ${i}`, `word ${count - 1 - i}`] } });
  }
  const [word, list] = space.fields.list;
  for (let n = 0; n < 300; n++) {
    const i = below(count);
    expect(space.matching({ is: "equal", field: word!, value: `word ${i}` })).toEqual([i]);
    expect(numbers(space.matching({ is: "equal", field: list!, value: `word ${i}` }))).toEqual(
      numbers([i, count - 1 - i]),
    );
  }
  const names = upTo(count).map((i) => `word ${i}`);
  const bounds = { low: { value: "word 17", inclusive: true }, high: { value: "word 2", inclusive: false } };
  const wanted = upTo(count).filter((i) => names[i]! >= "word 17" && names[i]! < "word 2");
  expect(numbers(space.matching({ is: "range", field: word!, ...bounds }))).toEqual(wanted);
  expect(space.matching({ is: "equal", field: word!, value: "word" })).toEqual([]);
});

test("an array matches by any of its elements, however many it has", async () => {
  const { below } = random(SEED);
  const space = await rowSpace({ words: "keyword", sizes: "number" }, { flatBelow: 1e6 });
  const [words, sizes] = space.fields.list;
  const entries = upTo(1500).map((i) => {
    const length = i < 40 ? i : below(12);
    const numbers = Array.from({ length }, () => (below(400) - 200) / 2);
    return { words: numbers.map((size) => `w${size}`), sizes: numbers.map((size) => (size === 0 ? -0 : size)) };
  });
  for (const [i, values] of entries.entries()) space.put(i, [i, 0, 0, 0], { values });
  const some = (count: number) => [0, ...upTo(count - 1).map(() => (below(400) - 200) / 2)].toSorted((a, b) => a - b);
  for (const count of [1, 2, 8, 9, 40]) {
    const wanted = new Set(some(count));
    const matches = upTo(entries.length).filter((i) => entries[i]!.sizes.some((size) => wanted.has(size + 0)));
    const [numbersOf, wordsOf] = [[...wanted], Array.from(wanted, (size) => `w${size}`)];
    expect(numbers(space.matching({ is: "in", field: sizes!, values: numbersOf }))).toEqual(matches);
    expect(numbers(space.matching({ is: "in", field: words!, values: wordsOf }))).toEqual(matches);
  }
  for (const value of [0, 7.5, -100, 1000]) {
    const matches = upTo(entries.length).filter((i) => entries[i]!.sizes.some((size) => size + 0 === value));
    expect(numbers(space.matching({ is: "equal", field: sizes!, value }))).toEqual(matches);
    expect(numbers(space.matching({ is: "equal", field: words!, value: `w${value}` }))).toEqual(matches);
    for (const inclusive of [true, false]) {
      const bounds = { low: { value, inclusive }, high: { value: value + 3, inclusive: !inclusive } };
      const within = (size: number) =>
        inclusive ? size >= value && size < value + 3 : size > value && size <= value + 3;
      const inside = upTo(entries.length).filter((i) => entries[i]!.sizes.some(within));
      expect(numbers(space.matching({ is: "range", field: sizes!, ...bounds }))).toEqual(inside);
    }
  }
});

// ── the nearest of the matches ───────────────────────────────────────────────────────────────────────────────────────
const COUNT = 6000;
const SHARES = [0.5, 0.2, 0.1, 0.04, 0.01, 0.001, 3 / COUNT];
/* How a value has to do with its vector: not at all; the matches are where the queries are, or far from them. */
const FIELDS = { independent: "number", correlated: "number" } as const;

describe("a filtered search", async () => {
  const set = uniform(COUNT, 12, SEED);
  const space = await rowSpace(FIELDS, { dimensions: 12, flatBelow: 100, efConstruction: 32 }, "release");
  const { next } = random(SEED + 1);
  const rank = new Float64Array(COUNT);
  for (const [i, slot] of upTo(COUNT)
    .toSorted((a, b) => set.at(a)[0]! - set.at(b)[0]!)
    .entries()) {
    rank[slot] = i / COUNT;
  }
  for (let i = 0; i < COUNT; i++) space.put(i, set.at(i), { values: { independent: next(), correlated: rank[i]! } });
  space.linkAll();

  /** Vectors on the side of the matches of a correlated field, or on the other one. */
  const queries = (side: number) => {
    const q = uniform(60, 12, SEED + 2);
    for (let i = 0; i < q.count; i++) if (side !== 0) q.at(i)[0] = side * (0.8 + 0.2 * Math.abs(q.at(i)[0]!));
    return q;
  };

  for (const [name, field, side] of [
    ["drawn independently", 0, 0],
    ["where the queries are", 1, 1],
    ["far from the queries", 1, -1],
  ] as const) {
    test.each(SHARES)(`finds min(k, matches) hits, nearly all the nearest (${name}, %p of all)`, (share) => {
      const q = queries(side);
      let found = 0;
      let wanted = 0;
      const matches = space.filter({
        is: "range",
        field: space.fields.list[field]!,
        low: { value: 1 - share, inclusive: true },
        high: null,
      });
      for (const how of [0, 2]) {
        for (let i = 0; i < q.count; i++) {
          const exact = space.nearest(q.at(i), 10, 64, 1).hits.map(({ key }) => key);
          const answer = space.nearest(q.at(i), 10, 64, how);
          const keys = new Set(answer.hits.map(({ key }) => key));
          expect(keys.size).toBe(Math.min(10, matches));
          // An exact scan follows once more was visited than there are matches.
          expect(answer.visited).toBeLessThanOrEqual(2 * matches + 64 * 64);
          wanted += exact.length;
          for (const key of exact) if (keys.has(key)) found++;
        }
      }
      space.end();
      expect(`seed ${SEED}: ${found / wanted >= 0.95 ? "enough" : found / wanted}`).toBe(`seed ${SEED}: enough`);
    });
  }

  test("takes both ways, and leaves the search without a filter as it was", () => {
    const q = queries(0);
    const before = space.search(q.at(0), 10);
    const waysAt = (share: number) => {
      space.filter({
        is: "range",
        field: space.fields.list[0]!,
        low: { value: 1 - share, inclusive: true },
        high: null,
      });
      const { way } = space.nearest(q.at(0), 10);
      space.end();
      return way;
    };
    expect([waysAt(0.9), waysAt(0.01)]).toEqual([2, 1]);
    expect(space.search(q.at(0), 10)).toEqual(before);
  });
});
