/*
 * Do a thousand collections of five shapes cost no more threads than those that are open, and does their store open at once? COLLECTIONS
 * says how many; the figures are printed.
 */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { openStore } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { Command } from "./serving.ts";

const COLLECTIONS = Number(process.env.COLLECTIONS ?? 30);
const MAX_OPEN = 4;
const FEW = 3 * MAX_OPEN;
const SHAPES = [2, 8, 32, 128, 384].map((dimensions, i) => {
  return { dimensions, metric: (["cosine", "l2", "dot"] as const)[i % 3]! };
});
const nameOf = (i: number) => `collection-${i}`;

const threadsOf = ({ job }: Command) => readdirSync(`/proc/${job.pid}/task`).length;

test(`${COLLECTIONS} collections of ${SHAPES.length} shapes`, async () => {
  using folder = new Folder();
  {
    await using store = await openStore(folder.path, { workers: 1, maxOpen: MAX_OPEN });
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
  // Until some were closed again: the runtime starts threads of its own at its first works of each kind.
  for (let i = 0; i < FEW; i++) await use(i);
  const few = threadsOf(server);
  let firstMs = 0;
  for (let i = FEW; i < COLLECTIONS; i++) {
    const start = performance.now();
    await use(i);
    firstMs = Math.max(firstMs, performance.now() - start);
  }
  const many = threadsOf(server);
  console.log({
    collections: COLLECTIONS,
    readyMs,
    longestFirstUseMs: firstMs,
    threadsWithFew: few,
    threadsWithAll: many,
  });
  // One more may be open, or being closed, than stay open: with a worker, a journal and a snapshot thread.
  expect(many).toBeLessThanOrEqual(few + 4);
}, 1_200_000);
