/* Does one linking thread make the same graph of the same ops, whichever thread it is, in batches of any size? */
import { expect, test } from "bun:test";
import type { OpenOptions } from "../../src/index.ts";
import { clustered, opened, VectorSet } from "../support/indexes.ts";

const VECTORS = 3000;
const DIMENSIONS = 24;
const SET = clustered(VECTORS, DIMENSIONS, 70_000, 30, 1, 0.7);
const MOVED = VectorSet.make(VECTORS, DIMENSIONS, (i, j) => (i < 1250 ? SET.at(i)[j]! : 9 - j + 0.002 * SET.at(i)[j]!));

/** What the graph is walked by, and a digest of the export, graph included, of vectors added in batches, some then replaced and some deleted. */
async function builtFrom(set: VectorSet, batch: number, options: Partial<OpenOptions>): Promise<string> {
  await using built = await opened({ dimensions: DIMENSIONS, metric: "cosine", partitions: 1, ...options });
  const { index } = built;
  const space = index.space("s");
  for (let from = 0; from < VECTORS; from += batch) {
    const to = Math.min(from + batch, VECTORS);
    const keys = Array.from({ length: to - from }, (_, i) => from + i);
    await space.addMany(keys, set.part(from, to).values);
  }
  await index.flush();
  for (let key = 0; key < 200; key++) {
    await space.add(key * 3, set.at(VECTORS - 1 - key));
    await space.delete(key * 3 + 1);
  }
  await index.flush();
  return `${index.stats().spaces[0]!.beam} ${Bun.SHA256.hash(await index.exportBytes(), "hex")}`;
}

/**
 * The graphs that workers 0 and 1 make: of batches that are linked one by one, of whatever size; and of batches that are
 * linked together, for which the size of a batch counts.
 */
async function graphsOf(set: VectorSet, options: Partial<OpenOptions> = {}) {
  const [single, together, halves] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const workers of [0, 1]) {
    for (const batch of [1, 97]) single.add(await builtFrom(set, batch, { ...options, workers }));
    together.add(await builtFrom(set, VECTORS, { ...options, workers }));
    halves.add(await builtFrom(set, VECTORS / 2, { ...options, workers, maxPending: 1000 }));
  }
  expect([single.size, together.size, halves.size]).toEqual([1, 1, 1]);
  return [...single, ...together, ...halves];
}

for (const quantization of ["auto", "none"] as const) {
  test(`quantization: "${quantization}"`, async () => {
    const graphs = await graphsOf(SET, { quantization });
    expect(new Set(graphs).size).toBe(quantization === "auto" ? 3 : 1);
    expect(await builtFrom(SET, 97, { workers: 1, quantization, seed: 2 })).not.toBe(graphs[0]!);
  });
}

test("none is linked together where `batching.bulk` is above every batch", async () => {
  const options = { workers: 0, batching: { bulk: VECTORS + 1 } };
  expect(await builtFrom(SET, VECTORS, options)).toBe(await builtFrom(SET, 97, options));
});

test("of data that move, so that codes go blind", async () => {
  for (const graph of await graphsOf(MOVED)) expect(graph).toStartWith("f32 ");
});
