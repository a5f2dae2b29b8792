/*
 * Do a thousand collections of five shapes cost no more threads than those that are open, one after the other and all at once, and does
 * their store open at once? COLLECTIONS says how many; the figures are printed.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { openStore } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { Command } from "./serving.ts";

const COLLECTIONS = Number(process.env.COLLECTIONS ?? 20);
const MAX_OPEN = 4;
const MOST_IN_USE = 4 * MAX_OPEN;
const THREADS = 3; // of an open collection: a worker, a journal and a snapshot thread
const FEW = 3 * MAX_OPEN;
const SHAPES = [2, 8, 32, 128, 384].map((dimensions, i) => {
  return { dimensions, metric: (["cosine", "l2", "dot"] as const)[i % 3]! };
});
const nameOf = (i: number) => `collection-${i}`;

/** Those that the server has started; the runtime has some of its own, such as a collector beside each. */
function threadsOf({ job }: Command): number {
  const nameOf = (thread: string) => {
    try {
      return readFileSync(`/proc/${job.pid}/task/${thread}/comm`, "utf8").trim();
    } catch {
      return ""; // it has ended
    }
  };
  return readdirSync(`/proc/${job.pid}/task`).filter((thread) => nameOf(thread) === "Worker").length;
}

test(
  `${COLLECTIONS} collections of ${SHAPES.length} shapes`,
  async () => {
    using folder = new Folder();
    {
      await using store = await openStore(folder.path, { workers: 0, maxOpen: MAX_OPEN });
      for (let i = 0; i < COLLECTIONS; i++) {
        const shape = SHAPES[i % SHAPES.length]!;
        await store.create(nameOf(i), shape);
        const vector = Array<number>(shape.dimensions).fill(i + 1);
        await store.use(nameOf(i), (index) => index.space("points").add(i, vector));
      }
    }
    await using server = await Command.start([folder.path, "--max-open", `${MAX_OPEN}`]);
    const started = performance.now();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const client = server.client();
    expect((await client.getCollections()).collections).toHaveLength(COLLECTIONS);
    const readyMs = performance.now() - started;
    const use = async (i: number) => {
      expect((await client.retrieve(nameOf(i), { ids: [i] })).map(({ id }) => id)).toEqual([i]);
    };
    for (let i = 0; i < FEW; i++) await use(i);
    const few = threadsOf(server);
    let firstMs = 0;
    for (let i = FEW; i < COLLECTIONS; i++) {
      const start = performance.now();
      await use(i);
      firstMs = Math.max(firstMs, performance.now() - start);
    }
    const many = threadsOf(server);
    let most = many;
    const watch = setInterval(() => {
      most = Math.max(most, threadsOf(server));
    }, 20);
    let refused = 0;
    // Of those that wait for room too long, some are refused with 503 and try again, as clients do.
    const useInTheEnd = async (i: number): Promise<void> => {
      for (;;) {
        const failure = await use(i).then(
          () => null,
          (error) => error,
        );
        if (failure === null) return;
        if (failure.status !== 503) throw failure;
        refused++;
      }
    };
    try {
      await Promise.all(Array.from({ length: COLLECTIONS }, (_, i) => useInTheEnd(i)));
    } finally {
      clearInterval(watch);
    }
    console.log({
      collections: COLLECTIONS,
      readyMs,
      longestFirstUseMs: firstMs,
      threadsWithFew: few,
      threadsWithAll: many,
      mostThreadsAtOnce: most,
      refusedAtOnce: refused,
      memory: /^VmRSS:\s+(.+)$/m.exec(readFileSync(`/proc/${server.job.pid}/status`, "utf8"))![1],
    });
    // One more may be open, or being closed, than stay open.
    expect(few).toBeGreaterThanOrEqual(THREADS);
    expect(many).toBeLessThanOrEqual(THREADS * (MAX_OPEN + 1));
    expect(most).toBeLessThanOrEqual(THREADS * (MOST_IN_USE + 1));
  },
  Math.max(600_000, 5000 * COLLECTIONS),
);
