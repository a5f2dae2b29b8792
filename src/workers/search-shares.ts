/* How are many queries spread over the workers? In shares; a worker gets the next one when it has returned the last. */
import type { SpaceRef } from "../core/spaces.ts";
import type { Hit } from "../values/reports.ts";
import type { VectorList } from "../values/vectors.ts";
import type { Pool } from "./pool.ts";
import type { SearchedMessage } from "./protocol.ts";

const SHARE_QUERIES = 32;

/** Hits of each query; undefined where a worker ended or failed. */
export type SearchSpreader = (
  ref: SpaceRef,
  queries: VectorList,
  k: number,
  ef: number,
) => Promise<(Hit[] | undefined)[]>;

export function spreadOver(pool: Pool): SearchSpreader {
  return async ({ partition, address, incarnation }, queries, k, ef) => {
    const space = { address, incarnation };
    const results = new Array<Hit[] | undefined>(queries.count);
    let next = 0;
    const serve = async (worker: number) => {
      while (next < queries.count) {
        const first = next;
        const count = Math.min(SHARE_QUERIES, queries.count - first);
        next += count;
        const job = { partition, space, queries: queries.copy(first, count), k, ef };
        const searched = await pool.search(worker, job).catch(() => null);
        if (searched === null) return;
        for (const [i, hits] of unpack(searched).entries()) results[first + i] = hits;
      }
    };
    await Promise.all(pool.alive().map(serve));
    return results;
  };
}

function unpack({ keys, distances, counts }: SearchedMessage): Hit[][] {
  let at = 0;
  return Array.from(counts, (count) =>
    Array.from({ length: count }, () => ({ key: keys[at]!, distance: distances[at++]! })),
  );
}
