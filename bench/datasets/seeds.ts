// From which seeds is everything drawn that chance decides? Saved with every result.

export const SEEDS = {
  /** The sets of that name: their queries, and of made-up ones the vectors. */
  glove: 1,
  synth128: 128,
  synth768: 768,
  /** Levels, where a peer lets it be set; what is asked of stores that are written to. */
  peers: 100,
  liveStores: 100,
  /** Which rows go to which space, and when they arrive. */
  skew: 20,
  latency: 10,
  durableLatency: 512,
  scaleSpaces: 10_000,
  kernels: 8,
  edge: 4711,
} as const;
