/* What do the examples for browsers and isolates search by? Letters, three at a time: no model to load, typos are forgiven. */

export const DIMENSIONS = 96;

/** Words that share groups of three letters lie near one another under cosine. */
export function embed(text) {
  const vector = new Float32Array(DIMENSIONS);
  const letters = `  ${text.toLowerCase().replace(/[^a-z0-9]+/g, "  ")}  `;
  for (let i = 0; i + 3 <= letters.length; i++) {
    let hash = 0x811c9dc5;
    for (let j = i; j < i + 3; j++) hash = Math.imul(hash ^ letters.charCodeAt(j), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
    vector[(hash >>> 1) % DIMENSIONS] += hash & 1 ? 1 : -1;
  }
  if (vector.every((value) => value === 0)) vector[0] = 1; // cosine needs a direction
  return vector;
}
