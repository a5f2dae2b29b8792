/* Vectors are padded with zeros up to whole SIMD words. Does what other calls leave where they lie ever get into one? */
import { expect, test } from "bun:test";
import type { VectorIndex } from "../../src/index.ts";
import { expectSound, opened, uniform } from "../support/indexes.ts";

const SEED = 311;
const SET = uniform(40, 3, SEED);
const KEYS = Array.from({ length: SET.count }, (_, i) => i);

const others: Record<string, (index: VectorIndex) => unknown> = {
  spaces: (index) => index.spaces(),
  "stats().spaces": (index) => index.stats().spaces,
  check: (index) => index.check(),
  flush: (index) => index.flush(),
  exportBytes: (index) => index.exportBytes(),
  "export of one": async (index) => void (await new Response(index.export(["a space"])).arrayBuffer()),
};

for (const [name, call] of Object.entries(others)) {
  test(`add, addMany and search after ${name}`, async () => {
    await using parts = await opened({ dimensions: 3, metric: "l2", workers: 0 });
    const { index } = parts;
    const space = index.space("a space");
    await space.addMany(KEYS, SET.values);
    for (let i = 0; i < 20; i++) await index.space(`with a name of ${"many ".repeat(i)} words`).add(0, SET.at(0));
    await call(index);
    await space.addMany(KEYS, SET.values);
    await call(index);
    await space.add("one", SET.at(7));
    await call(index);
    expect(await space.search(SET.at(7), { k: 2 })).toEqual([
      { key: 7, distance: 0 },
      { key: "one", distance: 0 },
    ]);
    await call(index);
    expect((await space.searchMany(SET.values, { k: 1 })).map(([hit]) => hit)).toEqual(
      KEYS.map((key) => ({ key, distance: 0 })),
    );
    await expectSound(index, `seed ${SEED}`);
  });
}
