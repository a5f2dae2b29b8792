/* Do the workers of an index in memory end when the program can't reach it any more, and not before? */
import { expect, test } from "bun:test";
import { openWith } from "../../src/api/open.ts";
import { attach, type VectorIndex } from "../../src/index.ts";
import type { Control } from "../../src/workers/control.ts";
import type { Pool } from "../../src/workers/pool.ts";
import { until } from "../support/indexes.ts";

const OPTIONS = { dimensions: 2, workers: 2, partitions: 1 } as const;

/** Opens indexes, one after the other; what `keep` returns is all that is kept of one. */
async function opened<Kept>(keep: (index: VectorIndex) => Kept) {
  const [pools, controls, kept]: [Pool[], Control[], Kept[]] = [[], [], []];
  for (let i = 0; i < 3; i++) {
    let found: VectorIndex | null = null;
    const { index, pool, handle } = await openWith({ ...OPTIONS, onIncident: () => found?.stats() });
    found = index;
    await index.space("s").add("key", [1, 2]);
    expect(pool!.alive()).toHaveLength(OPTIONS.workers);
    pools.push(pool!);
    controls.push(handle.control);
    kept.push(keep(index));
  }
  return { pools, controls, kept };
}

async function collect(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    Bun.gc(true);
    await Bun.sleep(1); // what is on the stack of a turn is not collected
  }
}

const running = (pools: Pool[]) => pools.flatMap((pool) => pool.alive()).length;

test("they end, though the workers' listeners lead to a function that knows the index", async () => {
  const { pools } = await opened(() => null);
  await until(() => {
    Bun.gc(true);
    return running(pools) === 0;
  }, "the workers have ended");
});

test("they stay while a space is kept", async () => {
  const { pools, kept } = await opened((index) => index.space("s"));
  await collect(20);
  expect(running(pools)).toBe(6);
  for (const space of kept) {
    await space.add("other", [3, 4]);
    expect(await space.searchMany([[3, 4]], { k: 1 })).toEqual([[{ key: "other", distance: expect.any(Number) }]]);
  }
});

test("they stay while another thread may have a handle", async () => {
  const { pools, controls, kept } = await opened((index) => index.attach());
  await collect(20);
  expect(running(pools)).toBe(6);
  for (const ticket of kept) {
    const handle = attach(ticket);
    await handle.space("s").add("other", [3, 4]);
    await handle.flush();
    expect(handle.space("s").size).toBe(2);
    await handle.close();
  }
  for (const control of controls) control.close();
  for (const pool of pools) await pool.stop();
});
