// What does a small space cost? Many of them, with few vectors each, in memory, time and per search. A child process.

import { open } from "../../src/index.ts";
import { Random } from "../datasets/random.ts";

const DIMENSIONS = 128;
const SMALL = 10; // vectors of the space that is searched
const SEARCHES = 50_000;
const SEED = 10_000;

export interface SpacesTask {
  spaces: number;
  vectors: number;
}

export interface SpacesMeasurement {
  vectorsPerSecond: number;
  /** Taken from the partitions' memories, what threads need apart. */
  kibPerSpace: number;
  /** Of a search, k 10, in a space of SMALL vectors. */
  searchMicroseconds: number;
}

async function measure({ spaces, vectors }: SpacesTask): Promise<SpacesMeasurement> {
  const random = new Random(SEED);
  const flat = Float32Array.from({ length: vectors * DIMENSIONS }, () => random.normal());
  const keys = Array.from({ length: vectors }, (_, i) => i);
  await using index = await open({ dimensions: DIMENSIONS, workers: 1 });
  const small = index.space("small");
  await small.addMany(keys.slice(0, SMALL), flat.subarray(0, SMALL * DIMENSIONS));
  const usedBefore = index.stats().bytes.used;
  const start = performance.now();
  for (let i = 0; i < spaces; i++) await index.space(`tenant-${i}`).addMany(keys, flat);
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  const bytes = index.stats().bytes.used - usedBefore;
  const query = flat.subarray(0, DIMENSIONS);
  const time = async () => {
    const before = performance.now();
    for (let i = 0; i < SEARCHES; i++) await small.search(query);
    return ((performance.now() - before) / SEARCHES) * 1e3;
  };
  await time(); // warm
  return {
    vectorsPerSecond: (spaces * vectors) / seconds,
    kibPerSpace: bytes / spaces / 1024,
    searchMicroseconds: await time(),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
