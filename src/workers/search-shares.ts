/* How are many queries spread over the workers? In shares; a worker gets the next one when it has returned the last. */
import type { FoundHit } from "../core/rows.ts";
import type { SpaceRef } from "../core/spaces.ts";
import type { VectorList } from "../values/vectors.ts";
import type { Pool } from "./pool.ts";
import type { SearchedMessage, SearchJob } from "./protocol.ts";

const SHARE_QUERIES = 32;

/** Hits of each query; undefined where a worker ended or failed. */
export type SearchSpreader = (
  ref: SpaceRef,
  queries: VectorList,
  job: SearchJob,
) => Promise<(FoundHit[] | undefined)[]>;

export function spreadOver(pool: Pool): SearchSpreader {
  return async ({ partition, address, incarnation }, queries, job) => {
    const space = { address, incarnation };
    const results = new Array<FoundHit[] | undefined>(queries.count);
    let next = 0;
    const serve = async (worker: number) => {
      while (next < queries.count) {
        const first = next;
        const count = Math.min(SHARE_QUERIES, queries.count - first);
        next += count;
        const share = { partition, space, queries: queries.copy(first, count), job };
        const searched = await pool.search(worker, share).catch(() => null);
        if (searched === null) return;
        for (const [i, hits] of unpack(searched).entries()) results[first + i] = hits;
      }
    };
    await Promise.all(pool.alive().map(serve));
    return results;
  };
}

function unpack({ keys, distances, counts, rows, vectors }: SearchedMessage): FoundHit[][] {
  let at = 0;
  return Array.from(counts, (count) =>
    Array.from({ length: count }, () => {
      const hit: FoundHit = { key: keys[at]!, distance: distances[at]! };
      if (rows !== null) hit.row = rows[at] ?? null;
      if (vectors !== null) hit.vector = vectors[at];
      at++;
      return hit;
    }),
  );
}
