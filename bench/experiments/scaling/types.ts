/* What does one measurement of how threads scale find? */

export interface ScalingMeasurement {
  insertsPerSecond: number;
  /** Mean over the spaces, each against its own exact scan. */
  recall: number;
  /** Ops that each thread linked. */
  linked: number[];
  steals: number;
}
