// How does every worker come to run code that is compiled for good? It links a throw-away space of its own first.

import type { VectorIndex } from "../../src/index.ts";
import { namesOnHomes } from "./homes.ts";

const VECTORS = 3000;

export async function warmUp(index: VectorIndex, base: Float32Array): Promise<void> {
  const { dimensions, workers } = index.options;
  const rows = Math.min(VECTORS, base.length / dimensions);
  const keys = Array.from({ length: rows }, (_, row) => row);
  const names = await namesOnHomes(index, workers, workers);
  await Promise.all(names.map((name) => index.space(name).addMany(keys, base.subarray(0, rows * dimensions))));
  await index.flush();
  for (const name of names) await index.dropSpace(name);
}
