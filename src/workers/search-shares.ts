/* How do many queries spread over the workers? Share by share; each worker asks for the next when it has answered one. */
import type { SpaceRef } from "../engine/handle.ts";
import type { Hit } from "../values/hit.ts";
import type { VectorList } from "../values/vectors.ts";
import type { Pool } from "./pool.ts";

const SHARE_QUERIES = 32;

/** Answers what it can of many queries; a hole is left where a worker ended or could not. */
export type SearchSpreader = (
  ref: SpaceRef,
  queries: VectorList,
  k: number,
  ef: number,
) => Promise<(Hit[] | undefined)[]>;

export function spreadOver(pool: Pool): SearchSpreader {
  return async ({ partition, address: space, incarnation }, queries, k, ef) => {
    const results = new Array<Hit[] | undefined>(queries.count);
    let next = 0;
    const serve = async (worker: number) => {
      while (next < queries.count) {
        const first = next;
        const count = Math.min(SHARE_QUERIES, queries.count - first);
        next += count;
        const share = queries.flatten(first, count);
        const job = { partition, space, incarnation, queries: share, k, ef };
        const answer = await pool.search(worker, job).catch(() => null);
        if (answer === null) return;
        let at = 0;
        for (let i = 0; i < count; i++) {
          const hits = new Array<Hit>(answer.counts[i]!);
          for (let j = 0; j < hits.length; j++, at++)
            hits[j] = { key: answer.keys[at]!, distance: answer.distances[at]! };
          results[first + i] = hits;
        }
      }
    };
    await Promise.all(pool.alive().map(serve));
    return results;
  };
}
