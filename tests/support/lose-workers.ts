/* How does a test lose workers for good? By killing every one that comes in their place, until the pool gives up. */
import type { VectorIndex } from "../../src/index.ts";
import type { Pool } from "../../src/workers/pool.ts";
import { until } from "./indexes.ts";

/** Resolves when no worker is alive and none will come. Works only while the workers have nothing to link. */
export async function loseWorkers(pool: Pool, index: VectorIndex): Promise<void> {
  for (let worker = 0; worker < index.options.workers; worker++) {
    await until(async () => {
      if (index.stats().workers[worker]!.alive) await pool.kill(worker);
      return !hasThread(pool, worker);
    }, `worker ${worker} is given up`);
  }
}

/** Whether a thread has the worker's place, be it only starting. */
function hasThread(pool: Pool, worker: number): boolean {
  return (pool as unknown as { members: unknown[] }).members[worker] !== null;
}
