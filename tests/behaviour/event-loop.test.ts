/*
 * How long does a call keep the event loop waiting? Never for all of its work: each of these takes several times what a
 * turn may take (10 ms), so other turns must come in between. Turns are counted, not milliseconds; `bench` has the gaps.
 */
import { describe, expect, test } from "bun:test";
import { openSearch } from "../../src/search.ts";
import { opened, uniform } from "../support/indexes.ts";
import { turnsDuring } from "../support/turns.ts";

const SEED = 909;
const COUNT = 60_000;
const SPACES = 8000;

describe(`in a space of ${COUNT} vectors`, () => {
  const SET = uniform(COUNT, 4, SEED);
  const KEYS = Array.from({ length: COUNT }, (_, i) => `the key of number ${i}`);
  const options = { dimensions: 4, metric: "l2", workers: 0, partitions: 1, flatBelow: 1_000_000 } as const;

  /** The call of the last key passes, so everything is looked at. */
  const rare = (key: unknown) => key === KEYS.at(-1);

  test("a search with a filter that hardly any key passes", async () => {
    await using parts = await opened(options);
    const space = parts.index.space("s");
    await space.addMany(KEYS, SET.values);
    expect(await turnsDuring(() => space.search(SET.at(0), { filter: rare }))).toBeGreaterThanOrEqual(4);
    expect(await turnsDuring(() => space.searchMany([SET.at(0)], { filter: rare }))).toBeGreaterThanOrEqual(4);
    using searched = await openSearch({ from: await parts.index.exportBytes() }).then((index) => ({
      index,
      [Symbol.dispose]: () => index.close(),
    }));
    const there = searched.index.space("s");
    expect(await turnsDuring(() => there.search(SET.at(0), { filter: rare }))).toBeGreaterThanOrEqual(4);
  });

  test("a search for everything, and the list of all keys", async () => {
    await using parts = await opened(options);
    const space = parts.index.space("s");
    for (const part of [0, 1, 2]) {
      const keys = part === 0 ? KEYS : KEYS.map((key) => `${key}, part ${part}`);
      await space.addMany(keys, SET.values);
    }
    expect(await turnsDuring(() => space.search(SET.at(0), { k: 3 * COUNT }))).toBeGreaterThanOrEqual(4);
    expect(await turnsDuring(() => space.keys())).toBeGreaterThanOrEqual(2);
  });

  test("a loop over all entries that waits for nothing else", async () => {
    await using parts = await opened(options);
    const space = parts.index.space("s");
    await space.addMany(KEYS, SET.values);
    const rest = space.entries();
    await rest.next();
    let count = 1;
    const all = async () => {
      for await (const _ of rest) count++;
    };
    expect(await turnsDuring(all)).toBeGreaterThanOrEqual(4);
    expect(count).toBe(COUNT);
  });

  test("deleteMany, from the look at its keys on", async () => {
    await using parts = await opened(options);
    const space = parts.index.space("s");
    const keys = Array.from({ length: 4 * COUNT }, (_, i) => `nobody's key, number ${i}`);
    await space.add("x", SET.at(0));
    // All of them are looked at before the first is deleted; a key twice ends it there.
    const work = () => space.deleteMany([...keys, keys[0]!]).catch(() => {});
    expect(await turnsDuring(work)).toBeGreaterThanOrEqual(3);
  });
});

describe(`in an index of ${SPACES} spaces`, () => {
  async function withSpaces() {
    const parts = await opened({ dimensions: 4, metric: "l2", workers: 0, partitions: 1 });
    for (let i = 0; i < SPACES; i++) await parts.index.space(`tenant number ${i}`).add("x", [1, 2, 3, 4]);
    return parts;
  }

  test("flush, check and export", async () => {
    await using parts = await withSpaces();
    const { index } = parts;
    const turns = {
      flush: await turnsDuring(() => index.flush()),
      check: await turnsDuring(() => index.check()),
      exportBytes: await turnsDuring(() => index.exportBytes()),
    };
    const enough = { flush: turns.flush >= 2, check: turns.check >= 4, exportBytes: turns.exportBytes >= 5 };
    expect({ turns, enough }).toEqual({ turns, enough: { flush: true, check: true, exportBytes: true } });
  });
});
