export const DIMENSIONS: number;
export function embed(text: string): Float32Array;
