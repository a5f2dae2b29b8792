// How is hnswlib-node measured? Inner product over unit vectors, one addPoint per vector: it has no batch call.

import { existsSync } from "node:fs";
import type { HierarchicalNSW } from "hnswlib-node";
import { SEEDS } from "../datasets/seeds.ts";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Plan, type Store } from "./contender.ts";
import { addonPath, buildFailure } from "./hnswlib-node-build.ts";

export const hnswlibNode: Contender = {
  name: "hnswlib-node",
  settings: `ip, M ${M}, efConstruction ${EF_CONSTRUCTION}, seed ${SEEDS.peers}, one array reused for the points`,
  ours: false,
  maxThreads: 1,
  hostThread: false,
  available: () => missingPackage("hnswlib-node") ?? (existsSync(addonPath) ? null : buildFailure()),
  open: async (plan) => {
    const index = await create(plan);
    index.initIndex(plan.n, M, EF_CONSTRUCTION, SEEDS.peers);
    return store(index, plan);
  },
  load: async (plan) => {
    const index = await create(plan);
    index.readIndexSync(plan.path);
    return store(index, plan);
  },
};

async function create({ dimensions }: Plan): Promise<HierarchicalNSW> {
  const { HierarchicalNSW } = (await import("hnswlib-node")).default;
  return new HierarchicalNSW("ip", dimensions);
}

function store(index: HierarchicalNSW, { dimensions, path }: Plan): Store {
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
    save: () => index.writeIndexSync(path),
    close: () => {},
  };
}
