/*
 * Do a thousand collections of five shapes cost the threads and memories of five, does their store open at once, and are they
 * used at once? COLLECTIONS says how many; the figures are printed.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { openStore } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { Command } from "./serving.ts";

const COLLECTIONS = Number(process.env.COLLECTIONS ?? 200);
const THREADS = 3; // of a shape: a worker, a journal and a snapshot thread
const SHAPES = [2, 8, 32, 128, 384].map((dimensions, i) => {
  return { dimensions, metric: (["cosine", "l2", "dot"] as const)[i % 3]! };
});
const FIELDS = { lang: "keyword", year: "number", seen: "date" } as const;
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

const GIB = 2 ** 20; // in kB
/** Address space: each memory of an index takes 4 GiB of it and more, whatever it holds. */
function addressSpaceOf({ job }: Command): number {
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${job.pid}/status`, "utf8"))![1]) / GIB;
}

test(
  `${COLLECTIONS} collections of ${SHAPES.length} shapes`,
  async () => {
    using folder = new Folder();
    const created = performance.now();
    {
      await using store = await openStore(folder.path, { workers: 0 });
      const fill = async (i: number) => {
        const { dimensions } = SHAPES[i % SHAPES.length]!;
        await store.use(nameOf(i), async (index) => {
          // Some have fields, in an order of their own.
          const fields = Object.entries(FIELDS).slice(0, i % 4);
          for (const [name, type] of i % 8 < 4 ? fields : fields.reverse()) await index.addField(name, type);
          await index.space("points").add(i, Array<number>(dimensions).fill(i + 1), { lang: `l${i}`, year: i });
        });
      };
      for (let i = 0; i < COLLECTIONS; i++) await store.create(nameOf(i), SHAPES[i % SHAPES.length]!);
      await Promise.all(Array.from({ length: COLLECTIONS }, (_, i) => fill(i)));
    }
    const createdMs = performance.now() - created;
    await using server = await Command.start([folder.path]);
    const started = performance.now();
    while ((await fetch(`${server.url}/readyz`)).status !== 200) await Bun.sleep(5);
    const client = server.client();
    expect((await client.getCollections()).collections).toHaveLength(COLLECTIONS);
    const readyMs = performance.now() - started;
    const use = async (i: number) => {
      expect((await client.retrieve(nameOf(i), { ids: [i] })).map(({ id }) => id)).toEqual([i]);
    };
    for (let i = 0; i < SHAPES.length; i++) await use(i);
    const withOneEach = { threads: threadsOf(server), gib: addressSpaceOf(server) };
    const firstUses = performance.now();
    await Promise.all(Array.from({ length: COLLECTIONS }, (_, i) => use(i)));
    const allMs = performance.now() - firstUses;
    const withAll = { threads: threadsOf(server), gib: addressSpaceOf(server) };
    console.log({
      ...{ collections: COLLECTIONS, createdMs, readyMs, allUsedMs: allMs, withOneEach, withAll },
      memory: /^VmRSS:\s+(.+)$/m.exec(readFileSync(`/proc/${server.job.pid}/status`, "utf8"))![1],
    });
    expect(withOneEach.threads).toBe(THREADS * SHAPES.length);
    expect(withAll.threads).toBe(withOneEach.threads);
    expect(withAll.gib).toBeLessThan(withOneEach.gib + 2); // one memory more takes 4
  },
  Math.max(600_000, 1000 * COLLECTIONS),
);
