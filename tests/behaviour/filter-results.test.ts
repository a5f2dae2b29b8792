/* A filter that returns something else than true or false: is it refused, with what came back, before anything is a hit? */
import { describe, expect, test } from "bun:test";
import { openSearch } from "../../src/search.ts";
import { keysOf, opened, refusalOf, uniform } from "../support/indexes.ts";

const SEED = 61;
const SET = uniform(300, 4, SEED);
type Filter = (key: unknown) => boolean;

const RESULTS: Record<string, { result: () => unknown; named: RegExp }> = {
  "a promise": { result: () => Promise.resolve(false), named: /promise/i },
  "a promise of an async function": { result: async () => true, named: /promise/i },
  undefined: { result: () => undefined, named: /undefined/ },
  null: { result: () => null, named: /null/ },
  "a number": { result: () => 1, named: /number|\b1\b/ },
  "a string": { result: () => "", named: /string|""/ },
  "an object": { result: () => ({}), named: /object/ },
};

for (const flatBelow of [32, 1000]) {
  describe(`flatBelow: ${flatBelow}`, () => {
    for (const [name, { result, named }] of Object.entries(RESULTS)) {
      test(`${name} is BAD_OPTION`, async () => {
        await using parts = await opened({ dimensions: 4, metric: "l2", workers: 0, flatBelow });
        const space = parts.index.space("s");
        await space.addMany(keysOf(SET), SET.values);
        await parts.index.flush();
        const filter = result as Filter;
        const refusals = [
          await refusalOf(() => space.search(SET.at(0), { filter })),
          await refusalOf(() => space.searchMany([SET.at(0)], { filter })),
        ];
        // Also where it is only one of many results.
        const mostly = ((key) => (key === 5 ? result() : true)) as Filter;
        refusals.push(await refusalOf(() => space.search(SET.at(5), { filter: mostly })));
        using searched = await searching(parts.index);
        refusals.push(await refusalOf(() => searched.index.space("s").search(SET.at(0), { filter })));
        for (const { code, message } of refusals) {
          expect(code).toBe("BAD_OPTION");
          expect(message).toMatch(/`?filter`?/);
          expect(message).toMatch(named);
        }
      });
    }
  });
}

async function searching(index: { exportBytes(): Promise<Uint8Array> }) {
  const searched = await openSearch({ from: await index.exportBytes() });
  return { index: searched, [Symbol.dispose]: () => searched.close() };
}

test("a filter whose promise is rejected leaves no unhandled rejection behind", async () => {
  await using parts = await opened({ dimensions: 4, metric: "l2", workers: 0 });
  const space = parts.index.space("s");
  await space.addMany(keysOf(SET), SET.values);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    const filter = (async () => {
      throw new Error("a filter of the caller's");
    }) as unknown as Filter;
    expect((await refusalOf(() => space.search(SET.at(0), { filter }))).code).toBe("BAD_OPTION");
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", note);
  }
  expect(unhandled).toEqual([]);
});
