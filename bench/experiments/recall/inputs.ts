// On which vectors is recall measured? On the sets, and on inputs that are hard for a graph or for its codes. Of each, rows and
// queries are drawn from the same source.

import { type DatasetName, datasetNames, loadDataset, sources } from "../../datasets/index.ts";
import { normaliseRow } from "../../datasets/normalise.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";

export interface Input {
  dimensions: number;
  /** n x dimensions, and QUERIES x dimensions that are not among them. */
  base: Float32Array;
  queries: Float32Array;
}

export const QUERIES = 1000;

/** A vector at a time, by the numbers of a seeded source. */
type Draw = (random: Random) => (to: Float32Array) => void;

const HARD_DIMENSIONS = 64;

/** What each is: recall suffers for the reason that its name gives. */
const hard: Record<string, { size: number; draw: Draw }> = {
  "tight clusters": { size: 100_000, draw: (random) => clusters(random, 30, 0.02) },
  "many clusters": { size: 100_000, draw: (random) => clusters(random, 2000, 0.3) },
  "uniform in 64 dimensions": { size: 100_000, draw: (random) => (to) => fill(to, () => random.normal()) },
  "one large dimension": {
    size: 100_000,
    draw: (random) => (to) => {
      fill(to, () => random.normal());
      to[0]! *= 20;
    },
  },
  "five of each": {
    size: 100_000,
    draw: (random) => {
      const kept: Float32Array[] = [];
      return (to) => {
        fill(to, () => random.normal());
        if (kept.length > 0 && random.below(5) > 0) to.set(kept[random.below(kept.length)]!);
        else kept.push(to.slice());
      };
    },
  },
};

function fill(to: Float32Array, value: () => number): void {
  for (let i = 0; i < to.length; i++) to[i] = value();
}

/** A mixture of Gaussians of that deviation, whose centres have deviation 1. */
function clusters(random: Random, count: number, deviation: number) {
  const centres = Array.from({ length: count }, () => {
    const centre = new Float32Array(HARD_DIMENSIONS);
    fill(centre, () => random.normal());
    return centre;
  });
  return (to: Float32Array) => {
    const centre = centres[random.below(count)]!;
    for (let i = 0; i < to.length; i++) to[i] = centre[i]! + deviation * random.normal();
  };
}

export const hardNames = Object.keys(hard);

/** How many vectors there are. */
export function sizeOf(name: string): number {
  return isSet(name) ? sources[name].size : hard[name]!.size;
}

const isSet = (name: string): name is DatasetName => datasetNames.some((known) => known === name);

/** The first n vectors, in an order that has nothing to do with what they are, and queries of their kind. */
export async function loadInput(name: string, n: number): Promise<Input> {
  return isSet(name) ? await shuffled(name, n) : drawn(hard[name]!.draw, n);
}

/** A set's rows and queries in a seeded order: some sets begin with what is frequent. */
async function shuffled(name: DatasetName, n: number): Promise<Input> {
  const { base, queries, dimensions } = await loadDataset(name, sources[name].size);
  const all = new Float32Array(base.length + queries.length);
  all.set(base);
  all.set(queries, base.length);
  const random = new Random(SEEDS.recall);
  const count = all.length / dimensions;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < Math.min(count, n + QUERIES); i++) {
    const other = i + random.below(count - i);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  const rows = (from: number, to: number) => {
    const taken = new Float32Array((to - from) * dimensions);
    for (let i = from; i < to; i++) {
      const row = order[i]! * dimensions;
      taken.set(all.subarray(row, row + dimensions), (i - from) * dimensions);
    }
    return taken;
  };
  return { dimensions, queries: rows(0, QUERIES), base: rows(QUERIES, QUERIES + Math.min(n, count - QUERIES)) };
}

function drawn(draw: Draw, n: number): Input {
  const dimensions = HARD_DIMENSIONS;
  const next = draw(new Random(SEEDS.recall));
  const all = new Float32Array((n + QUERIES) * dimensions);
  for (let row = 0; row < n + QUERIES; row++) {
    next(all.subarray(row * dimensions, (row + 1) * dimensions));
    normaliseRow(all, row, dimensions);
  }
  return { dimensions, base: all.subarray(0, n * dimensions), queries: all.subarray(n * dimensions) };
}
