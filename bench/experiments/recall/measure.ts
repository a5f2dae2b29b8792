// What share of the nearest do searches find from outside, and what does the index say of itself? For each size an index of its
// own: first searches as the table has it, then once the index has measured.

import { MAX_EF } from "../../../assembly/layout.ts";
import { open, type SearchOptions, type Space } from "../../../src/index.ts";
import { TRUTH_K } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { loadInput, QUERIES } from "./inputs.ts";

/** After a flush, so long at most until the index has measured. */
const PATIENCE_MS = 60_000;

export interface RecallTask {
  input: string;
  sizes: number[];
}

export interface RecallStage {
  n: number;
  dimensions: number;
  /** By the table, from outside: the share of held-out queries' neighbours that is found, and the ef. */
  tableEf: number | undefined;
  tableRecall: number;
  /** Seconds from the end of the flush to the measurement; undefined: none came. */
  seconds: number | undefined;
  /** undefined: every vector is compared. */
  ef: number | undefined;
  beam: string;
  /** As the index reports it, with its standard error; and from outside. */
  reported: number;
  error: number;
  recall: number;
  /** With `search({ recall: 0.99 })`, from outside. */
  recallAt99: number;
}

async function measure({ input, sizes }: RecallTask): Promise<{ stages: RecallStage[] }> {
  const { base, queries, dimensions } = await loadInput(input, sizes.at(-1)!);
  const stages: RecallStage[] = [];
  for (const size of sizes) {
    const n = Math.min(size, base.length / dimensions);
    stages.push(await stageOf(base.subarray(0, n * dimensions), queries, dimensions));
  }
  return { stages };
}

async function stageOf(base: Float32Array, queries: Float32Array, dimensions: number): Promise<RecallStage> {
  const n = base.length / dimensions;
  await using index = await open({ dimensions, workers: 1, partitions: 1 });
  const space = index.space<number>("s");
  await space.addMany(keysUpTo(n), base);
  await index.flush();
  const flushed = performance.now();
  const { ef: tableEf } = space.stats()!;
  const tableRecall = await recallOf(space, queries, dimensions, { ef: tableEf ?? MAX_EF + 1 });
  const seconds = await measured(space, flushed);
  const { ef, beam, recall } = space.stats()!;
  return {
    ...{ n, dimensions, tableEf: tableEf ?? undefined, tableRecall, seconds, ef: ef ?? undefined, beam },
    reported: recall?.at10.recall ?? 1,
    error: recall?.at10.error ?? 0,
    recall: await recallOf(space, queries, dimensions, {}),
    recallAt99: await recallOf(space, queries, dimensions, { recall: 0.99 }),
  };
}

/** Waits until the space was measured at about its size. Resolves to the seconds since its flush, undefined after a minute. */
async function measured(space: Space, flushed: number): Promise<number | undefined> {
  for (;;) {
    const { kind, live, recall } = space.stats()!;
    const since = performance.now() - flushed;
    if (kind === "flat" || (recall !== null && recall.vectors * 1.5 > live)) return since / 1e3;
    if (since > PATIENCE_MS) return undefined;
    await Bun.sleep(50);
  }
}

type Width = Pick<SearchOptions, "ef" | "recall">;

/** The share of the true neighbours of all queries that is found. */
async function recallOf(space: Space<number>, queries: Float32Array, dimensions: number, options: Width) {
  let [found, all] = [0, 0];
  for (let i = 0; i < QUERIES; i++) {
    const query = queries.subarray(i * dimensions, (i + 1) * dimensions);
    const truth = await space.search(query, { k: TRUTH_K, recall: "exact" });
    const hits = await space.search(query, { k: TRUTH_K, ...options });
    // Of equally near vectors any will do.
    found += hits.filter(({ distance }) => distance <= truth.at(-1)!.distance).length;
    all += truth.length;
  }
  return found / all;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
