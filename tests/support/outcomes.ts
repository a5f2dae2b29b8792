/* What does every method of a space resolve to, or reject with? One program for all that have its face, so that they can be compared. */
import { HnswError, type SpaceLike } from "../../src/index.ts";

/** Of the index below: three dimensions under cosine. */
export const FIELDS = { lang: "keyword", n: "number" } as const;

export async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error) => (error instanceof HnswError ? error.code : error));
}

async function listed<T>(entries: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

/** Every method, and what it resolves to or is refused with. */
export async function outcomesOf(space: SpaceLike): Promise<unknown[]> {
  const found: unknown[] = [];
  const take = async (call: Promise<unknown>) => void found.push(await outcomeOf(call));
  await take(space.add("a", [1, 0, 0], { lang: "de", n: 1 }));
  await take(space.add(1n, new Float32Array([0, 1, 0.1])));
  await take(space.add(1, new Float64Array([0, 1, 0.2]), { lang: ["de", "en"] }, { expiresAt: 4e12 }));
  await take(space.add("1", null, { n: 5 }));
  const keys = Array.from({ length: 900 }, (_, i) => `k${i}`);
  const vectors = Float32Array.from({ length: 2700 }, (_, i) => Math.sin(i) + 1.5);
  await take(
    space.addMany(
      keys,
      vectors,
      keys.map((key, i) => ({ lang: i % 3 === 0 ? "fr" : "en", n: i, key })),
    ),
  );
  await take(space.addMany(["x", "\ud800"], [[1, 2, 3], new Uint8Array([4, 5, 6])]));
  for (const key of ["a", 1, "1", 1n, "\ud800", "none"]) {
    await take(space.has(key));
    await take(space.get(key));
    await take(space.get(key, { include: ["metadata", "vector", "expiresAt"] }));
  }
  await take(space.getMany(["a", "none", 1n], { include: ["vector"] }));
  await take(space.getMany(["a"], { include: ["expiresAt"], now: 5e12 }));
  await take(space.update("a", { lang: undefined, extra: [1, { two: null }] }));
  await take(space.update(1, { n: 7 }, { expiresAt: null }));
  await take(space.update("none", { n: 7 }));
  await take(space.updateWhere({ lang: "fr", n: { $lt: 10 } }, { lang: "it" }));
  await take(space.get("a", { include: ["metadata"] }));
  await take(space.get(1, { include: ["metadata", "expiresAt"] }));
  await take(space.count());
  await take(space.count({ where: { lang: "it" } }));
  await take(space.facets("lang", { limit: 3 }));
  await take(space.delete("x"));
  await take(space.delete("x"));
  await take(space.deleteMany(["\ud800", "none"]));
  await take(space.deleteWhere({ n: { $gte: 850 } }));
  await take(space.keys());
  await take(listed(space.entries({ where: { lang: "it" }, include: ["metadata"], orderBy: "n", descending: true })));
  await take(space.page({ limit: 2, include: ["vector", "metadata"] }));
  await take(space.search([1, 2, 3]));
  await take(space.search([1, 2, 3], { k: 3, ef: 5000, include: ["vector", "metadata"], where: { lang: "en" } }));
  await take(space.search([1, 2, 3], { k: 2, keys: ["a", 1n, "none"], explain: true }));
  await take(space.search([1, 2, 3], { k: 3, recall: "exact" }));
  await take(space.searchMany([[1, 2, 3], new Float32Array([3, 2, 1])], { k: 2 }));
  await take(space.searchMany(new Float32Array([1, 2, 3, 3, 2, 1]), { k: 1, include: ["metadata"] }));
  // What is refused.
  await take(space.add("", [1, 2, 3]));
  await take(space.add("b", [1, 2]));
  await take(space.add("b", [1, Number.NaN, 3]));
  await take(space.add("b", [0, 0, 0]));
  await take(space.add("b", [1, 2, 3], { n: "not a number" }));
  await take(
    space.addMany(
      ["b", "b"],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    ),
  );
  await take(space.addMany(["b"], []));
  await take(space.search([1, 2]));
  await take(space.search([1, 2, 3], { k: 0 }));
  await take(space.search([1, 2, 3], { where: { unknown: 1 } }));
  await take(space.page({ limit: 0 }));
  await take(space.facets("unknown"));
  return found;
}
