// How is edgevec measured? Squared distance over unit vectors: its `dot` and `cosine` find the farthest.

import type { EdgeVec } from "edgevec";
import { MAIN_EF } from "../kit/curve.ts";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Plan, type Store } from "./contender.ts";

const CHUNK_BYTES = 2 ** 20;

export const edgevec: Contender = {
  name: "edgevec",
  settings: `l2, m ${M}, m0 ${2 * M}, ef_construction ${EF_CONSTRUCTION}, one batch; loads from IndexedDB only`,
  ours: false,
  maxThreads: 1,
  hostThread: false,
  once: true,
  efs: [MAIN_EF, 32],
  available: () => missingPackage("edgevec"),
  open,
};

async function open({ dimensions, path }: Plan): Promise<Store> {
  const { default: init, EdgeVec, EdgeVecConfig } = await import("edgevec");
  await init();
  const create = (ef: number): EdgeVec => {
    const config = new EdgeVecConfig(dimensions);
    Object.assign(config, { metric: "l2", m: M, m0: 2 * M, ef_construction: EF_CONSTRUCTION, ef_search: ef });
    return new EdgeVec(config);
  };
  let vectors: Float32Array = new Float32Array();
  let ef = MAIN_EF;
  let index = create(ef);
  const fill = () => index.insertBatchFlat(vectors, vectors.length / dimensions);
  return {
    add: (base) => {
      vectors = base;
      fill();
    },
    /** ef is fixed when an index is made, and what was saved cannot be loaded outside of a browser: it is built again. */
    setEf: (next) => {
      if (next === ef) return;
      ef = next;
      index.free();
      index = create(ef);
      fill();
    },
    /** Its own numbers begin at 1. */
    search: (query, k) => index.search(query, k).map(({ id }) => id - 1),
    save: async () => {
      const chunks = index.save_stream(CHUNK_BYTES);
      const file = Bun.file(path).writer();
      for (let chunk = chunks.next_chunk(); chunk !== undefined; chunk = chunks.next_chunk()) file.write(chunk);
      await file.end();
    },
    close: () => index.free(),
  };
}
