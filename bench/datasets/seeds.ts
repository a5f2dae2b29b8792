// Which seeds decide what is left to chance? Saved with every result.

export const SEEDS = {
  /** The sets of that name: their queries, and the vectors of synthetic ones. */
  glove: 1,
  synth128: 128,
  synth768: 768,
  wordnet: 376,
  /** Levels of the graph, where a peer takes a seed for them. */
  peers: 100,
  liveStores: 100,
  /** Which rows go to which space, and when ops arrive. */
  skew: 20,
  latency: 10,
  durableLatency: 512,
  scaleSpaces: 10_000,
  kernels: 8,
  edge: 4711,
  calls: 300_000,
  server: 6333,
  cluster: 4222,
  filters: 384,
  recall: 95,
  documents: 200,
} as const;
