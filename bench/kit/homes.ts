// Which names have their homes where a measurement wants them? Found by trying.

import type { VectorIndex } from "../../src/index.ts";

/** Names of spaces whose homes are the workers in turn. */
export async function namesOnHomes(index: VectorIndex, count: number, workers: number): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; names.length < count; i++) {
    const name = `space ${i}`;
    await index.space(name).add(0, new Float32Array(index.options.dimensions).fill(1));
    const { home } = index.stats().spaces.find((space) => space.name === name) as { home: number };
    if (home === names.length % workers) names.push(name);
    await index.dropSpace(name);
  }
  return names;
}
