// What happens while it runs? Queue depths, linked ops and steals at intervals, from the index's own statistics.

import type { VectorIndex } from "../../../src/index.ts";

export interface Sample {
  ms: number;
  /** Ops that wait for each worker, linked by each, and steals so far. */
  depths: number[];
  linked: number[];
  steals: number;
}

/** Starts to take samples; the function that it returns ends that and returns them. */
export function sampleWhile(index: VectorIndex, everyMs: number): () => Sample[] {
  const samples: Sample[] = [];
  const start = performance.now();
  const take = () => {
    const { workers } = index.stats();
    samples.push({
      ms: Math.round(performance.now() - start),
      depths: workers.map(({ queueDepth }) => queueDepth),
      linked: workers.map(({ linked }) => linked),
      steals: workers.reduce((sum, { steals }) => sum + steals, 0),
    });
  };
  take();
  const timer = setInterval(take, everyMs);
  return () => {
    clearInterval(timer);
    take();
    return samples;
  };
}
