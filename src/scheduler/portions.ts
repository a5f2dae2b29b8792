/* Which vectors are linked together, and how many at a time? Those of a large `addMany`. */

/** Searches scan what waits, so a portion is not larger than what they scan anyway. */
const MOST = 8192;
/** Below this share of what is linked, the fixed cost of a portion, which goes with that, is more than it gains. */
const SHARE = 1 / 200;

/**
 * @internal How many vectors of an `addMany` of `count` are linked together, in portions of equal size: 0 for one by one.
 * `linked`: how many the space holds before it; `bulk`: the fewest that are worth it (BatchingPolicy). A
 * portion is at most half of what may wait, so that it can always fill.
 */
export function portionOf(count: number, linked: number, bulk: number, maxPending: number): number {
  const most = Math.min(MOST, Math.floor(maxPending / 2));
  if (count < bulk || count < linked * SHARE || most < bulk) return 0;
  return Math.ceil(count / Math.ceil(count / most));
}

/**
 * @internal From how many waiting vectors on those that become work at once are linked together (a space that outgrows the flat
 * scan, or is loaded or compacted), and at most how many at a time; null: never. A compaction fills half of what may wait.
 */
export function portionsOf(bulk: number, maxPending: number): { from: number; most: number } | null {
  const most = Math.min(MOST, Math.floor(maxPending / 4));
  return most < bulk ? null : { from: bulk, most };
}

/**
 * Together, threads link about twice as many vectors as one by one, but for a part of the work, which one of them does alone. An
 * estimate: with more than two threads nothing was measured.
 */
const WORTH_THREADS = 16;

/**
 * @internal Whether a portion is linked as a whole while `idle` others could help to link its vectors one by one. With up to
 * sixteen workers it always is.
 */
export function isWorthBulk(idle: number, stealing: boolean): boolean {
  return !stealing || idle < WORTH_THREADS;
}
