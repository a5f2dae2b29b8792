export interface EdgeMeasurement {
  openMs: number;
  /** k 10, ef 64, one after the other. */
  searchesPerSecond: number;
}
