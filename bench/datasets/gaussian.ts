// What is the synthetic data? Seeded mixtures of Gaussians, base and queries drawn from the same mixture.

import { normaliseRow } from "./normalise.ts";
import { Random } from "./random.ts";
import { SEEDS } from "./seeds.ts";
import { QUERY_COUNT, type Source } from "./source.ts";

interface Mixture {
  dimensions: number;
  size: number;
  clusters: number;
  /** Standard deviation of each coordinate about its cluster's centre. */
  sigma: number;
  /** Standard deviation of each centre's coordinates. */
  centreScale: number;
  seed: number;
}

// Chosen on 2026-11-23 by usearch f32 at ef 64 (M 16, efConstruction 128): recall@10 .9355 on synth128, .9799 on synth768.
// What matters is the number of vectors in a cluster, 500 and 625: with 100, every query of synth768 finds all there is.
export const mixture128: Mixture = {
  dimensions: 128,
  size: 100_000,
  clusters: 200,
  sigma: 1.75,
  centreScale: 1,
  seed: SEEDS.synth128,
};

export const synth128 = source(0.93, mixture128);

export const synth768 = source(0.97, {
  dimensions: 768,
  size: 20_000,
  clusters: 32,
  sigma: 1.75,
  centreScale: 1,
  seed: SEEDS.synth768,
});

function source(recallFloor: number, mixture: Mixture): Source {
  return {
    dimensions: mixture.dimensions,
    size: mixture.size,
    recallFloor,
    recipe: mixture,
    make: async () => {
      const drawNext = drawer(mixture);
      return { base: drawNext(mixture.size), queries: drawNext(QUERY_COUNT) };
    },
  };
}

/** Draws the next `count` vectors; every drawer of a mixture draws the same ones. */
export function drawer(mixture: Mixture): (count: number) => Float32Array {
  const random = new Random(mixture.seed);
  const centres = new Float32Array(mixture.clusters * mixture.dimensions);
  for (let i = 0; i < centres.length; i++) centres[i] = random.normal() * mixture.centreScale;
  return (count) => draw(mixture, centres, count, random);
}

function draw(mixture: Mixture, centres: Float32Array, count: number, random: Random): Float32Array {
  const { dimensions, clusters, sigma } = mixture;
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const centre = random.below(clusters) * dimensions;
    for (let i = 0; i < dimensions; i++) {
      vectors[row * dimensions + i] = (centres[centre + i] as number) + sigma * random.normal();
    }
    normaliseRow(vectors, row, dimensions);
  }
  return vectors;
}
