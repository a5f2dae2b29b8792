// How is a vector brought to unit length? In place; cosine is then the inner product for every contender.

export function normaliseRow(vectors: Float32Array, row: number, dimensions: number): void {
  const start = row * dimensions;
  let squared = 0;
  for (let i = start; i < start + dimensions; i++) squared += (vectors[i] as number) ** 2;
  if (squared === 0) throw new Error(`row ${row} is a zero vector`);
  const scale = 1 / Math.sqrt(squared);
  for (let i = start; i < start + dimensions; i++) vectors[i] = (vectors[i] as number) * scale;
}
