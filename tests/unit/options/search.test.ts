/* What is a search asked for, with defaults? */
import { expect, test } from "bun:test";
import { resolveSearch } from "../../../src/options/search.ts";

test("ten neighbours with the index's ef, which k raises", () => {
  expect(resolveSearch(undefined, 64)).toMatchObject({ k: 10, ef: 64 });
  expect(resolveSearch({}, 64)).toMatchObject({ k: 10, ef: 64 });
  expect(resolveSearch(undefined, 1)).toMatchObject({ k: 10, ef: 10 });
  expect(resolveSearch({ k: 100 }, 64)).toMatchObject({ k: 100, ef: 100 });
  expect(resolveSearch({ k: 3, ef: 1 }, 64)).toMatchObject({ k: 3, ef: 3 });
});

test("any k and ef are taken, but no more than a space can hold", () => {
  const { k, ef } = resolveSearch({ k: Number.MAX_SAFE_INTEGER, ef: 5 }, 64);
  expect([k, ef]).toEqual([0xfffffff, 0xfffffff]);
});

test("a filter is passed on", () => {
  const filter = () => true;
  expect(resolveSearch({ filter }, 64).filter).toBe(filter);
});
