/* Does one linking thread make the same graph of the same ops, whichever thread it is, in batches of any size? */
import { expect, test } from "bun:test";
import type { OpenOptions } from "../../src/index.ts";
import { clustered, opened, VectorSet } from "../support/indexes.ts";

const VECTORS = 6000;
const DIMENSIONS = 24;
const SET = clustered(VECTORS, DIMENSIONS, 70_000, 30, 1, 0.7);
const MOVED = VectorSet.make(VECTORS, DIMENSIONS, (i, j) => (i < 2500 ? SET.at(i)[j]! : 9 - j + 0.002 * SET.at(i)[j]!));

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

for (const quantization of ["auto", "none"] as const) {
  test(`quantization: "${quantization}"`, async () => {
    const exports = new Set<string>();
    for (const workers of [0, 1]) {
      for (const batch of [1, 97, VECTORS]) exports.add(await builtFrom(SET, batch, { workers, quantization }));
    }
    expect(exports.size).toBe(1);
    expect(await builtFrom(SET, 97, { workers: 1, quantization, seed: 2 })).not.toBe([...exports][0]!);
  });
}

test("of data that move, so that codes go blind", async () => {
  const exports = new Set<string>();
  for (const workers of [0, 1]) {
    for (const batch of [1, 97, VECTORS]) exports.add(await builtFrom(MOVED, batch, { workers }));
  }
  expect(exports.size).toBe(1);
  expect([...exports][0]).toStartWith("f32 ");
});
