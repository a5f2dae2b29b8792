/* What is a search asked for, with defaults? */
import { expect, test } from "bun:test";
import { resolveSearch } from "../../../src/options/search.ts";

const AT_64 = { ef: 64, recall: 0.95 };
const BY_RECALL = { ef: null, recall: 0.95 };

test("ten neighbours with the index's ef, which k raises", () => {
  expect(resolveSearch(undefined, AT_64)).toMatchObject({ k: 10, ef: 64 });
  expect(resolveSearch({}, AT_64)).toMatchObject({ k: 10, ef: 64 });
  expect(resolveSearch(undefined, { ef: 1, recall: 0.95 })).toMatchObject({ k: 10, ef: 10 });
  expect(resolveSearch({ k: 100 }, AT_64)).toMatchObject({ k: 100, ef: 100 });
  expect(resolveSearch({ k: 3, ef: 1 }, AT_64)).toMatchObject({ k: 3, ef: 3 });
});

test("any k and ef are taken, but no more than a space can hold", () => {
  const { k, ef } = resolveSearch({ k: Number.MAX_SAFE_INTEGER, ef: 5 }, AT_64);
  expect([k, ef]).toEqual([0xfffffff, 0xfffffff]);
});

test("a filter is passed on", () => {
  const filter = () => true;
  expect(resolveSearch({ filter }, AT_64).filter).toBe(filter);
});

test("without an ef of its own or the index's, the recall decides", () => {
  expect(resolveSearch(undefined, BY_RECALL)).toMatchObject({ ef: null, recall: 0.95 });
  expect(resolveSearch({ recall: 0.99 }, BY_RECALL)).toMatchObject({ ef: null, recall: 0.99 });
  expect(resolveSearch({ recall: 0.99 }, AT_64)).toMatchObject({ ef: null, recall: 0.99 });
  expect(resolveSearch({ ef: 12 }, BY_RECALL)).toMatchObject({ ef: 12 });
  expect(resolveSearch({ recall: "exact" }, BY_RECALL).ef).toBeGreaterThan(4096);
});

test("a recall that can be none, or beside an ef, is refused", () => {
  for (const recall of [0, 0.4, 1, 2, Number.NaN, "all", null]) {
    expect(() => resolveSearch({ recall } as object, BY_RECALL)).toThrow('a share from 0.5 to 0.999 or "exact"');
  }
  expect(() => resolveSearch({ recall: 0.9, ef: 64 }, BY_RECALL)).toThrow("exclude each other");
  for (const ef of [0, 1.5, null, "64"]) expect(() => resolveSearch({ ef } as object, BY_RECALL)).toThrow("`ef`");
});
