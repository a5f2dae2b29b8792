/** Stands for a model: counts letters. */
export const DIMENSIONS = 26;

export function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS).fill(0.01); // cosine needs a direction
  for (const letter of text.toLowerCase()) {
    const place = letter.charCodeAt(0) - 97;
    if (place >= 0 && place < DIMENSIONS) vector[place]!++;
  }
  return vector;
}
