/* A store of format 1, in which each collection is an index of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open, type VectorIndex } from "../../src/index.ts";
import type { Metric } from "../../src/values/metric.ts";

export interface FormerCollection {
  name: string;
  dimensions: number;
  metric: Metric;
  note?: object;
  fill?: (index: VectorIndex) => Promise<void>;
}

/** Collections get the numbers 1, 2 and so on. */
export async function formerStore(
  path: string,
  given: readonly FormerCollection[],
  aliases: Record<string, string> = {},
): Promise<void> {
  mkdirSync(join(path, "collections"), { recursive: true });
  const collections: Record<string, object> = {};
  for (const [i, { name, dimensions, metric, note = null, fill }] of given.entries()) {
    const shape = { dimensions, metric, partitions: 1 } as const;
    await using index = await open({ path: join(path, "collections", `${i + 1}`), workers: 0, ...shape });
    await fill?.(index);
    collections[name] = { number: i + 1, dimensions, metric, note };
  }
  writeFileSync(join(path, "store.json"), JSON.stringify({ format: 1, next: given.length + 1, collections, aliases }));
}
