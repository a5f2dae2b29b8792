// How are we measured? Through the public API alone, as a user would: one addMany, one flush, every search awaited.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Contender, Store } from "./contender.ts";

const entry = join(import.meta.dir, "..", "..", "src", "index.ts");

/** By default, or with an efConstruction that gives the recall of the peers instead of a higher one. */
export function ours(efConstruction?: number): Contender {
  const care = efConstruction === undefined ? "everything else as by default" : `efConstruction ${efConstruction}`;
  return {
    name: efConstruction === undefined ? "ours" : `ours-ef${efConstruction}`,
    settings: `cosine, one partition, ${care}, one addMany and one flush`,
    native: false,
    maxThreads: Number.POSITIVE_INFINITY,
    hostThread: true,
    available: () => (existsSync(entry) ? null : "src/index.ts is not there"),
    open: (_n, dimensions, threads) => open(dimensions, threads, efConstruction),
  };
}

async function open(dimensions: number, workers: number, efConstruction?: number): Promise<Store> {
  const { open: openIndex } = await import("../../src/index.ts");
  const index = await openIndex({ dimensions, metric: "cosine", workers, partitions: 1, efConstruction });
  const space = index.space("bench");
  let ef = 64;
  return {
    add: async (base) => {
      const keys = Array.from({ length: base.length / dimensions }, (_, i) => i);
      await space.addMany(keys, base);
      await index.flush();
    },
    setEf: (next) => {
      ef = next;
    },
    search: async (query, k) => (await space.search(query, { k, ef })).map((hit) => Number(hit.key)),
    close: () => index.close(),
  };
}
