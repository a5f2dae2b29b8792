// How is usearch measured? Inner product over unit vectors, one contender for each of its scalar kinds.

import { join } from "node:path";
import type { Config, Index } from "usearch";
import { MAIN_EF } from "../kit/curve.ts";
import { TemporaryFolder } from "../kit/temporary-folder.ts";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Plan, type Store } from "./contender.ts";

export function usearch(quantization: Config["quantization"]): Contender {
  const creator = async ({ dimensions }: Plan) => {
    const { Index } = (await import("usearch")).default;
    return (ef: number) =>
      new Index({
        dimensions,
        metric: "ip",
        quantization,
        connectivity: M,
        expansion_add: EF_CONSTRUCTION,
        expansion_search: ef,
        multi: false,
      });
  };
  return {
    name: `usearch-${quantization}`,
    settings: `ip, connectivity ${M}, expansion_add ${EF_CONSTRUCTION}, one add call`,
    ours: false,
    maxThreads: Number.POSITIVE_INFINITY,
    hostThread: false,
    available: () => missingPackage("usearch"),
    open: async (plan) => store(await creator(plan), plan),
    load: async (plan) => store(loading(await creator(plan), plan.path), plan),
  };
}

type Create = (ef: number) => Index;

function loading(create: Create, path: string): Create {
  return (ef) => {
    const index = create(ef);
    index.load(path);
    return index;
  };
}

function store(create: Create, { dimensions, threads, path }: Plan): Store {
  const built = create(MAIN_EF);
  let searched = built;
  return {
    add: (base) => {
      const keys = BigUint64Array.from({ length: base.length / dimensions }, (_, i) => BigInt(i));
      built.add(keys, base, threads);
    },
    /** The JavaScript binding fixes ef when an index is made: a file carries the graph into one with another ef. */
    setEf: (ef) => {
      using folder = new TemporaryFolder();
      built.save(join(folder.path, "index"));
      searched = loading(create, join(folder.path, "index"))(ef);
    },
    search: (query, k) => Array.from(searched.search(query, k, 1).keys, Number),
    save: () => built.save(path),
    close: () => {},
  };
}
