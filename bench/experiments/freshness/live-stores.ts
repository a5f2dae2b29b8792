// How does a server that goes on serving add to each library and search it? Ours beside the event loop; usearch and
// hnswlib-node on it, since neither's `add` has an asynchronous form.

import { open } from "../../../src/index.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { EF_CONSTRUCTION, M } from "../../peers/contender.ts";
import { hnswlibNode } from "../../peers/hnswlib-node.ts";
import { usearch } from "../../peers/usearch.ts";

const EF = 64;

export interface LiveStore {
  /** A vector under each key, all of them in one flat array. */
  add(keys: number[], vectors: Float32Array): void | Promise<void>;
  /** The nearest one's key. */
  nearest(query: Float32Array): number | undefined | Promise<number | undefined>;
  close(): void | Promise<void>;
}

export interface Live {
  name: string;
  /** Why it can't run here, or null when it can. */
  available(): string | null;
  /** An empty index for n vectors; `threads`: as many as it may have, the caller's included. */
  open(n: number, dimensions: number, threads: number): Promise<LiveStore>;
}

export const liveStores: Live[] = [
  { name: "ours", available: () => null, open: openOurs },
  { name: "usearch", available: () => usearch("f32").available(), open: openUsearch },
  { name: "hnswlib-node", available: () => hnswlibNode.available(), open: openHnswlib },
];

async function openOurs(_n: number, dimensions: number, threads: number): Promise<LiveStore> {
  const index = await open({ dimensions, workers: Math.max(1, threads - 1), partitions: 1 });
  const space = index.space("live");
  return {
    add: (keys, vectors) => space.addMany(keys, vectors),
    nearest: async (query) => Number((await space.search(query, { k: 1 }))[0]?.key),
    close: () => index.close(),
  };
}

async function openUsearch(_n: number, dimensions: number, threads: number): Promise<LiveStore> {
  const { Index } = (await import("usearch")).default;
  const index = new Index({
    ...{ dimensions, metric: "ip", quantization: "f32", connectivity: M, multi: false },
    ...{ expansion_add: EF_CONSTRUCTION, expansion_search: EF },
  });
  return {
    add: (keys, vectors) => index.add(BigUint64Array.from(keys, BigInt), vectors, threads),
    nearest: (query) => Number(index.search(query, 1, 1).keys[0]),
    close: () => {},
  };
}

async function openHnswlib(n: number, dimensions: number): Promise<LiveStore> {
  const { HierarchicalNSW } = (await import("hnswlib-node")).default;
  const index = new HierarchicalNSW("ip", dimensions);
  index.initIndex(n, M, EF_CONSTRUCTION, SEEDS.liveStores);
  index.setEf(EF);
  return {
    add: (keys, vectors) => {
      for (const [i, key] of keys.entries()) {
        index.addPoint(Array.from(vectors.subarray(i * dimensions, (i + 1) * dimensions)), key);
      }
    },
    nearest: (query) => index.searchKnn(Array.from(query), 1).neighbors[0],
    close: () => {},
  };
}
