// What does an op cost by the size of its space? Samples of a worker's processor time while it links.

import type { VectorIndex } from "../../../src/index.ts";
import { sum } from "../../kit/statistics.ts";
import { since, workerThreads } from "../../kit/threads.ts";

/** Ops in the spaces that were linked into, ops linked, milliseconds of all workers. */
export type CostSample = [number, number, number];

const SAMPLE_MS = 30;

/** Starts to take samples; the function that it returns ends that and returns them. */
export function sampleCosts(index: VectorIndex): () => CostSample[] {
  const samples: CostSample[] = [];
  const threads = workerThreads();
  let [linked, spent] = [linkedOf(index), 0];
  const take = () => {
    const [now, spentNow] = [linkedOf(index), sum(since(threads).map(({ ranMs }) => ranMs))];
    const added = [...now].map(([name, ops]): [number, number] => [
      linked.get(name) ?? 0,
      ops - (linked.get(name) ?? 0),
    ]);
    const ops = sum(added.map(([, count]) => count));
    const size = sum(added.map(([before, count]) => count * (before + count / 2))) / Math.max(1, ops);
    samples.push([size, ops, spentNow - spent]);
    [linked, spent] = [now, spentNow];
  };
  const timer = setInterval(take, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return samples;
  };
}

/** Ops of each space that are in its graph. */
function linkedOf(index: VectorIndex): Map<string, number> {
  const graphs = index.stats().spaces.filter(({ kind }) => kind === "graph");
  return new Map(graphs.map(({ name, live, pending }) => [name, live - pending]));
}
