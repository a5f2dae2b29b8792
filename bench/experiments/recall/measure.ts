// What share of the nearest do searches find from outside, and what does the index say of itself? Sizes one after the other in
// one space: at each, searches as the table has it, then once the index has measured.

import type { Space } from "../../../src/index.ts";
import { open } from "../../../src/index.ts";
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
  tableEf: number | null;
  tableRecall: number;
  /** Seconds from the end of the flush to the measurement; null: none came. */
  seconds: number | null;
  ef: number | null;
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
  await using index = await open({ dimensions, workers: 1, partitions: 1 });
  const space = index.space<number>("s");
  const stages: RecallStage[] = [];
  for (let from = 0; from < sizes.length; from++) {
    const [first, n] = [sizes[from - 1] ?? 0, Math.min(sizes[from]!, base.length / dimensions)];
    await space.addMany(keysUpTo(n).slice(first), base.subarray(first * dimensions, n * dimensions));
    await index.flush();
    const flushed = performance.now();
    const before = space.stats()!;
    const truth = await lists(space, queries, dimensions, "exact");
    const tableRecall = shareOf(truth, await lists(space, queries, dimensions));
    const seconds = await measured(space, flushed);
    const { ef, beam, recall } = space.stats()!;
    stages.push({
      ...{ n, dimensions, tableEf: before.ef, tableRecall, seconds, ef, beam },
      reported: recall?.at10.recall ?? 1,
      error: recall?.at10.error ?? 0,
      recall: shareOf(truth, await lists(space, queries, dimensions)),
      recallAt99: shareOf(truth, await lists(space, queries, dimensions, 0.99)),
    });
  }
  return { stages };
}

/** Waits until the space was measured at about its size. Resolves to the seconds since its flush, null after a minute. */
async function measured(space: Space, flushed: number): Promise<number | null> {
  for (;;) {
    const { kind, live, recall } = space.stats()!;
    const since = performance.now() - flushed;
    if (kind === "flat" || (recall !== null && recall.vectors * 1.5 > live)) return since / 1e3;
    if (since > PATIENCE_MS) return null;
    await Bun.sleep(50);
  }
}

type Hits = { key: number; distance: number }[];

async function lists(space: Space<number>, queries: Float32Array, dimensions: number, recall?: number | "exact") {
  const found: Hits[] = [];
  for (let i = 0; i < QUERIES; i++) {
    const query = queries.subarray(i * dimensions, (i + 1) * dimensions);
    found.push(await space.search(query, { k: TRUTH_K, recall }));
  }
  return found;
}

/** A hit counts if it is no farther than the last true one: of equal vectors any will do. */
function shareOf(truth: Hits[], found: Hits[]): number {
  let count = 0;
  let all = 0;
  for (const [i, hits] of found.entries()) {
    const farthest = truth[i]!.at(-1)?.distance ?? 0;
    all += truth[i]!.length;
    count += hits.filter(({ distance }) => distance <= farthest).length;
  }
  return count / Math.max(1, all);
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
