// Which vectors go into which space, under which key, in which order?

import { fit } from "./embed.ts";
import { readSynsets, type Synset, textOf } from "./synsets.ts";

export interface Corpus {
  /** What each vector stands for, row by row, grouped by space in WordNet's order. */
  synsets: Synset[];
  synsetById: Map<string, Synset>;
  dimensions: number;
  /** n x `dimensions`, each of length 1. */
  vectors: Float32Array;
  /** Rows by space, largest space first. */
  rowsOf: Map<string, number[]>;
  embed(text: string): Float32Array;
  /** Texts a second on one thread, without fitting. */
  textsPerSecond: number;
}

/** One vector on its way into a space. */
export interface Arrival {
  space: string;
  key: string;
  row: number;
}

/** Reads WordNet and embeds its `largest` largest spaces; the embedding is fitted on all of them. */
export async function embedWordNet(largest: number): Promise<Corpus> {
  const all = await readSynsets();
  const { dimensions, embed, embedAll } = await fit(all.map(textOf));
  const sizes = [...Map.groupBy(all, ({ space }) => space)].sort(([, a], [, b]) => b.length - a.length);
  const rowsOf = new Map<string, number[]>(sizes.slice(0, largest).map(([space]) => [space, []]));
  const synsets = all.filter(({ space }) => rowsOf.has(space));
  for (const [row, { space }] of synsets.entries()) rowsOf.get(space)?.push(row);
  const synsetById = new Map(synsets.map((synset) => [synset.id, synset]));
  const texts = synsets.map(textOf);
  const start = performance.now();
  const vectors = embedAll(texts);
  const textsPerSecond = (texts.length / (performance.now() - start)) * 1000;
  return { synsets, synsetById, dimensions, vectors, rowsOf, embed, textsPerSecond };
}

export function vectorOf({ vectors, dimensions }: Corpus, row: number): Float32Array {
  return vectors.subarray(row * dimensions, (row + 1) * dimensions);
}

/**
 * The whole corpus in the order in which a server with many tenants would receive it: WordNet's order within a space, the
 * spaces interleaved in proportion to their size, so that the arrivals of each are spread over the whole run.
 */
export function arrivals({ synsets, rowsOf }: Corpus, repeat: number): Arrival[] {
  const order: { row: number; at: number }[] = [];
  for (const rows of rowsOf.values()) {
    for (const [i, row] of rows.entries()) order.push({ row, at: (i + 0.5) / rows.length });
  }
  order.sort((a, b) => a.at - b.at || a.row - b.row);
  return Array.from({ length: repeat }, (_, copy) =>
    order.map(({ row }) => {
      const { id, space } = synsets[row] as Synset;
      return { space, key: keyOf(id, copy), row };
    }),
  ).flat();
}

/** The first copy of a synset has its id for a key, the others `id~2`, `id~3`. */
function keyOf(id: string, copy: number): string {
  return copy === 0 ? id : `${id}~${copy + 1}`;
}

/** The id within a key, whichever copy it is. */
export function idOf(key: string): string {
  const tilde = key.indexOf("~");
  return tilde < 0 ? key : key.slice(0, tilde);
}
