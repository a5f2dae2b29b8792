/* Does a search see everything accepted before it, linked or not, and of a racing upsert exactly one version? */
import { describe, expect, test } from "bun:test";
import { Helper } from "../support/helper.ts";
import { clustered, opened, random, uniform } from "../support/indexes.ts";

const SEED = 1234;
const DIMENSIONS = 16;

for (const workers of [0, 1, 2]) {
  describe(`with workers: ${workers}`, () => {
    const options = { dimensions: DIMENSIONS, metric: "l2", workers, flatBelow: 64 } as const;

    test("an add that was not awaited", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      const set = uniform(1500, DIMENSIONS, SEED);
      for (let i = 0; i < set.count; i++) {
        const accepted = space.add(i, set.at(i));
        const [hit] = await space.search(set.at(i), { k: 1 });
        expect(hit, `vector ${i}, seed ${SEED}`).toEqual({ key: i, distance: 0 });
        await accepted;
      }
    });

    test("each of many adds the moment it resolved, while they are linked", async () => {
      await using parts = await opened({ ...options, maxPending: 256 });
      const space = parts.index.space("s");
      const set = clustered(3000, DIMENSIONS, SEED);
      let seen = 0;
      const look = async (i: number) => {
        const [hit] = await space.search(set.at(i), { k: 1 });
        expect(hit, `vector ${i}, seed ${SEED}`).toEqual({ key: i, distance: 0 });
        seen++;
      };
      await Promise.all(Array.from({ length: set.count }, (_, i) => space.add(i, set.at(i)).then(() => look(i))));
      expect(seen).toBe(set.count);
    });

    test("a delete, and a re-add elsewhere, the moment they resolved", async () => {
      await using parts = await opened(options);
      const space = parts.index.space("s");
      const set = uniform(1000, DIMENSIONS, SEED);
      await space.addMany(
        Array.from({ length: set.count }, (_, i) => i),
        set.values,
      );
      const source = random(SEED);
      for (let round = 0; round < 500; round++) {
        const key = source.below(set.count);
        const context = `round ${round}, seed ${SEED}`;
        if (await space.has(key)) {
          await space.delete(key);
          const hits = await space.search(set.at(key), { k: 5 });
          expect(
            hits.map((hit) => hit.key),
            context,
          ).not.toContain(key);
        } else {
          await space.add(key, set.at(key));
          expect((await space.search(set.at(key), { k: 1 }))[0], context).toEqual({ key, distance: 0 });
        }
      }
    });
  });
}

test("of a key that another thread keeps replacing a search shows exactly one version", async () => {
  await using parts = await opened({ dimensions: DIMENSIONS, metric: "l2", workers: 1, flatBelow: 64 });
  const { index } = parts;
  const space = index.space("s");
  const set = uniform(2000, DIMENSIONS, SEED);
  await space.addMany(
    Array.from({ length: set.count }, (_, i) => i),
    set.values,
  );
  const near = set.at(0);
  await space.add("hot", near);
  await using helper = new Helper(index.attach());
  // Version v lies v × 2⁻²⁰ off the query along one axis: far nearer than anything else, each at its own distance.
  const upserts = helper.run({ kind: "replace", space: "s", key: "hot", vector: near, versions: 4000 });
  let done = false;
  void upserts.then(() => {
    done = true;
  });
  let newest = 0;
  let searches = 0;
  while (!done) {
    const hits = await space.search(near, { k: 10 });
    const hot = hits.filter((hit) => hit.key === "hot");
    expect(hot.length, `search ${searches}, seed ${SEED}`).toBe(1);
    const version = Math.round(Math.sqrt(hot[0]!.distance) * 2 ** 20);
    expect(version, `search ${searches} went back, seed ${SEED}`).toBeGreaterThanOrEqual(newest);
    newest = version;
    if (++searches % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await upserts).toBe(4000);
  expect(searches).toBeGreaterThan(10);
  expect(space.size).toBe(set.count + 1);
});
