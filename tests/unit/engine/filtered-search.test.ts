/* Does a filtered search look as wide as it has to, and no wider? */
import { expect, test } from "bun:test";
import { type Look, type LookAtAll, searchFiltered } from "../../../src/engine/filtered-search.ts";

const EVERYTHING = Array.from({ length: 10_000 }, (_, key) => ({ key, distance: key }));

/** Looks at a space of 10,000 keys, and notes how wide. */
function looking(widths: number[]): [Look, LookAtAll] {
  return [
    async (k) => {
      widths.push(k);
      return EVERYTHING.slice(0, k);
    },
    async (k, select) => {
      widths.push(Number.POSITIVE_INFINITY);
      return (await select!(EVERYTHING)).slice(0, k);
    },
  ];
}

test("a filter that lets much pass needs one look", async () => {
  const widths: number[] = [];
  const hits = await searchFiltered(...looking(widths), 3, 64, (key) => (key as number) % 2 === 1);
  expect(hits.map(({ key }) => key)).toEqual([1, 3, 5]);
  expect(widths).toEqual([64]);
});

test("a filter that lets little pass looks wider, at everything in the end, and is asked once per key", async () => {
  const widths: number[] = [];
  const asked: unknown[] = [];
  const hits = await searchFiltered(...looking(widths), 2, 64, (key) => {
    asked.push(key);
    return (key as number) >= 9_000;
  });
  expect(hits.map(({ key }) => key)).toEqual([9_000, 9_001]);
  expect(widths).toEqual([64, 256, 1024, 4096, Number.POSITIVE_INFINITY]);
  expect(new Set(asked).size).toBe(asked.length);
});

test("when the space holds fewer than a look asks for, it was the last", async () => {
  const few = async () => EVERYTHING.slice(0, 10);
  const never = async () => expect.unreachable();
  expect(await searchFiltered(few, never, 3, 64, () => false)).toEqual([]);
});
