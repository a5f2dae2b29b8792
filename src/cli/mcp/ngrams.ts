/*
 * Which vector does a text have without a model? One of its words and groups of three letters, hashed to places: texts
 * that share words, or parts of words, lie near one another under cosine. It knows no meanings: "car" is far from
 * "automobile".
 */

/** Changes whenever the same text gets another vector: vectors of two versions can't be compared. */
export const NGRAMS = "hnsw-workers/ngrams-1";

const WORD_WEIGHT = 1;
const LETTERS_WEIGHT = 0.4; // a word has about as many groups as letters
/** Words up to three letters ("the", "is") say little. */
const SHORT_WORD_WEIGHT = 0.3;

/** Never zero. */
export function embedNgrams(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const [feature, { count, weight }] of featuresOf(text)) {
    const hash = hashOf(feature);
    vector[(hash >>> 1) % dimensions]! += (hash & 1 ? 1 : -1) * weight * (1 + Math.log(count));
  }
  // Signs and punctuation alone, or features that cancel each other out.
  if (vector.every((value) => value === 0)) vector[hashOf(text) % dimensions] = 1;
  return vector;
}

function featuresOf(text: string): Map<string, { count: number; weight: number }> {
  const features = new Map<string, { count: number; weight: number }>();
  const count = (feature: string, weight: number) => {
    const known = features.get(feature);
    if (known === undefined) features.set(feature, { count: 1, weight });
    else known.count++;
  };
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
  for (const word of plain.match(/[\p{L}\p{N}]+/gu) ?? []) {
    const letters = Array.from(`_${word}_`); // by code points
    const isShort = letters.length <= 5;
    count(word, isShort ? SHORT_WORD_WEIGHT : WORD_WEIGHT);
    const weight = isShort ? LETTERS_WEIGHT * SHORT_WORD_WEIGHT : LETTERS_WEIGHT;
    for (let i = 0; i + 3 <= letters.length; i++) count(`#${letters.slice(i, i + 3).join("")}`, weight);
  }
  return features;
}

/** FNV-1a over the UTF-16 units, mixed so that the low bits are as good as the others. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
