// How fast are two libraries at equal recall? Their ef means different things, so a rate is read off each one's curve.

export interface CurvePoint {
  recall: number;
  searchesPerSecond: number;
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
