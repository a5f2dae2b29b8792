// Which synsets are nearest to a sentence, and how do they look on a terminal?

import { type Corpus, idOf } from "./corpus.ts";
import type { Index } from "./library.ts";
import type { Synset } from "./synsets.ts";

const EF_MIN = 64;

export interface Hit {
  synset: Synset;
  distance: number;
}

/** The `k` nearest synsets of the spaces given, merged; copies of one synset count once. */
export async function nearestSynsets(
  index: Index,
  corpus: Corpus,
  query: Float32Array,
  asked: { spaces: readonly string[]; k: number; repeat: number },
): Promise<Hit[]> {
  const k = asked.k * asked.repeat;
  const options = { k, ef: Math.max(EF_MIN, k) };
  const found = await Promise.all(asked.spaces.map((name) => index.space(name).search(query, options)));
  const hits = new Map<Synset, Hit>();
  for (const { key, distance } of found.flat().sort((a, b) => a.distance - b.distance)) {
    const synset = corpus.synsetById.get(idOf(String(key)));
    if (synset !== undefined && !hits.has(synset)) hits.set(synset, { synset, distance });
  }
  return [...hits.values()].slice(0, asked.k);
}

/** Two lines and more a hit: rank, distance, space and words; under them the gloss, wrapped to `columns`. */
export function layOut(hits: readonly Hit[], columns: number): string {
  const spaceWidth = Math.max(0, ...hits.map(({ synset }) => synset.space.length));
  const indent = " ".repeat("10  0.000  ".length + spaceWidth + 2);
  return hits
    .map(({ synset: { words, definition, examples, space }, distance }, i) => {
      const gloss = [definition, ...examples.map((example) => `"${example}"`)].join("; ");
      const first = `${`${i + 1}`.padStart(2)}  ${distance.toFixed(3)}  ${space.padEnd(spaceWidth)}  ${words.join(", ")}`;
      return [first, ...wrap(gloss, columns - indent.length).map((line) => indent + line)].join("\n");
    })
    .join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
