// How fast are two libraries at equal recall? Their ef means different things, so a rate is read off each one's curve.

/** What indexes are built to be searched with, and where recall is compared. */
export const MAIN_EF = 64;
/** Where the rates of all contenders are read off. */
export const EQUAL_RECALL = 0.95;

export interface CurvePoint {
  recall: number;
  searchesPerSecond: number;
}

/**
 * How fast it searches with EQUAL_RECALL, or null where that was not measured. `narrowest`: the smallest ef, that of the
 * hits asked for; if even that one finds more than EQUAL_RECALL, its rate counts.
 */
export function rateAtEqualRecall(curve: (CurvePoint & { ef: number })[], narrowest: number): number | null {
  const above = curve.find(({ ef, recall }) => ef === narrowest && recall > EQUAL_RECALL);
  return above?.searchesPerSecond ?? rateAtRecall(curve, EQUAL_RECALL);
}

/**
 * The rate at which a curve passes a recall, or null where it was not measured: the time of a search grows evenly with
 * recall between two neighbouring points.
 */
export function rateAtRecall(curve: CurvePoint[], recall: number): number | null {
  const points = curve.toSorted((a, b) => a.recall - b.recall);
  for (let i = 1; i < points.length; i++) {
    const [low, high] = [points[i - 1] as CurvePoint, points[i] as CurvePoint];
    if (recall < low.recall || recall > high.recall) continue;
    const share = high.recall === low.recall ? 0 : (recall - low.recall) / (high.recall - low.recall);
    return 1 / ((1 - share) / low.searchesPerSecond + share / high.searchesPerSecond);
  }
  return null;
}
