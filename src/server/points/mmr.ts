/* Which hits are near the query and unlike each other? Maximal marginal relevance (Carbonell & Goldstein, 1998). */
import type { Distance } from "./collection.ts";
import { type Scored, scoreOf } from "./scores.ts";

/** `diversity`: 0 takes the nearest, 1 those that are least like what was taken before. */
export function diverse(hits: readonly Scored[], distance: Distance, diversity: number, most: number): Scored[] {
  const left = [...hits];
  const taken: Scored[] = [];
  const sign = distance === "Euclid" ? -1 : 1;
  const closest = new Map(left.map((hit) => [hit, Number.NEGATIVE_INFINITY]));
  while (left.length > 0 && taken.length < most) {
    const worth = (hit: Scored) => {
      const likeness = taken.length === 0 ? 0 : closest.get(hit)!;
      return (1 - diversity) * sign * hit.score - diversity * likeness;
    };
    const best = left.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    left.splice(left.indexOf(best), 1);
    taken.push(best);
    for (const hit of left) {
      closest.set(hit, Math.max(closest.get(hit)!, sign * scoreOf(distance, hit.vector, best.vector)));
    }
  }
  return taken;
}
