// What does another small space cost as their number grows? An index that is measured as it grows. A child process.

import { open, type VectorIndex } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { keysUpTo } from "../../kit/rows.ts";

const DIMENSIONS = 128;
const SEARCHES = 50_000;
const WARM = 1000; // spaces

export interface ScaleSpacesTask {
  sizes: number[];
  /** In each space. */
  vectors: number;
}

export interface ScaleSpacesMeasurement {
  stages: SpacesStage[];
}

export interface SpacesStage {
  spaces: number;
  /** Vectors a second into the spaces that came since the stage before; making them is included. */
  insertsPerSecond: number;
  /** Of all spaces so far, from the partitions' memories. */
  bytesPerSpace: number;
  /** k 10, each in a space drawn at random. */
  searchesPerSecond: number;
}

async function measure({ sizes, vectors }: ScaleSpacesTask): Promise<ScaleSpacesMeasurement> {
  const random = new Random(SEEDS.scaleSpaces);
  const flat = Float32Array.from({ length: vectors * DIMENSIONS }, () => random.normal());
  const keys = keysUpTo(vectors);
  const query = flat.subarray(0, DIMENSIONS);
  const add = async (index: VectorIndex, from: number, to: number) => {
    for (let i = from; i < to; i++) await index.space(nameOf(i)).addMany(keys, flat);
    await index.flush();
  };
  const search = async (index: VectorIndex, spaces: number) => {
    const names = Array.from({ length: SEARCHES }, () => nameOf(random.below(spaces)));
    const start = performance.now();
    for (const name of names) await index.space(name).search(query);
    return SEARCHES / ((performance.now() - start) / 1e3);
  };
  {
    await using warm = await open({ dimensions: DIMENSIONS, workers: 1 });
    await add(warm, 0, WARM);
    await search(warm, WARM);
  }
  await using index = await open({ dimensions: DIMENSIONS, workers: 1 });
  const usedBefore = index.stats().bytes.used;
  const stages: SpacesStage[] = [];
  let before = 0;
  for (const spaces of sizes) {
    const start = performance.now();
    await add(index, before, spaces);
    const seconds = (performance.now() - start) / 1e3;
    stages.push({
      spaces,
      insertsPerSecond: ((spaces - before) * vectors) / seconds,
      bytesPerSpace: (index.stats().bytes.used - usedBefore) / spaces,
      searchesPerSecond: await search(index, spaces),
    });
    before = spaces;
  }
  return { stages };
}

function nameOf(space: number): string {
  return `tenant-${space}`;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
