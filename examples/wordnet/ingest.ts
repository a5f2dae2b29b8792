// How long does the index take from the first add until every vector is searchable?

import { type Arrival, type Corpus, vectorOf } from "./corpus.ts";
import type { Index, Stats } from "./library.ts";
import type { Progress } from "./progress.ts";

/** Adds under way at one time, like a server's open requests. */
const OPEN_ADDS = 64;
/** Adding yields to timers and messages this often. */
const TURN_MS = 20;
const DRAW_MS = 100;

/** Adds all arrivals in order and flushes; returns the seconds that both took, and the workers' figures. */
export async function ingest(
  index: Index,
  corpus: Corpus,
  queue: readonly Arrival[],
  progress: Progress,
): Promise<{ seconds: number; stats: Stats }> {
  const start = performance.now();
  let accepted = 0;
  const draw = () => progress.draw(accepted, index.stats(), secondsSince(start));
  const timer = setInterval(draw, DRAW_MS);
  try {
    let turnEnds = start + TURN_MS;
    for (let from = 0; from < queue.length; from += OPEN_ADDS) {
      const wave = queue.slice(from, from + OPEN_ADDS);
      await Promise.all(wave.map(({ space, key, row }) => index.space(space).add(key, vectorOf(corpus, row))));
      accepted += wave.length;
      if (performance.now() > turnEnds) {
        await new Promise((resolve) => setImmediate(resolve));
        turnEnds = performance.now() + TURN_MS;
      }
    }
    await index.flush();
    const seconds = secondsSince(start);
    const stats = index.stats();
    draw();
    return { seconds, stats };
  } finally {
    clearInterval(timer);
    progress.stop();
  }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
