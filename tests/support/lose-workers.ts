/* How does a test lose workers for good? By killing every one that comes in their place, until the pool gives up. */
import { type opened, until } from "./indexes.ts";

/** Resolves when no worker is alive and none will come. Works only while the workers have nothing to link. */
export async function loseWorkers({ index, pool, incidents }: Awaited<ReturnType<typeof opened>>): Promise<void> {
  for (let worker = 0; worker < index.options.workers; worker++) {
    await until(async () => {
      if (index.stats().workers[worker]!.alive) await pool!.kill(worker);
      return incidents.some((incident) => incident.kind === "lost" && incident.worker === worker);
    }, `worker ${worker} is given up`);
  }
}
