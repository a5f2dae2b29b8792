/* What looks odd and is no error: searches in nothing, ef below k, k above what lives, keys of every kind. */
import { describe, expect, test } from "bun:test";
import type { Key } from "../../src/index.ts";
import { expectExact, keysOf, modelOf, opened, uniform } from "../support/indexes.ts";

const SEED = 31;
const SET = uniform(100, 4, SEED);
const QUERY = uniform(1, 4, SEED + 1).at(0);

for (const workers of [0, 1]) {
  describe(`with workers: ${workers}`, () => {
    test("a space that holds nothing finds nothing", async () => {
      await using parts = await opened({ dimensions: 4, workers });
      const space = parts.index.space("never added to");
      expect(await space.search(QUERY)).toEqual([]);
      expect(await space.search(QUERY, { filter: () => true })).toEqual([]);
      expect(await space.searchMany([QUERY, QUERY])).toEqual([[], []]);
      expect(await space.searchMany([])).toEqual([]);
      expect(space.size).toBe(0);
      expect(await space.keys()).toEqual([]);
      expect(await space.has("a")).toBe(false);
      expect(await space.get("a")).toBeUndefined();
      expect(await space.delete("a")).toBe(false);
      expect(await space.deleteMany(["a", 1])).toBe(0);
      expect(await parts.index.dropSpace("never added to")).toBe(false);
      expect(parts.index.spaces()).toEqual([]);
      await space.addMany([], []);
      expect(parts.index.spaces()).toEqual([]);
    });

    test("a space that was emptied finds nothing", async () => {
      await using parts = await opened({ dimensions: 4, workers, flatBelow: 16 });
      const space = parts.index.space("emptied");
      await space.addMany(keysOf(SET), SET.values);
      await parts.index.flush();
      expect(await space.deleteMany(keysOf(SET))).toBe(SET.count);
      expect(await space.search(QUERY)).toEqual([]);
      expect(space.size).toBe(0);
    });

    test("ef below k is raised to k, k above the live returns them all", async () => {
      for (const flatBelow of [1000, 16]) {
        await using parts = await opened({ dimensions: 4, metric: "l2", workers, flatBelow });
        const space = parts.index.space("s");
        await space.addMany(keysOf(SET), SET.values);
        await parts.index.flush();
        expect(await space.search(QUERY, { k: 50, ef: 1 })).toHaveLength(50);
        for (const k of [100, 101, 5000, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
          const context = `k ${k}, flatBelow ${flatBelow}, seed ${SEED}`;
          expectExact(await space.search(QUERY, { k }), "l2", modelOf(SET), QUERY, k, context);
        }
        expect(await space.search(QUERY, { k: 3, ef: Number.MAX_SAFE_INTEGER })).toHaveLength(3);
        expect(await space.search(QUERY, {})).toHaveLength(10);
        expect(await space.search(QUERY, { k: undefined, ef: undefined, filter: undefined })).toHaveLength(10);
      }
    });

    test("a key comes back as the type it was, and 1, '1' and 1n are three keys", async () => {
      await using parts = await opened({ dimensions: 4, workers });
      const space = parts.index.space("keys");
      const keys: Key[] = [
        ...[1, "1", 1n, 0, -1, -1n, 0n, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32)],
        ...[2n ** 64n, -(2n ** 200n), "a", "Ä", "€".repeat(341), "😀", "\ud800", "\u0000", "x".repeat(1024)],
      ];
      await space.addMany(
        keys,
        keys.map((_, i) => SET.at(i)),
      );
      expect(await space.keys()).toEqual(keys);
      for (const [i, key] of keys.entries()) {
        expect(await space.get(key)).toEqual(SET.at(i));
        expect((await space.search(SET.at(i), { k: 1 }))[0]!.key).toBe(key);
      }
    });

    test("vectors come as any of their types, and an array may be reused at once", async () => {
      await using parts = await opened({ dimensions: 4, workers, metric: "l2" });
      const space = parts.index.space("types");
      const reused = Float64Array.of(1, 2, 3, 4);
      const first = space.add("float64", reused);
      reused.fill(9);
      await Promise.all([
        first,
        space.add("float32", Float32Array.of(5, 6, 7, 8)),
        space.add("array", [-1, 0.5, 0, 2]),
      ]);
      expect(await space.get("float64")).toEqual(Float32Array.of(1, 2, 3, 4));
      expect(await space.get("float32")).toEqual(Float32Array.of(5, 6, 7, 8));
      expect(await space.get("array")).toEqual(Float32Array.of(-1, 0.5, 0, 2));
      await space.add("zero", [0, 0, 0, 0]); // only cosine needs a direction
      expect(await space.search([0, 0, 0, 0], { k: 1 })).toEqual([{ key: "zero", distance: 0 }]);
    });
  });
}
