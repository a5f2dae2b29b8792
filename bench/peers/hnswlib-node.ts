// How is hnswlib-node measured? Inner product over unit vectors, one addPoint per vector: it has no batch call.

import { existsSync } from "node:fs";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Store } from "./contender.ts";
import { addonPath, buildFailure } from "./hnswlib-node-build.ts";

const SEED = 100;

export const hnswlibNode: Contender = {
  name: "hnswlib-node",
  settings: `ip, M ${M}, efConstruction ${EF_CONSTRUCTION}, seed ${SEED}, one array reused for the points`,
  native: true,
  maxThreads: 1,
  hostThread: false,
  available: () => missingPackage("hnswlib-node") ?? (existsSync(addonPath) ? null : buildFailure()),
  open,
};

async function open(n: number, dimensions: number): Promise<Store> {
  const { HierarchicalNSW } = (await import("hnswlib-node")).default;
  const index = new HierarchicalNSW("ip", dimensions);
  index.initIndex(n, M, EF_CONSTRUCTION, SEED);
  /** The binding takes plain arrays only. */
  const point = new Array<number>(dimensions).fill(0);
  const fill = (vectors: Float32Array, start: number) => {
    for (let i = 0; i < dimensions; i++) point[i] = vectors[start + i] as number;
    return point;
  };
  return {
    add: (base) => {
      for (let row = 0; row < base.length / dimensions; row++) index.addPoint(fill(base, row * dimensions), row);
    },
    setEf: (ef) => index.setEf(ef),
    search: (query, k) => index.searchKnn(fill(query, 0), k).neighbors,
    close: () => {},
  };
}
