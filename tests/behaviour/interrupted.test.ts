/* What happens to an addMany whose space is dropped, whose vectors change or whose index closes before it ends? */
import { describe, expect, test } from "bun:test";
import { attach, type Space } from "../../src/index.ts";
import { expectHolds, expectSound, keysOf, modelOf, opened, refusalOf, uniform, until } from "../support/indexes.ts";

const SEED = 2024;
const SET = uniform(3000, 8, SEED);

/** Resolves when an addMany waits for room. */
const begun = (space: Space) => until(() => space.size >= 64, "the first vectors are accepted");

for (const workers of [0, 1]) {
  describe(`with workers: ${workers}`, () => {
    const options = { dimensions: 8, metric: "l2", workers, flatBelow: 16, partitions: 1, maxPending: 64 } as const;
    const rows = () => Array.from({ length: SET.count }, (_, i) => Array.from(SET.at(i)));

    test("dropped: SPACE_DROPPED says how many were accepted, and the space can be made again", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      const other = attach(parts.index.attach()); // has a line of its own, so its drop does not wait
      const adding = refusalOf(() => space.addMany(keysOf(SET), SET.values));
      await begun(space);
      expect(await other.dropSpace("s")).toBe(true);
      const refusal = await adding;
      expect(refusal.code).toBe("SPACE_DROPPED");
      expect(refusal.message).toMatch(/Space "s" was dropped after \d+ vectors had been accepted/);
      expect(space.size).toBe(0);
      await space.addMany(keysOf(SET), SET.values);
      await expectHolds(space, modelOf(SET), `seed ${SEED}`);
      await expectSound(parts.index, `seed ${SEED}`);
      await other.close();
    });

    test("changed: INPUT_CHANGED says how many were accepted, and those stay", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      const given = rows();
      const adding = refusalOf(() => space.addMany(keysOf(SET), given));
      await begun(space);
      given[2900]![3] = Number.NaN;
      const refusal = await adding;
      expect(refusal.code).toBe("INPUT_CHANGED");
      expect(refusal.message).toMatch(/^Vector 2900 changed while it was being read: .* 2900 were accepted/);
      const model = new Map([...modelOf(SET)].slice(0, 2900));
      await expectHolds(space, model, `seed ${SEED}`);
      await space.addMany(keysOf(SET), SET.values);
      await expectHolds(space, modelOf(SET), `seed ${SEED}`);
      await expectSound(parts.index, `seed ${SEED}`);
    });

    test("a row that grew: INPUT_CHANGED, and nothing is spoilt", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      const given = rows();
      const adding = refusalOf(() => space.addMany(keysOf(SET), given));
      await begun(space);
      for (const row of given.slice(2700)) row.push(1e6, 1e6, 1e6);
      expect((await adding).code).toBe("INPUT_CHANGED");
      expect((await space.search(SET.at(0), { k: 1 }))[0]).toEqual({ key: 0, distance: 0 });
    });

    test("closed: CLOSED", async () => {
      const parts = await opened(options);
      const adding = refusalOf(() => parts.index.space("s").addMany(keysOf(SET), SET.values));
      await begun(parts.index.space("s"));
      await parts.index.close();
      expect((await adding).code).toBe("CLOSED");
    });
  });
}
