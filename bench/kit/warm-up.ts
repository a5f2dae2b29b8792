// How does a measurement reach code that is compiled for good? Every worker links a throw-away space of its own first.

import type { VectorIndex } from "../../src/index.ts";
import { keysUpTo } from "./rows.ts";

/** Links the same vectors into spaces of these names and drops them again. */
export async function warmUp(index: VectorIndex, vectors: Float32Array, names: string[]): Promise<void> {
  const keys = keysUpTo(vectors.length / index.options.dimensions);
  await Promise.all(names.map((name) => index.space(name).addMany(keys, vectors)));
  await index.flush();
  for (const name of names) await index.dropSpace(name);
}
