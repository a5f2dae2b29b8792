// How is hnswlib-wasm measured? Its module is for browsers: elsewhere it starts if there is a global called `window`.

import { SEEDS } from "../datasets/seeds.ts";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Plan, type Store } from "./contender.ts";

export const hnswlibWasm: Contender = {
  name: "hnswlib-wasm",
  settings: `ip, M ${M}, efConstruction ${EF_CONSTRUCTION}, seed ${SEEDS.peers}; saves into IndexedDB only, so not on a server`,
  ours: false,
  maxThreads: 1,
  hostThread: false,
  once: true,
  available: () => missingPackage("hnswlib-wasm"),
  open,
};

async function open({ n, dimensions }: Plan): Promise<Store> {
  Object.assign(globalThis, { window: globalThis });
  // `loadHnswlib` of the package's entry waits for IndexedDB; this is what it loads.
  const { default: load } = await import("hnswlib-wasm/dist/hnswlib-317962d7.js");
  const { HierarchicalNSW } = await load();
  const index = new HierarchicalNSW("ip", dimensions, "");
  index.initIndex(n, M, EF_CONSTRUCTION, SEEDS.peers);
  return {
    add: (base) => {
      for (let row = 0; row < base.length / dimensions; row++) {
        index.addPoint(base.subarray(row * dimensions, (row + 1) * dimensions), row, false);
      }
    },
    setEf: (ef) => index.setEfSearch(ef),
    search: (query, k) => index.searchKnn(query, k, undefined).neighbors,
    close: () => {},
  };
}
