/* When is it time to measure a graph, and with how many queries? Pure functions. */
import type { GraphFigures } from "../core/recall.ts";

const GROWTH = 1.5; // vectors linked since the last measurement, as a factor
const QUIET = 1 / 64; // share of vectors that may wait: those have no part in the graph yet
/** Queries that came, from which on they are worth a measurement of their own, once; and at most how many are kept. */
const ENOUGH_SEARCHES = 50;
export const MOST_SEARCHES = 100;
/** Stored vectors that a measurement searches for; fewer where it would take too long. */
export const STORED = 300;

/**
 * Whether a graph is to be measured: it never was, has grown by half since, replaced vectors among it, was filled again by
 * a compaction, or `searches` queries have come and none was among those that it was measured with.
 */
export function isDue(graph: GraphFigures, searches: number): boolean {
  if (graph.isCompacting || graph.pending > graph.live * QUIET || graph.live === 0) return false;
  if (graph.notes === 0 || graph.noted.serial !== graph.serial) return true;
  if (graph.linked > graph.noted.linked * GROWTH) return true;
  return searches >= ENOUGH_SEARCHES && graph.noted.searched === 0;
}

/** Nanoseconds on one core, roughly: one vector of those dimensions compared, and one walk. */
const compareNs = (dimensions: number) => 4 + dimensions / 12;
const walkNs = (dimensions: number) => 2e6 + 1000 * dimensions;

/** Milliseconds that a measurement with that many queries takes, roughly. */
export function costOf(vectors: number, dimensions: number, queries: number): number {
  return (queries * (vectors * compareNs(dimensions) + walkNs(dimensions))) / 1e6;
}

/** How many queries a measurement may have that takes at most `ms`: of those that came, a quarter of all at most. */
export function queriesFor(vectors: number, dimensions: number, searches: number, ms: number) {
  const all = Math.floor(ms / costOf(vectors, dimensions, 1));
  const searched = Math.min(searches, Math.floor(all / 4));
  return { stored: Math.min(STORED, all - searched), searched };
}
