// How are we measured? Through the public API alone, as a user would: one addMany, one flush, every search awaited.

import { type OpenOptions, open as openIndex, type Space, type VectorIndex } from "../../src/index.ts";
import { MAIN_EF } from "../kit/curve.ts";
import type { Contender, Plan, Store } from "./contender.ts";

/** By default, or with an efConstruction that gives the recall of the peers instead of a higher one. */
export function ours(efConstruction?: number): Contender {
  const care = efConstruction === undefined ? "everything else as by default" : `efConstruction ${efConstruction}`;
  const settings = ({ dimensions, threads }: Plan): OpenOptions => ({
    ...{ dimensions, metric: "cosine", workers: threads, partitions: 1, efConstruction, ef: MAIN_EF },
  });
  return {
    name: efConstruction === undefined ? "ours" : `ours-ef${efConstruction}`,
    settings: `cosine, one partition, ${care}, one addMany and one flush; saved by export`,
    ours: true,
    maxThreads: Number.POSITIVE_INFINITY,
    hostThread: true,
    available: () => null,
    open: async (plan) => store(await openIndex(settings(plan)), plan),
    load: async (plan) => store(await openIndex({ ...settings(plan), from: Bun.file(plan.path) }), plan),
  };
}

function store(index: VectorIndex, { dimensions, path }: Plan): Store {
  const space = index.space("bench");
  return {
    ...searching(space),
    add: async (base) => {
      const keys = Array.from({ length: base.length / dimensions }, (_, i) => i);
      await space.addMany(keys, base);
      await index.flush();
    },
    save: async () => {
      await Bun.write(path, new Response(index.export()));
    },
    close: () => index.close(),
  };
}

/** A space of numbered keys, as a searcher of the curve. */
export function searching(space: Space): Pick<Store, "setEf" | "search"> {
  let ef = MAIN_EF;
  return {
    setEf: (next) => {
      ef = next;
    },
    search: async (query, k) => (await space.search(query, { k, ef })).map((hit) => Number(hit.key)),
  };
}
