// What does another vector cost as a space grows? One space that is measured as it grows. A child process.

import { open, type Space } from "../../../src/index.ts";
import { drawer, mixture128 } from "../../datasets/gaussian.ts";
import { TRUTH_K } from "../../datasets/index.ts";
import { MAIN_EF, rateAtEqualRecall } from "../../kit/curve.ts";
import { exactHits } from "../../kit/own-recall.ts";
import { addRows } from "../../kit/rows.ts";
import { measureCurve, type Queries, queryVector } from "../../kit/searching.ts";
import { warmUp } from "../../kit/warm-up.ts";
import { searching } from "../../peers/ours.ts";

/** Few, because exact scans of a million vectors take long. */
const QUERIES = 200;
const EFS = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048];
const WARM = 2000;

export interface ScaleVectorsTask {
  sizes: number[];
}

export interface ScaleVectorsMeasurement {
  stages: VectorsStage[];
}

export interface VectorsStage {
  vectors: number;
  /** Of those that came since the stage before. */
  insertsPerSecond: number;
  /** Of the space, all of it. */
  bytesPerVector: number;
  kind: "flat" | "graph";
  /** At MAIN_EF. */
  recall: number;
  searchesPerSecond: number;
  /** At EQUAL_RECALL, if any ef here reaches it. */
  equalSearchesPerSecond?: number;
}

async function measure({ sizes }: ScaleVectorsTask): Promise<ScaleVectorsMeasurement> {
  const { dimensions } = mixture128;
  const draw = drawer(mixture128);
  const base = draw(sizes.at(-1) ?? 0);
  const queries = { dimensions, queries: draw(QUERIES), queryCount: QUERIES };
  await using index = await open({ dimensions, workers: 1, partitions: 1 });
  await warmUp(index, base.subarray(0, Math.min(WARM * dimensions, base.length)), ["warm"]);
  const space = index.space("growing");
  const stages: VectorsStage[] = [];
  let before = 0;
  for (const vectors of sizes) {
    const start = performance.now();
    await addRows(space, { base, dimensions }, before, vectors);
    await index.flush();
    const seconds = (performance.now() - start) / 1e3;
    const { bytes, kind } = index.stats().spaces[0]!;
    const curve = await measureCurve(searching(space), { ...queries, truth: await exactKeys(space, queries) }, EFS);
    const main = curve.find(({ ef }) => ef === MAIN_EF)!;
    stages.push({
      ...{ vectors, kind, recall: main.recall, searchesPerSecond: main.searchesPerSecond },
      insertsPerSecond: (vectors - before) / seconds,
      bytesPerVector: bytes / vectors,
      equalSearchesPerSecond: rateAtEqualRecall(curve, TRUTH_K) ?? undefined,
    });
    before = vectors;
  }
  return { stages };
}

async function exactKeys(space: Space, queries: Omit<Queries, "truth">): Promise<Int32Array> {
  const truth = new Int32Array(queries.queryCount * TRUTH_K);
  for (let query = 0; query < queries.queryCount; query++) {
    const hits = await exactHits(space, queryVector(queries, query));
    truth.set(
      hits.map(({ key }) => Number(key)),
      query * TRUTH_K,
    );
  }
  return truth;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
