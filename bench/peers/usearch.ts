// How is usearch measured? Inner product over unit vectors, one contender for each of its scalar kinds.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "usearch";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Store } from "./contender.ts";

export function usearch(quantization: Config["quantization"]): Contender {
  return {
    name: `usearch-${quantization}`,
    settings: `ip, connectivity ${M}, expansion_add ${EF_CONSTRUCTION}, one add call`,
    native: true,
    maxThreads: Number.POSITIVE_INFINITY,
    hostThread: false,
    available: () => missingPackage("usearch"),
    open: (_n, dimensions, threads) => open(quantization, dimensions, threads),
  };
}

async function open(quantization: Config["quantization"], dimensions: number, threads: number): Promise<Store> {
  const { Index } = (await import("usearch")).default;
  const create = (ef: number) =>
    new Index({
      dimensions,
      metric: "ip",
      quantization,
      connectivity: M,
      expansion_add: EF_CONSTRUCTION,
      expansion_search: ef,
      multi: false,
    });
  const built = create(64);
  let searched = built;
  return {
    add: (base) => {
      const keys = BigUint64Array.from({ length: base.length / dimensions }, (_, i) => BigInt(i));
      built.add(keys, base, threads);
    },
    /** The JavaScript binding fixes ef when an index is made: the graph goes through a file into one with another ef. */
    setEf: (ef) => {
      const folder = mkdtempSync(join(tmpdir(), "usearch-"));
      try {
        built.save(join(folder, "index"));
        searched = create(ef);
        searched.load(join(folder, "index"));
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    search: (query, k) => Array.from(searched.search(query, k, 1).keys, Number),
    close: () => {},
  };
}
