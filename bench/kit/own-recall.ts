// How good are the hits of a space, measured by itself? Its graph against its exact scan, whatever it holds.

import { MAX_EF } from "../../assembly/layout.ts";
import type { Hit, Space } from "../../src/index.ts";
import { TRUTH_K } from "../datasets/index.ts";

/** The true TRUTH_K nearest. */
export function exactHits(space: Space, query: Float32Array): Promise<Hit[]> {
  return space.search(query, { k: TRUTH_K, ef: MAX_EF + 1 }); // wider than any graph search
}

/** Recall@10 of the first `count` queries (rows of a flat array) at the default ef. */
export async function ownRecall(space: Space, queries: Float32Array, dimensions: number, count: number) {
  let found = 0;
  let wanted = 0;
  for (let i = 0; i < count; i++) {
    const query = queries.subarray(i * dimensions, (i + 1) * dimensions);
    const truth = await exactHits(space, query);
    const keys = new Set(truth.map(({ key }) => key));
    const hits = await space.search(query, { k: TRUTH_K });
    found += hits.filter(({ key }) => keys.has(key)).length;
    wanted += truth.length;
  }
  return found / wanted;
}
